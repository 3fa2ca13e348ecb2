package http_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun"
)

// inBubble runs a pipeline against a server, both in virtual time, and gives its output and how long it took.
func inBubble(t *testing.T, pipeline string, h http.HandlerFunc) (out string, rep flowrun.Report) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
		srv := &http.Server{Handler: h}
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = srv.Serve(l) // until it is closed
		}()
		p, err := flowrun.Parse(filepath.Join(dir, "x.yaml"), []byte(pipeline), flowrun.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		rep, _ = p.Run(context.Background(), flowrun.Options{Stdout: &b, Dial: l.dial, Seed: 1})
		_ = srv.Close()
		<-done
		out = b.String()
	})
	return out, rep
}

func TestSourceTriesAgain(t *testing.T) {
	n := 0
	out, rep := inBubble(t, `
source:
  http: {get: "http://server.test/", items: it.body}
  retry: {max_attempts: 3, strategy: fixed, initial: 1s, jitter: none}
`, func(w http.ResponseWriter, _ *http.Request) {
		if n++; n < 3 {
			w.WriteHeader(503)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "[1, 2]")
	})
	if out != "1\n2\n" || n != 3 || rep.Elapsed != 2*time.Second || rep.ExitCode != 0 {
		t.Errorf("%q after %d requests and %v: %s", out, n, rep.Elapsed, rep.Error)
	}
	n = -10
	if _, rep := inBubble(t, "source: {http: \"http://server.test/\"}\n", func(w http.ResponseWriter, _ *http.Request) { n++; w.WriteHeader(503) }); n != -6 || rep.ExitCode != 1 ||
		!strings.Contains(rep.Error, "GET http://server.test/: 503 Service Unavailable") {
		t.Errorf("%d requests: %d %s", n+10, rep.ExitCode, rep.Error)
	}
}

func TestPollingGoesOnAfterAFailedRound(t *testing.T) {
	n := 0
	out, rep := inBubble(t, `
source:
  http: {get: "http://server.test/", every: 1m}
  retry: none
  on_error: skip
steps:
  - take: 2
`, func(w http.ResponseWriter, _ *http.Request) {
		if n++; n == 2 {
			w.WriteHeader(404)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, n)
	})
	if out != "1\n3\n" || rep.Elapsed != 2*time.Minute || rep.Steps[0].Skipped != 1 || rep.ExitCode != 3 {
		t.Errorf("%q after %v, exit code %d: %s %+v", out, rep.Elapsed, rep.ExitCode, rep.Error, rep.Steps[0])
	}
}

func TestSinkTriesAgain(t *testing.T) {
	seen := map[string]int{}
	_, rep := inBubble(t, `
source: {range: {from: 1, to: 4}}
sink:
  http: {put: "http://server.test/${it}"}
  retry: {max_attempts: 3, strategy: fixed, initial: 1s, jitter: none}
  on_error: skip
`, func(w http.ResponseWriter, r *http.Request) {
		seen[r.URL.Path]++
		switch {
		case r.URL.Path == "/2" && seen["/2"] < 3:
			w.WriteHeader(503)
		case r.URL.Path == "/3":
			w.WriteHeader(400)
		}
	})
	if got := fmt.Sprint(seen); got != "map[/1:1 /2:3 /3:1 /4:1]" || rep.Elapsed != 2*time.Second || rep.ItemsOut != 3 || rep.ExitCode != 3 {
		t.Errorf("%s after %v: %+v", got, rep.Elapsed, rep)
	}
}

// The copy of a slow request is answered first, and the slow one is cancelled at that instant.
func TestHedging(t *testing.T) {
	var mu sync.Mutex
	seen, cancelled := map[string]int{}, 0
	out, rep := inBubble(t, `
source: {range: {from: 1, to: 20}}
steps:
  - http: {get: "http://server.test/${it}", as: json}
    concurrency: 4
    hedge: {delay: 200ms, max: 1}
  - map: it.body
`, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen[r.URL.Path]++
		first := seen[r.URL.Path] == 1
		mu.Unlock()
		took := 50 * time.Millisecond
		if first && strings.HasSuffix(r.URL.Path, "0") {
			took = time.Hour
		}
		select {
		case <-time.After(took):
			_, _ = io.WriteString(w, r.URL.Path[1:])
		case <-r.Context().Done():
			mu.Lock()
			cancelled++
			mu.Unlock()
		}
	})
	want, total := "", 0
	for i := 1; i <= 20; i++ {
		want += fmt.Sprintln(i)
	}
	for _, n := range seen {
		total += n
	}
	// Two of twenty are slow: five rounds of 50 ms, and twice 200 ms more.
	if out != want || total != 22 || cancelled != 2 || rep.Elapsed != 650*time.Millisecond {
		t.Errorf("%q after %v, with %d requests, %d cancelled: %s", out, rep.Elapsed, total, cancelled, rep.Error)
	}
}
