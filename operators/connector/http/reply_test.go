package http

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

func gzipped(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(text)
	_ = z.Close()
	return b.Bytes()
}

func zstandard(text []byte) []byte {
	var b bytes.Buffer
	z, _ := zstd.NewWriter(&b)
	_, _ = z.Write(text)
	_ = z.Close()
	return b.Bytes()
}

// TestWhatAReplyMeans says of every kind of reply what it is to the policy.
func TestWhatAReplyMeans(t *testing.T) {
	head := func(format string, args ...any) string {
		return "HTTP/1.1 " + fmt.Sprintf(format, args...) + "\r\nConnection: close\r\n\r\n"
	}
	encoded := func(encoding string, body []byte) string {
		return head("200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: %s\r\nContent-Length: %d", encoding, len(body)) + string(body)
	}
	zeros := make([]byte, 16<<20)
	for _, c := range []struct {
		name      string
		reply     string // "reset": the connection breaks off
		kind      string // "" is no failure
		transient bool
		final     bool // of a POST
		text      string
	}{
		{"good", okReply, "", false, false, "ok"},
		{"closed by the end of the connection", "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nok", "", false, false, "ok"},
		{"chunked", head("200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked") + "1\r\no\r\n1\r\nk\r\n0\r\n\r\n", "", false, false, "ok"},
		{"gzip", encoded("gzip", gzipped([]byte("ok"))), "", false, false, "ok"},
		{"zstd", encoded("zstd", zstandard([]byte("ok"))), "", false, false, "ok"},
		{"no content", head("204 No Content"), "", false, false, ""},
		{"reset", "reset", "http.connection", true, true, "connection reset by peer"},
		{"nothing", "", "http.connection", true, true, "EOF"},
		{"half a header", "HTTP/1.1 200 OK\r\nConte", "http.connection", true, true, "malformed MIME header"},
		{"no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", "http.connection", true, true, "malformed HTTP response"},
		{"half a body", head("200 OK\r\nContent-Length: 10") + "half", "http.connection", true, true, "unexpected EOF"},
		{"half a chunk", head("200 OK\r\nTransfer-Encoding: chunked") + "ff\r\nhalf", "http.connection", true, true, "unexpected EOF"},
		{"half a gzip", head("200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1000") + string(gzipped([]byte("half"))[:12]), "http.connection", true, true, "unexpected EOF"},
		{"a gzip that is cut", encoded("gzip", gzipped([]byte("half"))[:12]), "http.encoding", false, true, "not encoded as it says"},
		{"a gzip that is none", encoded("gzip", []byte("hello, world, this is text")), "http.encoding", false, true, "not encoded as it says"},
		{"a zstd that is none", encoded("zstd", []byte("hello, world, this is text")), "http.encoding", false, true, "not encoded as it says"},
		{"another encoding", encoded("br", []byte("ok")), "http.encoding", false, true, `the encoding "br"`},
		{"too long", head("200 OK\r\nContent-Length: 1048577"), "http.too_large", false, true, "larger than max_bytes, 1MiB"},
		{"endless", "endless", "http.too_large", false, true, "larger than max_bytes, 1MiB"},
		{"a gzip bomb", encoded("gzip", gzipped(zeros)), "http.too_large", false, true, "larger than max_bytes, 1MiB"},
		{"a zstd bomb", encoded("zstd", zstandard(zeros)), "http.too_large", false, true, "larger than max_bytes, 1MiB"},
		{"endless header", "endless header", "http.header", false, true, "headers exceeded"},
		{"404", head("404 Not Found\r\nContent-Length: 9") + "no user 7", "http.status", false, true, "404 Not Found: no user 7"},
		{"501", head("501 Not Implemented\r\nContent-Length: 0"), "http.status", false, true, "501 Not Implemented"},
		{"500", head("500 Internal Server Error\r\nContent-Length: 4") + "oops", "http.status", true, true, "500 Internal Server Error: oops"},
		{"503, and half a body", head("503 Service Unavailable\r\nContent-Length: 400") + "oops", "http.status", true, true, "503 Service Unavailable"},
		{"429", head("429 Too Many Requests\r\nContent-Length: 0"), "http.status", true, false, "429 Too Many Requests"},
		{"a page of HTML", head("502 Bad Gateway\r\nContent-Length: 23") + "<html>bad gateway</html", "http.status", true, true, "502 Bad Gateway"},
		{"a redirect to nowhere", head("302 Found\r\nLocation: ftp://nowhere/\r\nContent-Length: 0"), "http.redirects", false, true, "it leads to ftp://nowhere/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen := make(chan struct{}, 100)
			addr := rawServer(t, func(conn *net.TCPConn) {
				readRequest(conn)
				seen <- struct{}{}
				switch c.reply {
				case "reset":
					drop(conn)
				case "endless":
					_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
					for err := error(nil); err == nil; {
						_, err = conn.Write(zeros[:64<<10])
					}
				case "endless header":
					_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nX: ")
					for err := error(nil); err == nil; {
						_, err = conn.Write(bytes.Repeat([]byte("x"), 64<<10))
					}
				default:
					_, _ = io.WriteString(conn, c.reply)
					_ = conn.CloseWrite()
					gone(conn)
				}
			})
			for _, method := range []string{"GET", "POST"} {
				step := newCaller(t, &flow.Env{Policy: attempts{max: 2}}, to(method, "http://"+addr+"/"))
				out, err := step.Call(context.Background(), one)
				requests := len(seen)
				for range requests {
					<-seen
				}
				if c.kind == "" {
					if err != nil || body(out) != c.text || requests != 1 {
						t.Errorf("%s: %v, %d requests: %v", method, out, requests, err)
					}
					continue
				}
				f, final := (*flow.Fault)(nil), c.final && method == "POST"
				if !errors.As(err, &f) || f.Type != c.kind || f.Transient != c.transient || f.Final != final || !strings.Contains(err.Error(), c.text) {
					t.Errorf("%s: %#v: %v", method, f, err)
				}
				if want := map[bool]int{true: 2, false: 1}[c.transient && !final]; requests != want {
					t.Errorf("%s: %d requests, not %d", method, requests, want)
				}
			}
		})
	}
}

