package flowrun_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// exampleServer is the server that the components' examples call http://example.test. It gives the function that dials it.
func exampleServer(t *testing.T) flow.Dial {
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, status int, kind, format string, args ...any) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		fmt.Fprintf(w, format, args...)
	}
	users := []string{"Ada", "Bob"}
	mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.PathValue("id"))
		if err != nil || id < 1 || id > len(users) {
			reply(w, http.StatusNotFound, "text/plain", "no user %s", r.PathValue("id"))
			return
		}
		reply(w, http.StatusOK, "application/json", `{"id": %d, "name": %q}`, id, users[id-1])
	})
	mux.HandleFunc("POST /users", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Idempotency-Key") == "" {
			reply(w, http.StatusBadRequest, "text/plain", "no key")
			return
		}
		reply(w, http.StatusCreated, "application/json", `{}`)
	})
	mux.HandleFunc("GET /users.csv", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, "text/csv", "id,name\n1,Ada\n2,Bob\n")
	})
	mux.HandleFunc("GET /pages", func(w http.ResponseWriter, r *http.Request) {
		reply(w, http.StatusOK, "application/json", "%s", map[string]string{
			"": `{"items": [1, 2], "next": "b"}`, "b": `{"items": [3, 4], "next": "c"}`, "c": `{"items": [5], "next": null}`,
		}[r.URL.Query().Get("after")])
	})
	mux.HandleFunc("POST /sink", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !json.Valid(body) || r.Header.Get("X-Token") != "abc" {
			reply(w, http.StatusBadRequest, "text/plain", "no JSON, or no token")
		}
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr != "example.test:80" {
			return nil, fmt.Errorf("the examples reach example.test alone, not %s", addr)
		}
		return new(net.Dialer).DialContext(ctx, network, srv.Listener.Addr().String())
	}
}

// inMemory runs a server whose connections are all in memory, so that it may stand in a bubble. Stop waits for its end.
func inMemory(h http.Handler) (dial flow.Dial, stop func()) {
	l := &memoryListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	srv := &http.Server{Handler: h}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(l) // until it is closed
	}()
	dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		near, far := net.Pipe()
		select {
		case l.conns <- far:
			return near, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return dial, func() {
		_ = srv.Close()
		<-done
	}
}

type memoryListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *memoryListener) Addr() net.Addr { return &net.IPAddr{} }
