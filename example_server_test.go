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
