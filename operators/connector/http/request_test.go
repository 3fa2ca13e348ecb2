package http

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
)

// echo answers with what it was asked: the method, the path with the query, some headers, and the body.
func echo(w nethttp.ResponseWriter, r *nethttp.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprintf(w, "%s %s", r.Method, r.URL.RequestURI())
	for _, name := range []string{"Content-Type", "Authorization", "Idempotency-Key", "X-A"} {
		if text := r.Header.Get(name); text != "" {
			fmt.Fprintf(w, " [%s: %s]", name, text)
		}
	}
	fmt.Fprintf(w, " %s", body)
}

func TestRequestsAreMadeOfTheirOptions(t *testing.T) {
	srv := httptest.NewServer(nethttp.HandlerFunc(echo))
	defer srv.Close()
	ofItem := *text(func(s *flow.Scope) string { return "<" + s.It.Text() + ">" })
	is := flow.DynOf[string]
	for _, c := range []struct {
		method, path string
		opt          requestOptions
		want         string
	}{
		{"GET", "/a", requestOptions{}, "GET /a "},
		{"GET", "/a b?q=x y&ü", requestOptions{}, "GET /a%20b?q=x%20y&%C3%BC "},
		{"GET", "/?z=1", requestOptions{Query: map[string]flow.Text{"b": ofItem, "a": is("&=")}}, "GET /?z=1&a=%26%3D&b=%3Ci+t%3E "},
		{"DELETE", "/#part", requestOptions{}, "DELETE / "},
		{"PROPFIND", "/", requestOptions{}, "PROPFIND / "},
		{"POST", "/", requestOptions{JSON: flow.Literal{Expr: dotted("")}}, `POST / [Content-Type: application/json] "i t"`},
		{"POST", "/", requestOptions{Form: map[string]flow.Text{"b": ofItem, "a": is("1 2")}}, "POST / [Content-Type: application/x-www-form-urlencoded] a=1+2&b=%3Ci+t%3E"},
		{"PUT", "/", requestOptions{Body: ofItem, ContentType: is("text/csv")}, "PUT / [Content-Type: text/csv] <i t>"},
		{"PATCH", "/", requestOptions{Body: is("x"), Headers: map[string]flow.Text{"x-a": ofItem, "Content-Type": is("text/x")}}, "PATCH / [Content-Type: text/x] [X-A: <i t>] x"},
		{"POST", "/", requestOptions{IdempotencyKey: ofItem}, "POST / [Idempotency-Key: <i t>] "},
		{"GET", "/", requestOptions{Auth: &authOptions{Basic: &basicOptions{User: is("u"), Password: ofItem}}}, "GET / [Authorization: Basic dTo8aSB0Pg==] "},
		{"GET", "/", requestOptions{Auth: &authOptions{Bearer: ofItem}}, "GET / [Authorization: Bearer <i t>] "},
	} {
		o := to(c.method, srv.URL+c.path)
		o.requestOptions = c.opt
		out, err := newCaller(t, &flow.Env{}, o).Call(context.Background(), item("i t"))
		if err != nil {
			t.Errorf("%s %s: %v", c.method, c.path, err)
		} else if got := body(out); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestRequestsThatCannotBeSent(t *testing.T) {
	for _, c := range []struct{ url, header, want string }{
		{"nowhere", "", `"nowhere" is no URL of http or https`},
		{"ftp://h/", "", `"ftp://h/" is no URL of http or https`},
		{"http:///a", "", `the URL "http:///a" has no host`},
		{"http://h:x/", "", `"http://h:x/" is no URL`},
		{"http://h/", "a\r\nb", `the header X-A has a character in it that no header may have: "a\r\nb"`},
	} {
		o := stepOptions{target: target{Get: *text(func(*flow.Scope) string { return c.url })}}
		o.Headers = map[string]flow.Text{"X-A": *text(func(*flow.Scope) string { return c.header })}
		dial := func(context.Context, string, string) (net.Conn, error) { t.Error("it was sent"); return nil, io.EOF }
		_, err := newCaller(t, &flow.Env{Dial: dial, Policy: attempts{max: 5}}, o).Call(context.Background(), one)
		if err == nil || err.Error() != c.want || flow.ErrorType(err) != "http.request" {
			t.Errorf("%s: %v", c.url, err)
		}
	}
}

func TestAnotherAttemptSeesItsNumberAndKeepsItsKey(t *testing.T) {
	var keys, numbers []string
	srv := httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		keys, numbers = append(keys, r.Header.Get("Idempotency-Key")), append(numbers, r.Header.Get("X-Attempt"))
		if len(keys) < 3 {
			w.WriteHeader(503)
		}
	}))
	defer srv.Close()
	n := 0
	o := to("POST", srv.URL)
	o.IdempotencyKey = *text(func(*flow.Scope) string { n++; return fmt.Sprint("key", n) })
	o.Headers = map[string]flow.Text{"X-Attempt": *text(func(s *flow.Scope) string { return fmt.Sprint(s.Meta.Attempt) })}
	step := newCaller(t, &flow.Env{Policy: attempts{max: 3}}, o)
	if _, err := step.Call(context.Background(), flow.Item{Meta: &flow.Meta{}}); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(keys, numbers); got != "[key1 key1 key1] [1 2 3]" {
		t.Error(got)
	}
}

