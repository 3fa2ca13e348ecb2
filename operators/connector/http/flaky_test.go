package http_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun"
)

// deed is what a flaky server does with a request.
type deed struct {
	name   string
	weight int
	means  string // "" the request succeeds; "again": a GET may be tried again, and a POST must not; "unseen": any may; or the failure's type
	do     func(f *flaky, w http.ResponseWriter, r *http.Request)
}

var deeds = []deed{
	{"good", 40, "", func(_ *flaky, w http.ResponseWriter, r *http.Request) { answer(w, r.URL.Path) }},
	{"redirect", 5, "", func(_ *flaky, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/good"+r.URL.Path, http.StatusTemporaryRedirect)
	}},
	{"trickle", 3, "", func(f *flaky, w http.ResponseWriter, _ *http.Request) {
		for range 5 {
			f.pause(100 * time.Millisecond)
			_, _ = io.WriteString(w, ".")
			_ = http.NewResponseController(w).Flush()
		}
	}},
	{"reset", 8, "again", func(_ *flaky, w http.ResponseWriter, _ *http.Request) { hijack(w, "") }},
	{"half a header", 4, "again", func(_ *flaky, w http.ResponseWriter, _ *http.Request) { hijack(w, "HTTP/1.1 200 OK\r\nContent-Le") }},
	{"half a body", 8, "again", func(_ *flaky, w http.ResponseWriter, _ *http.Request) {
		hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
	}},
	{"503", 8, "again", func(f *flaky, w http.ResponseWriter, _ *http.Request) { f.later(w, http.StatusServiceUnavailable) }},
	{"500", 4, "again", func(_ *flaky, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }},
	{"429", 8, "unseen", func(f *flaky, w http.ResponseWriter, _ *http.Request) { f.later(w, http.StatusTooManyRequests) }},
	{"404", 3, "http.status", func(_ *flaky, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }},
	{"endless", 2, "http.too_large", func(_ *flaky, w http.ResponseWriter, _ *http.Request) {
		for err := error(nil); err == nil; {
			_, err = w.Write(make([]byte, 32<<10))
		}
	}},
	{"loop", 2, "http.redirects", func(_ *flaky, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/loop"+r.URL.Path, http.StatusTemporaryRedirect)
	}},
}

// stalls are deeds that a limit of time ends.
var stalls = []deed{
	{"stall before the header", 2, "again", func(_ *flaky, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
	{"stall within the body", 2, "again", func(_ *flaky, w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}},
}

func answer(w http.ResponseWriter, path string) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, path)
}

// hijack writes what is to be the whole reply, and breaks the connection off.
func hijack(w http.ResponseWriter, text string) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(c, text)
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// flaky is a server that does with the nth request for an item what a seed says, and counts.
type flaky struct {
	seed  uint64
	deeds []deed
	pause func(time.Duration)
	waits bool // it asks to wait

	mu      sync.Mutex
	calls   map[int]int
	open    int
	peak    int
	due     map[int]time.Time // not before
	early   int               // requests that came earlier
	awaited int               // how many requests are held until that many are there
	full    chan struct{}
}

// deed gives what is done with the nth request for an item.
func (f *flaky) deed(item, n int) *deed {
	rng := rand.New(rand.NewPCG(f.seed, uint64(item)<<8|uint64(n)))
	total := 0
	for _, d := range f.deeds {
		total += d.weight
	}
	at := rng.IntN(total)
	for i := range f.deeds {
		if at -= f.deeds[i].weight; at < 0 {
			return &f.deeds[i]
		}
	}
	panic("unreachable")
}

// later is a reply that asks to wait: for seconds, or until a time by its own clock, which is wrong.
func (f *flaky) later(w http.ResponseWriter, status int) {
	if f.waits && status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "2")
	} else if f.waits {
		now := time.Now().Add(-time.Hour)
		w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
		w.Header().Set("Retry-After", now.Add(3*time.Second).UTC().Format(http.TimeFormat))
	}
	w.WriteHeader(status)
}

func (f *flaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	if path, redirected := strings.CutPrefix(r.URL.Path, "/good"); redirected {
		answer(w, path)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/loop") {
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		return
	}
	item, err := strconv.Atoi(r.URL.Path[1:])
	if err != nil {
		panic(err)
	}
	f.mu.Lock()
	f.calls[item]++
	d := f.deed(item, f.calls[item])
	if time.Now().Before(f.due[item]) {
		f.early++
	}
	f.due[item] = time.Time{}
	if f.waits && d.name == "503" {
		f.due[item] = time.Now().Add(2 * time.Second)
	} else if f.waits && d.name == "429" {
		f.due[item] = time.Now().Add(3 * time.Second)
	}
	f.open++
	f.peak = max(f.peak, f.open)
	if f.open == f.awaited {
		f.awaited = 0
		close(f.full)
	}
	f.mu.Unlock()
	<-f.full
	f.mu.Lock()
	f.open-- // before the reply, after which another request may come
	f.mu.Unlock()
	d.do(f, w, r)
}

