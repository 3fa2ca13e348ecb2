// Command server is something to try http pipelines on: twenty pages, slow, and unreliable in the same way every time.
//
//	GET /pages/N   one page of 20, after 50 ms; of every fourth the first request fails with 503, and page 7 always with 500
//	GET /list?after=N   five pages from N on, with the link to the next five
//	POST /orders   takes an order, gives it a number; no more than 20 a second, else 429
//	/flaky/…   what goes wrong with servers, for the pipelines in examples/pipelines: see examples/flaky
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/flowrun/flowrun/examples/flaky"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where to listen; port 0 takes any")
	flag.Parse()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", l.Addr())
	log.Fatal(http.Serve(l, newSite()))
}

const pages = 20

// site is what the server remembers.
type site struct {
	mu     sync.Mutex
	seen   map[int]bool // pages that were asked for
	orders int
	second time.Time // when the current second began
	taken  int       // orders in it
}

func newSite() http.Handler {
	s := &site{seen: map[int]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pages/{n}", s.page)
	mux.HandleFunc("GET /list", s.list)
	mux.HandleFunc("POST /orders", s.order)
	mux.Handle("/flaky/", http.StripPrefix("/flaky", flaky.New()))
	return mux
}

func (s *site) page(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 1 || n > pages {
		http.NotFound(w, r)
		return
	}
	time.Sleep(50 * time.Millisecond)
	s.mu.Lock()
	again := s.seen[n]
	s.seen[n] = true
	s.mu.Unlock()
	switch {
	case n == 7:
		http.Error(w, "page 7 is lost", http.StatusInternalServerError)
	case n%4 == 0 && !again:
		http.Error(w, "busy", http.StatusServiceUnavailable)
	default:
		answer(w, page(n))
	}
}

func page(n int) map[string]any {
	return map[string]any{"page": n, "title": fmt.Sprintf("Page %d", n), "words": 100 + n*37%50}
}

func (s *site) list(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.Atoi(r.FormValue("after")) // none is 0
	items := []any{}
	for n := after + 1; n <= min(after+5, pages); n++ {
		items = append(items, page(n))
	}
	body := map[string]any{"items": items}
	if after+5 < pages {
		body["next"] = fmt.Sprintf("http://%s/list?after=%d", r.Host, after+5)
	}
	answer(w, body)
}

func (s *site) order(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	if time.Since(s.second) > time.Second {
		s.second, s.taken = time.Now(), 0
	}
	s.taken++
	full := s.taken > 20
	if !full {
		s.orders++
	}
	number := s.orders
	s.mu.Unlock()
	if full {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "no more than 20 orders a second", http.StatusTooManyRequests)
		return
	}
	answer(w, map[string]any{"order": number, "for": body["name"]})
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // the client has gone
}
