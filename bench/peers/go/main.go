// Command peer does the jobs of the comparison in Go as one would write them by hand for each.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

func main() {
	log.SetFlags(0)
	w := bufio.NewWriterSize(os.Stdout, 64<<10)
	defer w.Flush()
	switch job := os.Args[1]; job {
	case "compute":
		compute(w, number(2))
	case "channels":
		channels(w, number(2))
	case "records":
		records(w, os.Args[2])
	case "group":
		group(w, os.Args[2])
	case "calls":
		calls(w, os.Args[2], number(3), number(4))
	case "server":
		server(number(2))
	default:
		log.Fatalf("there is no job %s", job)
	}
}

func number(i int) int {
	n, err := strconv.Atoi(os.Args[i])
	check(err)
	return n
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// compute is one loop.
func compute(w io.Writer, n int) {
	sum := 0
	for i := 1; i <= n; i++ {
		if i%2 == 0 {
			sum += i*3 + 1
		}
	}
	fmt.Fprintln(w, sum)
}

// channels has a goroutine for each stage, and channels of 64 items between them.
func channels(w io.Writer, n int) {
	numbers, even, mapped := make(chan int, 64), make(chan int, 64), make(chan int, 64)
	go func() {
		defer close(numbers)
		for i := 1; i <= n; i++ {
			numbers <- i
		}
	}()
	go func() {
		defer close(even)
		for i := range numbers {
			if i%2 == 0 {
				even <- i
			}
		}
	}()
	go func() {
		defer close(mapped)
		for i := range even {
			mapped <- i*3 + 1
		}
	}()
	sum := 0
	for i := range mapped {
		sum += i
	}
	fmt.Fprintln(w, sum)
}

type record struct {
	ID     int64    `json:"id"`
	User   string   `json:"user"`
	TS     string   `json:"ts"`
	Amount float64  `json:"amount"`
	Tags   []string `json:"tags"`
	Nested struct {
		City string `json:"city"`
		Zip  string `json:"zip"`
		Geo  struct {
			Lat float64 `json:"lat"`
			Lon float64 `json:"lon"`
		} `json:"geo"`
	} `json:"nested"`
	Status string `json:"status"`
}

// lines calls f with each line of a file, decoded.
func lines(path string, f func(*record)) {
	file, err := os.Open(path)
	check(err)
	defer file.Close()
	s := bufio.NewScanner(bufio.NewReaderSize(file, 64<<10))
	s.Buffer(make([]byte, 64<<10), 1<<20)
	for s.Scan() {
		var r record
		check(json.Unmarshal(s.Bytes(), &r))
		f(&r)
	}
	check(s.Err())
}

func records(w io.Writer, path string) {
	enc := json.NewEncoder(w)
	lines(path, func(r *record) {
		if r.Status == "ok" && r.Amount > 50 {
			check(enc.Encode(struct {
				ID     int64   `json:"id"`
				User   string  `json:"user"`
				Amount float64 `json:"amount"`
				City   string  `json:"city"`
			}{r.ID, r.User, r.Amount, r.Nested.City}))
		}
	})
}

func group(w io.Writer, path string) {
	type total struct {
		User  string  `json:"user"`
		Total float64 `json:"total"`
		N     int     `json:"n"`
	}
	groups := map[string]*total{}
	lines(path, func(r *record) {
		g := groups[r.User]
		if g == nil {
			g = &total{User: r.User}
			groups[r.User] = g
		}
		g.Total += r.Amount
		g.N++
	})
	enc := json.NewEncoder(w)
	for _, g := range groups {
		check(enc.Encode(g))
	}
}

// calls makes n requests, so many at once, with idle connections for as many.
func calls(w io.Writer, url string, n, atOnce int) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConns: atOnce, MaxIdleConnsPerHost: atOnce}}
	group, ctx := errgroup.WithContext(context.Background())
	group.SetLimit(atOnce)
	results := make(chan int64, atOnce)
	sum := make(chan int64)
	go func() {
		var all int64
		for size := range results {
			all += size
		}
		sum <- all
	}()
	for i := 1; i <= n; i++ {
		group.Go(func() error {
			req, err := http.NewRequestWithContext(ctx, "GET", url+"/"+strconv.Itoa(i), nil)
			if err != nil {
				return err
			}
			res, err := client.Do(req)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			size, err := io.Copy(io.Discard, res.Body)
			if err == nil && res.StatusCode != 200 {
				err = fmt.Errorf("status %d", res.StatusCode)
			}
			results <- size
			return err
		})
	}
	check(group.Wait())
	close(results)
	fmt.Fprintln(w, <-sum)
}

// server answers /MILLISECONDS/… after that time, on a port of its own, which it prints. It ends with its standard input.
func server(port int) {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{ms}/{id}", func(w http.ResponseWriter, r *http.Request) {
		if ms, err := strconv.Atoi(r.PathValue("ms")); err == nil && ms > 0 {
			time.Sleep(time.Duration(ms) * time.Millisecond)
		}
		fmt.Fprintf(w, "%010s", r.PathValue("id"))
	})
	check(http.ListenAndServe("127.0.0.1:"+strconv.Itoa(port), mux))
}