func TestRedirectsAreBoundedAndKeepSecrets(t *testing.T) {
	var other *httptest.Server
	hops := 0
	srv := httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		hops++
		switch r.URL.Path {
		case "/loop":
			nethttp.Redirect(w, r, "/loop", nethttp.StatusFound)
		case "/307":
			nethttp.Redirect(w, r, "/echo", nethttp.StatusTemporaryRedirect)
		case "/303":
			nethttp.Redirect(w, r, "/echo", nethttp.StatusSeeOther)
		case "/away":
			nethttp.Redirect(w, r, strings.Replace(other.URL, "127.0.0.1", "localhost", 1)+"/echo", nethttp.StatusFound)
		default:
			echo(w, r)
		}
	}))
	defer srv.Close()
	other = httptest.NewServer(nethttp.HandlerFunc(echo))
	defer other.Close()
	call := func(method, path string, redirects int) (string, error) {
		o := to(method, srv.URL+path)
		o.Body, o.Redirects = flow.DynOf("text"), redirects
		o.Auth = &authOptions{Bearer: flow.DynOf("secret")}
		c := newCaller(t, &flow.Env{Policy: attempts{max: 3}}, o)
		hops = 0
		out, err := c.Call(context.Background(), one)
		if err != nil {
			return "", err
		}
		return body(out), nil
	}
	if _, err := call("GET", "/loop", 4); flow.ErrorType(err) != "http.redirects" || hops != 5 || !strings.Contains(err.Error(), "more than 4 redirects") {
		t.Error(hops, err)
	}
	for path, want := range map[string]string{
		"/307":  "POST /echo [Authorization: Bearer secret] text",
		"/303":  "GET /echo [Authorization: Bearer secret] ",
		"/away": "GET /echo ", // another host does not learn the token
	} {
		if got, err := call("POST", path, 1); got != want || err != nil {
			t.Errorf("%s: %q %v", path, got, err)
		}
	}
	o := to("GET", srv.URL+"/307")
	c, err := newClient(&requestOptions{MaxBytes: 100}, "GET", &o.URL, &flow.Env{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if r, err := c.do(context.Background(), one); err != nil || r.status != 307 {
		t.Error(r, err) // none are to be followed
	}
}

func TestEncryptedConnections(t *testing.T) {
	srv := httptest.NewUnstartedServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		who := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			who = r.TLS.PeerCertificates[0].Subject.Organization[0]
		}
		fmt.Fprintf(w, "%s %s", r.Proto, who)
	}))
	srv.EnableHTTP2 = true
	srv.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	srv.StartTLS()
	defer srv.Close()
	dir := t.TempDir()
	write := func(name, kind string, der []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("ca.pem", "CERTIFICATE", srv.Certificate().Raw)
	write("key.pem", "PRIVATE KEY", pkcs8(t, srv.TLS.Certificates[0].PrivateKey))
	call := func(o *tlsOptions) (string, error) {
		opt := to("GET", srv.URL)
		opt.TLS = o
		out, err := newCaller(t, &flow.Env{Dir: dir, Policy: attempts{max: 3}}, opt).Call(context.Background(), one)
		if err != nil {
			return flow.ErrorType(err), err
		}
		return body(out), nil
	}
	for want, o := range map[string]*tlsOptions{
		"http.tls":          {ServerName: "example.com"},
		"HTTP/2.0 nobody":   {CA: "ca.pem", ServerName: "example.com"},
		"HTTP/2.0 Acme Co":  {CA: "ca.pem", Cert: "ca.pem", Key: "key.pem"},
		"HTTP/2.0 nobody\n": {Insecure: true},
	} {
		if got, err := call(o); got != strings.TrimSpace(want) {
			t.Errorf("%+v: %q, want %q: %v", o, got, want, err)
		}
	}
	if _, err := newTransport(&requestOptions{TLS: &tlsOptions{CA: "key.pem"}}, "GET", &flow.Env{Dir: dir}); err == nil || err.Error() != "tls: there is no certificate (PEM) in key.pem" {
		t.Error(err)
	}
	plain := httptest.NewServer(nethttp.HandlerFunc(echo))
	defer plain.Close()
	_, err := newCaller(t, &flow.Env{}, to("GET", strings.Replace(plain.URL, "http:", "https:", 1))).Call(context.Background(), one)
	if flow.ErrorType(err) != "http.tls" {
		t.Error(err)
	}
}

