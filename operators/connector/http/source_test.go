package http

import (
	"context"
	"fmt"
	"io"
	nethttp "net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/operators/codec"
)

// newReader gives a source that reads a URL.
func newReader(t *testing.T, env *flow.Env, url string, o sourceOptions) *reader {
	t.Helper()
	o.Get, o.MaxBytes, o.Redirects = flow.DynOf(url), 1<<20, 10
	o.ReadOptions = codec.ReadOptions{Encoding: codec.Encoding{Format: o.Format, Header: value.OfBool(true)}, Split: true, MaxItem: 1 << 20}
	c, err := newClient(&o.requestOptions, "GET", &o.Get, env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return &reader{client: c, opt: &o, env: env}
}

// texts gives the items of a source as they read, and its error.
func texts(ctx context.Context, r *reader) (items []string, err error) {
	err = r.Read(ctx, func(it flow.Item) error {
		items = append(items, it.Value.Text())
		return nil
	})
	return items, err
}

// numbers serves the numbers 1 to 7 in pages of 3, found in every way there is.
func numbers(requests *[]string) nethttp.HandlerFunc {
	return func(w nethttp.ResponseWriter, r *nethttp.Request) {
		*requests = append(*requests, r.URL.RequestURI())
		q := r.URL.Query()
		start := 0
		switch r.URL.Path {
		case "/offset":
			start, _ = strconv.Atoi(q.Get("from"))
		case "/page":
			n, _ := strconv.Atoi(q.Get("page"))
			start = 3 * (n - 1)
		default:
			start, _ = strconv.Atoi(strings.TrimPrefix(q.Get("after"), "c"))
		}
		var page []string
		for i := start + 1; i <= min(start+3, 7); i++ {
			page = append(page, strconv.Itoa(i))
		}
		next, cursor := "null", "null"
		if end := start + 3; end < 7 {
			next, cursor = fmt.Sprintf(`"?after=%d"`, end), fmt.Sprintf(`"c%d"`, end)
			w.Header().Add("Link", fmt.Sprintf(`<http://%s/x>; rel="prev", </link?after=%d>; rel="next"; title="a, b"`, r.Host, end))
		}
		if q.Has("stuck") {
			next, cursor = `"?stuck=1"`, `"same"`
		}
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/link" || r.URL.Path == "/page" || r.URL.Path == "/offset" {
			fmt.Fprintf(w, "[%s]", strings.Join(page, ","))
			return
		}
		fmt.Fprintf(w, `{"items": [%s], "next": %s, "cursor": %s}`, strings.Join(page, ","), next, cursor)
	}
}

func TestPagesAreFollowed(t *testing.T) {
	var requests []string
	srv := httptest.NewServer(numbers(&requests))
	defer srv.Close()
	for _, c := range []struct {
		path     string
		paginate *paginate
		items    flow.Expr
		want     string
		requests int
	}{
		{"/link", nil, nil, "1 2 3", 1},
		{"/link", &paginate{By: "link"}, nil, "1 2 3 4 5 6 7", 3},
		{"/next", &paginate{Next: dotted(".body.next")}, dotted(".body.items"), "1 2 3 4 5 6 7", 3},
		{"/cursor?a=b", &paginate{Cursor: dotted(".body.cursor"), Param: "after"}, dotted(".body.items"), "1 2 3 4 5 6 7", 3},
		{"/page", &paginate{Page: &pageNumber{Param: "page", First: 1}}, nil, "1 2 3 4 5 6 7", 4},
		{"/page", &paginate{Page: &pageNumber{Param: "page", First: 2}, Size: 3}, nil, "4 5 6 7", 2},
		{"/page", &paginate{Page: &pageNumber{Param: "page", First: 1}, MaxPages: 2}, nil, "1 2 3 4 5 6", 2},
		{"/offset", &paginate{Offset: &pageOffset{Param: "from"}}, nil, "1 2 3 4 5 6 7", 4},
		{"/offset", &paginate{Offset: &pageOffset{Param: "from", First: 1}, Size: 3}, nil, "2 3 4 5 6 7", 3},
		{"/none", &paginate{Next: dotted(".body.nothing")}, dotted(".body.nothing"), "", 1},
	} {
		requests = nil
		got, err := texts(context.Background(), newReader(t, &flow.Env{}, srv.URL+c.path, sourceOptions{Paginate: c.paginate, Items: c.items}))
		if err != nil || strings.Join(got, " ") != c.want || len(requests) != c.requests {
			t.Errorf("%s %+v: %v %v: %v", c.path, c.paginate, got, requests, err)
		}
	}
	for name, p := range map[string]*paginate{"next": {Next: dotted(".body.next")}, "cursor": {Cursor: dotted(".body.cursor"), Param: "after"}} {
		requests = nil
		_, err := texts(context.Background(), newReader(t, &flow.Env{}, srv.URL+"/?stuck=1", sourceOptions{Paginate: p, Items: dotted(".body.items")}))
		if flow.ErrorType(err) != "http.pagination" || !strings.HasSuffix(err.Error(), name+": the next page is the page itself") || len(requests) > 2 {
			t.Errorf("%s: %v: %v", name, requests, err)
		}
	}
}

