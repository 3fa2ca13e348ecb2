package http

import (
	"context"
	"io"
	nethttp "net/http"
	"net/http/httptest"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

func quick(w nethttp.ResponseWriter, _ *nethttp.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"id": 1, "name": "Ada"}`)
}

func BenchmarkCall(b *testing.B) {
	srv := httptest.NewServer(nethttp.HandlerFunc(quick))
	defer srv.Close()
	b.Run("step", func(b *testing.B) {
		o := to("GET", srv.URL)
		o.MaxBytes, o.Redirects = 1<<20, 10
		c, err := newClient(&o.requestOptions, "GET", &o.URL, &flow.Env{})
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		step := &caller{client: c}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := step.Call(context.Background(), one); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("net/http", func(b *testing.B) {
		client := &nethttp.Client{Transport: &nethttp.Transport{}}
		defer client.CloseIdleConnections()
		b.ReportAllocs()
		for b.Loop() {
			req, err := nethttp.NewRequestWithContext(context.Background(), "GET", srv.URL, nil)
			if err != nil {
				b.Fatal(err)
			}
			resp, err := client.Do(req)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadAll(resp.Body); err != nil {
				b.Fatal(err)
			}
			_ = resp.Body.Close()
		}
	})
}