func TestRequestsGoThroughAProxy(t *testing.T) {
	proxy := httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		fmt.Fprintf(w, "for %s", r.URL)
	}))
	defer proxy.Close()
	o := to("GET", "http://nowhere.invalid/x")
	o.Proxy = proxy.URL
	out, err := newCaller(t, &flow.Env{}, o).Call(context.Background(), one)
	if err != nil || body(out) != "for http://nowhere.invalid/x" {
		t.Fatal(out, err)
	}
}

func TestTokensAreFetchedWhenTheyHaveRunOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		var mu sync.Mutex
		issued, refused, fails := 0, 0, 1
		revoked := false
		n.serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
			mu.Lock()
			defer mu.Unlock()
			if r.URL.Path == "/token" {
				if id, secret, _ := r.BasicAuth(); id != "me" || secret != "s3" {
					w.WriteHeader(401)
					return
				}
				if fails > 0 {
					fails--
					w.WriteHeader(503)
					return
				}
				issued++
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprintf(w, `{"access_token": "t%d", "token_type": "bearer", "expires_in": 3600}`, issued)
				return
			}
			if r.Header.Get("Authorization") != fmt.Sprintf("Bearer t%d", issued) || revoked {
				refused++
				revoked = false
				w.WriteHeader(401)
			}
		})
		o := to("POST", "http://server.test/")
		o.Auth = &authOptions{OAuth2: &oauth2Options{TokenURL: "http://server.test/token", ClientID: "me", ClientSecret: "s3"}}
		step := newCaller(t, &flow.Env{Dial: n.dial, Policy: attempts{max: 2}}, o)
		var group sync.WaitGroup
		for range 20 { // all at once, and only one fetches; its first try fails, which sent nothing
			group.Go(func() {
				if _, err := step.Call(context.Background(), one); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if issued != 1 {
			t.Errorf("%d tokens were fetched", issued)
		}
		time.Sleep(time.Hour)
		if _, err := step.Call(context.Background(), one); err != nil || issued != 2 {
			t.Errorf("after an hour, %d tokens: %v", issued, err)
		}
		revoked = true
		if _, err := step.Call(context.Background(), one); err != nil || issued != 3 || refused != 1 {
			t.Errorf("after one was revoked, %d tokens, %d refusals: %v", issued, refused, err)
		}
		step.tokens.config.ClientSecret = "wrong"
		step.tokens.token.Store(nil)
		if _, err := step.Call(context.Background(), one); flow.ErrorType(err) != "http.auth" || err.Error() != "POST http://server.test/: no token: 401 Unauthorized" {
			t.Errorf("%s %q", flow.ErrorType(err), err)
		}
		step.Close()
	})
}

// Connections are as many as calls that run at once, however many calls there are. (A dial that is overtaken by a
// connection that comes free is kept, too.)
func TestConnectionsAreReused(t *testing.T) {
	var open atomic.Int64
	srv := httptest.NewUnstartedServer(nethttp.HandlerFunc(echo))
	srv.Config.ConnState = func(_ net.Conn, s nethttp.ConnState) {
		if s == nethttp.StateNew {
			open.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	const width = 32
	step := newCaller(t, &flow.Env{Concurrency: width}, to("GET", srv.URL))
	var group sync.WaitGroup
	for range width {
		group.Go(func() {
			for range 50 {
				if _, err := step.Call(context.Background(), one); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n := open.Load(); n > 2*width {
		t.Errorf("%d connections for %d calls at once", n, width)
	}
}

func TestNothingIsLeftOfARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble ends when every goroutine has
		n := newNetwork()
		n.serve(t, echo)
		dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr == "hangs.test:80" {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return n.dial(ctx, network, addr)
		}
		step := newCaller(t, &flow.Env{Dial: dial}, stepOptions{target: target{Get: *text(func(s *flow.Scope) string { return s.It.Text() })}})
		if _, err := step.Call(context.Background(), item("http://server.test/")); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := step.Call(ctx, item("http://hangs.test/")); err == nil {
			t.Fatal("it did not hang")
		}
		step.Close()
	})
}

// Setting a parameter leaves what else the URL says as it is written.
func TestWithSetsOneParameter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringMatching(`[a-c]{1,2}`)
		query := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			return key.Draw(t, "key") + "=" + url.QueryEscape(rapid.String().Draw(t, "text"))
		}), 0, 4).Draw(t, "query")
		name, text := key.Draw(t, "name"), rapid.String().Draw(t, "value")
		r := &request{url: mustURL("http://h/p?" + strings.Join(query, "&"))}
		want := r.url.Query()
		want.Set(name, text)
		got := r.with(name, text)
		if back := got.url.Query(); back.Encode() != want.Encode() || got.written != got.url.String() {
			t.Fatalf("%s with %s=%s is %s", r.url, name, text, got.url)
		}
	})
}