// What a small body swells to must not be held.
func TestABombTakesNoMemory(t *testing.T) {
	bomb := gzipped(make([]byte, 64<<20))
	srv := httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb)
	}))
	defer srv.Close()
	step := newCaller(t, &flow.Env{}, to("GET", srv.URL))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := step.Call(context.Background(), one)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; flow.ErrorType(err) != "http.too_large" || used > 10<<20 {
		t.Fatalf("%d bytes: %v", used, err)
	}
}

func TestBodiesAreReadByTheirType(t *testing.T) {
	for _, c := range []struct{ kind, as, body, want, err string }{
		{"application/json", "", `{"a": [1.10, null]}`, `{"a":[1.10,null]}`, ""},
		{"application/problem+json; charset=utf-8", "", `{"a":1}`, `{"a":1}`, ""},
		{"application/json", "", " \n", "null", ""},
		{"application/json", "text", `{"a": 1}`, `"{\"a\": 1}"`, ""},
		{"application/json", "", `{"a": `, "", "the body is no JSON: the text ends where a value is due (`as: text` takes it as it is)"},
		{"text/plain", "json", `[1]`, `[1]`, ""},
		{"text/plain; charset=iso-8859-1", "", "caf\xe9", `"café"`, ""},
		{"text/plain", "", "caf\xe9", `"caf` + "\uFFFD" + `"`, ""},
		{"application/xml", "", "<a/>", `"<a/>"`, ""},
		{"image/png", "", "\x89PNG", `"iVBORw=="`, ""},
		{"image/svg+xml", "", "<svg/>", `"<svg/>"`, ""},
		{"text/plain", "bytes", "ab", `"YWI="`, ""},
		{"-", "", "plain", `"plain"`, ""},
		{"-", "", "\xff\xfe", `"//4="`, ""},
	} {
		srv := httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) {
			w.Header()["Content-Type"] = []string{c.kind}
			if c.kind == "-" {
				w.Header()["Content-Type"] = nil
			}
			_, _ = io.WriteString(w, c.body)
		}))
		o := to("GET", srv.URL)
		o.As = c.as
		out, err := newCaller(t, &flow.Env{}, o).Call(context.Background(), one)
		switch {
		case c.err != "":
			if err == nil || !strings.HasSuffix(err.Error(), c.err) || flow.ErrorType(err) != "decode" {
				t.Errorf("%s %s: %v", c.kind, c.as, err)
			}
		case err != nil:
			t.Errorf("%s %s: %v", c.kind, c.as, err)
		default:
			v, _ := out[0].Value.Field("body")
			if got := string(value.AppendJSON(nil, v)); got != c.want {
				t.Errorf("%s %s: %s, want %s", c.kind, c.as, got, c.want)
			}
		}
		srv.Close()
	}
}