func TestTheNextPageIsNotAskedForBeforeItIsWanted(t *testing.T) {
	var requests []string
	srv := httptest.NewServer(numbers(&requests))
	defer srv.Close()
	n := 0
	err := newReader(t, &flow.Env{}, srv.URL+"/link", sourceOptions{Paginate: &paginate{By: "link"}}).Read(context.Background(), func(flow.Item) error {
		if n++; n == 3 {
			return flow.Done
		}
		return nil
	})
	if err != flow.Done || len(requests) != 1 {
		t.Errorf("%v %v", requests, err)
	}
}

func TestNextLink(t *testing.T) {
	for _, c := range []struct {
		headers []string
		want    string
	}{
		{nil, ""},
		{[]string{`<https://a/?p=2>; rel="next"`}, "https://a/?p=2"},
		{[]string{`<a>; rel=prev, <b,c>; title="x; rel=next, <z>"; REL = next`}, "b,c"},
		{[]string{`<a>; rel="last first"`, `<b>; rel="prev next"`}, "b"},
		{[]string{`<a>; rel="nextish"`}, ""},
		{[]string{`a>; rel="next"`, `<a`, `<>`, `;,<`}, ""},
	} {
		if got := nextLink(c.headers); got != c.want {
			t.Errorf("%q: %q, want %q", c.headers, got, c.want)
		}
	}
}

func TestABodyIsReadAsAFile(t *testing.T) {
	for _, c := range []struct{ path, kind, encoding, format, body, want string }{
		{"/x", "text/csv", "", "", "a,b\n1,2\n", `{"a":"1","b":"2"}`},
		{"/x", "application/x-ndjson", "", "", "1\n2\n", "1 2"},
		{"/x.jsonl", "text/plain", "", "", "1\n2\n", "1 2"},
		{"/x.csv.gz", "application/gzip", "", "", string(gzipped([]byte("a\n1\n"))), `{"a":"1"}`},
		{"/x", "application/json", "gzip", "", string(gzipped([]byte("[1, 2]"))), "1 2"},
		{"/x", "application/json", "", "", `{"a": 1}`, `{"a":1}`},
		{"/x", "text/plain", "", "", "a\nb", "a b"},
		{"/x", "text/plain", "", "tsv", "a\tb\n1\t2\n", `{"a":"1","b":"2"}`},
		{"/x", "application/json", "", "", "", ""},
	} {
		srv := httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) {
			w.Header().Set("Content-Type", c.kind)
			if c.encoding != "" {
				w.Header().Set("Content-Encoding", c.encoding)
			}
			_, _ = io.WriteString(w, c.body)
		}))
		o := sourceOptions{}
		o.Format = c.format
		got, err := texts(context.Background(), newReader(t, &flow.Env{}, srv.URL+c.path, o))
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s %s: %v: %v", c.path, c.kind, got, err)
		}
		srv.Close()
	}
}

func TestPolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		start := time.Now()
		var at []time.Duration
		var asked []string
		n.serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
			at, asked = append(at, time.Since(start)), append(asked, r.Header.Get("If-None-Match"))
			w.Header().Set("Content-Type", "application/json")
			switch len(at) {
			case 1, 2:
				w.Header().Set("ETag", `"a"`)
				if r.Header.Get("If-None-Match") == `"a"` {
					w.WriteHeader(304)
					return
				}
				_, _ = io.WriteString(w, "[1]")
			case 3:
				w.WriteHeader(503)
			case 4:
				time.Sleep(25 * time.Second) // longer than two rounds, which are left out
				w.Header().Set("Last-Modified", "Fri, 02 Jan 2026 03:04:05 GMT")
				_, _ = io.WriteString(w, "[2]")
			case 5:
				if r.Header.Get("If-Modified-Since") != "Fri, 02 Jan 2026 03:04:05 GMT" {
					t.Error("the fifth round asks for everything")
				}
				_, _ = io.WriteString(w, "[3]")
			default:
				w.Header().Set("Content-Type", "text/plain") // nothing
			}
		})
		var rejected []string
		env := &flow.Env{Dial: n.dial, Reject: func(_ flow.Item, err error) error { rejected = append(rejected, err.Error()); return nil }}
		r := newReader(t, env, "http://server.test/", sourceOptions{Every: 10 * time.Second})
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(75*time.Second, cancel)
		got, err := texts(ctx, r)
		r.Close()
		if err != context.Canceled || strings.Join(got, " ") != "1 2 3" {
			t.Error(got, err)
		}
		if s := fmt.Sprint(at); s != "[0s 10s 20s 30s 1m0s 1m10s]" {
			t.Error(s)
		}
		if s := fmt.Sprintf("%q", asked[:5]); s != `["" "\"a\"" "\"a\"" "\"a\"" ""]` {
			t.Error(s)
		}
		if len(rejected) != 1 || !strings.Contains(rejected[0], "503") {
			t.Error(rejected)
		}
	})
}

func TestSinkSendsBatches(t *testing.T) {
	var got []string
	srv := httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Header.Get("Content-Type")+" "+string(body))
		if strings.Contains(string(body), "bad") {
			w.WriteHeader(400)
		}
	}))
	defer srv.Close()
	for _, c := range []struct {
		batch  int
		format string
		body   flow.Text
		want   []string
		failed string
	}{
		{1, "json", flow.Text{}, []string{`application/json {"a":1}`, `application/json {"a":"bad"}`, `application/json {"a":3}`}, "[1]"},
		{2, "json", flow.Text{}, []string{`application/json [{"a":1},{"a":"bad"}]`, `application/json [{"a":3}]`}, "[0 1]"},
		{3, "csv", flow.Text{}, []string{"text/csv; charset=utf-8 a\n1\nbad\n3\n"}, "[0 1 2]"},
		{9, "jsonl", flow.DynOf("fixed"), []string{" fixed"}, "[]"},
	} {
		got = nil
		o := &sinkOptions{Batch: c.batch, Format: c.format}
		o.Post, o.MaxBytes, o.Body = flow.DynOf(srv.URL), 1<<20, c.body
		client, err := newClient(&o.requestOptions, "POST", &o.Post, &flow.Env{})
		if err != nil {
			t.Fatal(err)
		}
		w := &writer{client: client, opt: o}
		var items []flow.Item
		for _, a := range []value.Value{value.OfInt(1), value.OfString("bad"), value.OfInt(3)} {
			items = append(items, flow.Item{Value: value.OfPairs("a", a)})
		}
		err = w.Write(context.Background(), items)
		failed := []int{}
		if b, ok := err.(*flow.BatchError); ok {
			for i := range items {
				if b.Failed[i] != nil {
					failed = append(failed, i)
				}
			}
		} else if err != nil {
			t.Error(err)
		}
		if strings.Join(got, "|") != strings.Join(c.want, "|") || fmt.Sprint(failed) != c.failed {
			t.Errorf("batch %d, %s: %q, failed %v", c.batch, c.format, got, failed)
		}
		if err := w.Close(context.Background(), true); err != nil {
			t.Error(err)
		}
	}
}

func FuzzNextLink(f *testing.F) {
	for _, h := range []string{`<https://a/?p=2>; rel="next"`, `<a>; rel=prev, <b,c>; title="x; rel=next, <z>"; REL = next`, `;,<>"`} {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, h string) {
		if link := nextLink([]string{h}); link != "" && !strings.Contains(h, "<"+link+">") {
			t.Errorf("%q is not in %q", link, h)
		}
	})
}