// outcome gives how many requests an item must have cost, and the type of its failure, "" for none.
func (f *flaky) outcome(method string, item, attempts int) (calls int, failure string) {
	for n := 1; ; n++ {
		d := f.deed(item, n)
		switch {
		case d.means == "":
			return n, ""
		case d.means != "again" && d.means != "unseen":
			return n, d.means
		case n == attempts || d.means == "again" && method == "POST":
			return n, "?"
		}
	}
}

const width, attempts = 8, 4

// try runs a pipeline of so many items against a flaky server, and compares every count with what the seed says. Limit is
// how long a header, and a body, may take.
func (f *flaky) try(t *testing.T, method string, items int, limit string, opt flowrun.Options) {
	retry := "    retry: {max_attempts: 4, initial: 10ms, max_delay: 50ms}\n"
	if method == "POST" {
		retry = "" // the default policy, which tries a POST again only where nothing was done
	}
	text := fmt.Sprintf(`
source: {range: {from: 1, to: %d}}
steps:
  - http: {%s: "http://flaky.test/${it}", as: text, max_bytes: 64KiB, redirects: 3}
    concurrency: {max: %d, order: completion}
    timeout: {attempt: 4h, header: %s, body: %s}
%s    on_error: {to: failed}
  - map: it.item
sinks:
  failed: {file: failed.jsonl}
`, items, strings.ToLower(method), width, limit, limit, retry)
	dir := t.TempDir()
	p, err := flowrun.Parse(filepath.Join(dir, "flaky.yaml"), []byte(text), flowrun.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	opt.Stdout = &out
	rep, err := p.Run(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	good := map[int]bool{}
	for _, line := range strings.Fields(out.String()) {
		i, err := strconv.Atoi(line)
		if err != nil || good[i] {
			t.Fatalf("%q came out, once more perhaps: %v", line, err)
		}
		good[i] = true
	}
	failed := failures(t, filepath.Join(dir, "failed.jsonl"))
	f.mu.Lock() // of what the server's goroutines counted
	defer f.mu.Unlock()
	total := 0
	for i := 1; i <= items; i++ {
		calls, failure := f.outcome(method, i, attempts)
		total += f.calls[i]
		kind, bad := failed[i]
		if f.calls[i] != calls || bad == good[i] || bad != (failure != "") || failure != "?" && kind != failure {
			t.Errorf("seed %d, item %d: %d requests, failed with %q, came out %v; want %d and %q (%s)", f.seed, i, f.calls[i], kind, good[i], calls, failure, f.deed(i, 1).name)
		}
	}
	if f.peak != width {
		t.Errorf("seed %d: %d requests at once, and %d are allowed", f.seed, f.peak, width)
	}
	if f.early > 0 {
		t.Errorf("seed %d: %d requests came earlier than asked for", f.seed, f.early)
	}
	for _, s := range rep.Steps {
		if s.Name == "http" && (s.In != int64(items) || s.Completed != int64(len(good)) || s.Routed != int64(len(failed))) {
			t.Errorf("seed %d: %+v", f.seed, s)
		}
	}
}

// failures reads a dead letter file: the type of each item's failure.
func failures(t *testing.T, file string) map[int]string {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[int]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		var f struct {
			Item  int
			Error struct{ Type string }
		}
		if line == "" {
			continue
		}
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(line, err)
		}
		if _, twice := out[f.Item]; twice {
			t.Fatalf("item %d failed twice", f.Item)
		}
		out[f.Item] = f.Error.Type
	}
	return out
}

func newFlaky(seed uint64, deeds []deed, pause func(time.Duration)) *flaky {
	return &flaky{seed: seed, deeds: deeds, pause: pause, calls: map[int]int{}, due: map[int]time.Time{}, awaited: width, full: make(chan struct{})}
}

// Over real connections, which may take their time: no reply is late. TestThroughABadNetwork has those that are.
func TestFlakyServer(t *testing.T) {
	for _, method := range []string{"GET", "POST"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			f := newFlaky(7, deeds, func(time.Duration) {})
			srv := httptest.NewServer(f)
			defer srv.Close()
			f.try(t, method, 150, "1h", flowrun.Options{Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, srv.Listener.Addr().String())
			}})
			seen := map[string]int{}
			for item, calls := range f.calls {
				for n := range calls {
					seen[f.deed(item, n+1).name]++
				}
			}
			if len(seen) != len(deeds) {
				t.Errorf("not everything was tried: %v", slices.Sorted(maps.Keys(seen)))
			}
		})
	}
}

// In virtual time, with waits that are asked for, and many seeds.
func TestFlakyServerInVirtualTime(t *testing.T) {
	for seed := range uint64(20) {
		for _, method := range []string{"GET", "POST"} {
			synctest.Test(t, func(t *testing.T) {
				f := newFlaky(seed, append(slices.Clone(deeds), stalls...), time.Sleep)
				f.waits = true
				l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
				srv := &http.Server{Handler: f}
				done := make(chan struct{})
				go func() {
					_ = srv.Serve(l)
					close(done)
				}()
				f.try(t, method, 100, "1s", flowrun.Options{Dial: l.dial})
				_ = srv.Close()
				<-done
			})
		}
	}
}

// pipes is a network in memory with one server.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.IPAddr{} }