func TestResultHasWhatWasAskedAndAnswered(t *testing.T) {
	srv := httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if r.URL.Path == "/a" {
			nethttp.Redirect(w, r, "/b", nethttp.StatusFound)
			return
		}
		w.Header()["Date"] = nil
		w.Header()["X-Two"] = []string{"a", "b"}
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(201)
		_, _ = io.WriteString(w, r.URL.Path)
	}))
	defer srv.Close()
	step := newCaller(t, &flow.Env{}, to("GET", srv.URL+"/a"))
	for range 2 { // the second time by the shape of the first
		out, err := step.Call(context.Background(), item("x"))
		if err != nil {
			t.Fatal(err)
		}
		want := `{"status":201,"headers":{"content-length":"2","content-type":"text/plain","x-two":"a, b"},"body":"/b",` +
			`"request":{"method":"GET","url":"` + srv.URL + `/a"},"item":"x"}`
		if got := out[0].Value.Text(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestExpectedStatuses(t *testing.T) {
	srv := httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		var status int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &status)
		w.WriteHeader(status)
	}))
	defer srv.Close()
	for _, c := range []struct {
		expect []string
		status int
		ok     bool
	}{
		{nil, 200, true}, {nil, 399, true}, {nil, 400, false}, {[]string{"404"}, 404, true}, {[]string{"404"}, 200, false},
		{[]string{"2xx", "404"}, 299, true}, {[]string{"200-201"}, 202, false}, {[]string{"any"}, 500, true},
	} {
		o := to("GET", fmt.Sprintf("%s/%d", srv.URL, c.status))
		o.Expect = c.expect
		_, err := newCaller(t, &flow.Env{}, o).Call(context.Background(), one)
		if (err == nil) != c.ok {
			t.Errorf("%v, %d: %v", c.expect, c.status, err)
		}
	}
	for _, wrong := range []string{"", "20", "2x", "300-200", "1000", "ok", "0xx"} {
		if s, err := parseStatuses(wrong); err == nil {
			t.Errorf("%q is taken for %v", wrong, s)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	date := func(d time.Duration) string { return now.Add(d).Format(nethttp.TimeFormat) }
	for _, c := range []struct {
		after, date string
		want        time.Duration
	}{
		{"120", "", 120 * time.Second}, {"0", "", 0}, {"-5", "", 0}, {" 7 ", "", 7 * time.Second}, {"", "", 0}, {"soon", "", 0},
		{date(90 * time.Second), "", 90 * time.Second},
		{date(90 * time.Second), date(time.Hour), 0}, // by the server's clock, it is over
		{date(time.Hour + 30*time.Second), date(time.Hour), 30 * time.Second},
		{date(-time.Minute), "", 0},
	} {
		h := nethttp.Header{"Retry-After": {c.after}, "Date": {c.date}}
		if got := retryAfter(h, now); got != c.want {
			t.Errorf("%q at %q: %v, want %v", c.after, c.date, got, c.want)
		}
	}
}

// A reader that gives a few bytes at a time, and its end with or after the last.
func TestReadAll(t *testing.T) {
	text := strings.Repeat("0123456789", 20_000)
	for _, size := range []int64{-1, 0, 5, 200_000, 200_001, 64 << 10} {
		for _, limit := range []int64{199_999, 200_000, 1 << 20} {
			got, err := readAll(bufio.NewReader(strings.NewReader(text)), size, limit)
			if limit < 200_000 {
				if flow.ErrorType(fault(context.Background(), &request{url: mustURL("http://h")}, err, false)) != "http.too_large" || int64(len(got)) != limit {
					t.Errorf("size %d, limit %d: %d bytes, %v", size, limit, len(got), err)
				}
			} else if err != nil || string(got) != text {
				t.Errorf("size %d, limit %d: %d bytes, %v", size, limit, len(got), err)
			}
		}
	}
}
