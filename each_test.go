package flowrun_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/flowrun/flowrun"
)

// tally is a server that counts the requests for each path, and fails the first so many of some.
type tally struct {
	mu    sync.Mutex
	count map[string]int
	fails map[string]int
}

func (s *tally) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count[r.URL.Path]++
	if s.count[r.URL.Path] <= s.fails[r.URL.Path] {
		http.Error(w, "not yet", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"path": %q}`, r.URL.Path)
}

// TestEachIsRepeatedAsAWhole checks, on the server's side, that a retry of `each` repeats all calls within, and how it and
// those within go together.
func TestEachIsRepeatedAsAWhole(t *testing.T) {
	for name, tt := range map[string]struct {
		each, second string // the retries of the whole, and of the second call
		fails        map[string]int
		out          string
		count        map[string]int
		retries      []int64 // of each, the first and the second call
	}{
		"the second call fails once": {
			"4", "none", map[string]int{"/second/2": 1}, "/second/1 /second/2 /second/3",
			map[string]int{"/first/1": 1, "/second/1": 1, "/first/2": 2, "/second/2": 2, "/first/3": 1, "/second/3": 1}, []int64{1, 0, 0},
		},
		"both fail": {
			"4", "none", map[string]int{"/first/1": 1, "/second/1": 1}, "/second/1 /second/2 /second/3",
			map[string]int{"/first/1": 3, "/second/1": 2, "/first/2": 1, "/second/2": 1, "/first/3": 1, "/second/3": 1}, []int64{2, 0, 0},
		},
		"the second call has a retry of its own": {
			"none", "2", map[string]int{"/second/2": 1}, "/second/1 /second/2 /second/3",
			map[string]int{"/first/1": 1, "/second/1": 1, "/first/2": 1, "/second/2": 2, "/first/3": 1, "/second/3": 1}, []int64{0, 0, 1},
		},
		"attempts within attempts": {
			"2", "3", map[string]int{"/second/3": 4}, "/second/1 /second/2 /second/3",
			map[string]int{"/first/1": 1, "/second/1": 1, "/first/2": 1, "/second/2": 1, "/first/3": 2, "/second/3": 5}, []int64{1, 0, 3},
		},
		"in vain": {
			"2", "none", map[string]int{"/second/2": 9}, "/second/1 http.status /second/3",
			map[string]int{"/first/1": 1, "/second/1": 1, "/first/2": 2, "/second/2": 2, "/first/3": 1, "/second/3": 1}, []int64{1, 0, 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &tally{count: map[string]int{}, fails: tt.fails}
			server := httptest.NewServer(s)
			defer server.Close()
			text := strings.NewReplacer("SERVER", server.URL).Replace(`
source: {range: {from: 1, to: 3}}
steps:
  - each:
      - http: {get: "SERVER/first/${it}"}
        retry: none
      - map: it.item
      - http: {get: "SERVER/second/${it}"}
        retry: RETRY_SECOND
    concurrency: 3
    retry: RETRY_EACH
    on_error: {value: "{body: {path: error.type}}"}
  - map: it.body.path
`)
			for which, attempts := range map[string]string{"RETRY_EACH": tt.each, "RETRY_SECOND": tt.second} {
				if attempts != "none" {
					attempts = fmt.Sprintf("{max_attempts: %s, initial: 1ms}", attempts)
				}
				text = strings.Replace(text, which, attempts, 1)
			}
			p, err := flowrun.Parse("each.yaml", []byte(text), flowrun.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			rep, err := p.Run(context.Background(), flowrun.Options{Stdout: &out})
			if got := strings.Join(strings.Fields(strings.ReplaceAll(out.String(), `"`, "")), " "); err != nil || got != tt.out {
				t.Errorf("%v: %s, want %s", err, got, tt.out)
			}
			if !maps.Equal(s.count, tt.count) {
				t.Errorf("requests %v, want %v", s.count, tt.count)
			}
			var retries []int64
			for _, st := range rep.Steps {
				if st.Name == "each" || st.Name == "http" {
					retries = append(retries, st.Retries)
				}
			}
			if !slices.Equal(retries, tt.retries) {
				t.Errorf("retries %v, want %v", retries, tt.retries)
			}
		})
	}
}
