// Package flaky is a server that fails as servers do: the pipelines among the examples that make requests call it. What
// goes wrong follows from what is asked for and how often, so that an example gives the same every time.
package flaky

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// server counts the requests for each path.
type server struct {
	mu    sync.Mutex
	count map[string]int
	keys  map[string]bool // idempotency keys that were seen
	began time.Time       // of the outage's clock: the first request to /stock
}

// New gives the server's handler.
func New() http.Handler {
	s := &server{count: map[string]int{}, keys: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pages/{n}", s.pages)
	mux.HandleFunc("GET /slow/{n}", s.slow)
	mux.HandleFunc("GET /list", s.list)
	mux.HandleFunc("GET /stock/{n}", s.stock)
	mux.HandleFunc("POST /hooks/{name}", s.hooks)
	mux.HandleFunc("GET /weather", s.weather)
	return mux
}

// nth gives how often the path was asked for, this request included.
func (s *server) nth(r *http.Request) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count[r.Method+r.URL.RequestURI()]++
	return s.count[r.Method+r.URL.RequestURI()]
}

// pages are there from the second or third time on, but for every seventh, which there is not.
func (s *server) pages(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.PathValue("n"))
	again := s.nth(r)
	switch {
	case n%7 == 0:
		http.Error(w, fmt.Sprintf("there is no page %d", n), http.StatusNotFound)
	case n%4 == 0 && again == 1:
		w.Header().Set("Retry-After", "2")
		http.Error(w, "not so fast", http.StatusTooManyRequests)
	case n%5 == 0 && again <= 2:
		http.Error(w, "out of order", http.StatusServiceUnavailable)
	case n%6 == 1 && again == 1:
		breakOff(w)
	default:
		reply(w, "text/plain", fmt.Sprintf("This is page %d.", n))
	}
}

// slow stalls: before the reply, within it, or, each fourth, every time.
func (s *server) slow(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.PathValue("n"))
	again := s.nth(r)
	switch {
	case n%4 == 0, n%4 == 1 && again == 1:
		<-r.Context().Done()
	case n%4 == 2 && again == 1:
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "This is ")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	default:
		reply(w, "text/plain", fmt.Sprintf("This is page %d.", n))
	}
}

// list gives 25 records, ten at a time; the second page fails the first time.
func (s *server) list(w http.ResponseWriter, r *http.Request) {
	start, _ := strconv.Atoi(r.URL.Query().Get("after"))
	if s.nth(r) == 1 && start == 10 {
		http.Error(w, "out of order", http.StatusBadGateway)
		return
	}
	type record struct {
		ID    int    `json:"id"`
		Name  string `json:"name"`
		Price string `json:"price"`
	}
	page := struct {
		Items []record `json:"items"`
		Next  *int     `json:"next"`
	}{}
	for i := start + 1; i <= min(start+10, 25); i++ {
		page.Items = append(page.Items, record{i, fmt.Sprintf("Thing %d", i), fmt.Sprintf("%d.50", 3*i)})
	}
	if end := start + 10; end < 25 {
		page.Next = &end
	}
	text, _ := json.Marshal(page)
	reply(w, "application/json", string(text))
}

// stock has an outage from the second second on, for ten seconds, and nothing of every ninth thing.
func (s *server) stock(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.began.IsZero() {
		s.began = time.Now()
	}
	since := time.Since(s.began)
	s.mu.Unlock()
	n, _ := strconv.Atoi(r.PathValue("n"))
	switch {
	case since >= 2*time.Second && since < 12*time.Second:
		http.Error(w, "down", http.StatusServiceUnavailable)
	case n%9 == 0:
		http.Error(w, "never heard of it", http.StatusNotFound)
	default:
		reply(w, "application/json", fmt.Sprintf(`{"id": %d, "stock": %d}`, n, n*n%17))
	}
}

// hooks takes what is posted once, by its key; to the subscriber `mail`, the first request of each key takes very long.
func (s *server) hooks(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	key := r.Header.Get("Idempotency-Key")
	s.mu.Lock()
	seen := s.keys[key]
	s.keys[key] = true
	s.mu.Unlock()
	if !seen && r.PathValue("name") == "mail" {
		select {
		case <-time.After(5 * time.Second):
		case <-r.Context().Done():
			return
		}
	}
	w.WriteHeader(http.StatusAccepted)
}

// weather changes at every third request, and says so by an ETag.
func (s *server) weather(w http.ResponseWriter, r *http.Request) {
	n := (s.nth(r) - 1) / 3
	tag := fmt.Sprintf(`"%d"`, n)
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	reply(w, "application/json", fmt.Sprintf(`{"celsius": %d, "wind": "NW"}`, 12+n))
}

func reply(w http.ResponseWriter, kind, text string) {
	w.Header().Set("Content-Type", kind)
	_, _ = io.WriteString(w, text)
}

// breakOff ends the connection without a reply.
func breakOff(w http.ResponseWriter) {
	if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = c.Close()
	}
}
