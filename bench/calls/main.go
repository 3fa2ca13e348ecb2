// Calls measures HTTP calls of a pipeline against a Go program on errgroup and net/http: the same requests to the same
// server, which is a process of its own. The two take turns, each in a fresh process, and the medians count.
//
//	go run ./bench/calls [-rounds 7]
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/flowrun/flowrun"
)

// work is one line of the table.
type work struct {
	calls, width int
	latency      time.Duration
}

var table = []work{{10_000, 50, 20 * time.Millisecond}, {10_000, 500, 20 * time.Millisecond}, {100_000, 64, 0}}

func main() {
	rounds := flag.Int("rounds", 7, "how many times each takes its turn")
	role := flag.String("role", "", "of a child process: serve, errgroup or flowrun")
	url := flag.String("url", "", "of a child process: where the server is")
	calls := flag.Int("calls", 0, "of a child process")
	width := flag.Int("width", 0, "of a child process")
	flag.Parse()
	var err error
	switch *role {
	case "":
		err = compare(*rounds)
	case "serve":
		err = serve()
	case "errgroup":
		err = byErrgroup(*url, *calls, *width)
	case "flowrun":
		err = byFlowrun(*url, *calls, *width)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// compare lets the two take turns, and prints the table.
func compare(rounds int) error {
	server := exec.Command(os.Args[0], "-role", "serve")
	out, err := server.StdoutPipe()
	if err != nil {
		return err
	}
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		return err
	}
	defer server.Process.Kill() //nolint:errcheck // it has nothing to say
	var addr string
	if _, err := fmt.Fscanln(out, &addr); err != nil {
		return err
	}
	fmt.Printf("%-28s %12s %12s %7s %12s %12s %7s\n", "", "errgroup", "flowrun", "time", "errgroup CPU", "flowrun CPU", "CPU")
	for _, w := range table {
		took, cpu := map[string][]time.Duration{}, map[string][]time.Duration{}
		for range rounds {
			for _, role := range []string{"errgroup", "flowrun"} {
				t, c, err := measure(role, fmt.Sprintf("http://%s/%s", addr, w.latency), w)
				if err != nil {
					return err
				}
				took[role], cpu[role] = append(took[role], t), append(cpu[role], c)
			}
		}
		t0, t1, c0, c1 := median(took["errgroup"]), median(took["flowrun"]), median(cpu["errgroup"]), median(cpu["flowrun"])
		fmt.Printf("%7d × %-4s at %-9d %12v %12v %7.3f %12v %12v %7.3f\n", w.calls, w.latency, w.width,
			t0.Round(time.Millisecond), t1.Round(time.Millisecond), float64(t1)/float64(t0), c0.Round(time.Millisecond), c1.Round(time.Millisecond), float64(c1)/float64(c0))
	}
	return nil
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// measure runs one of the two, and gives how long it took, start-up included, and the processor time that it took.
func measure(role, url string, w work) (took, cpu time.Duration, err error) {
	c := exec.Command(os.Args[0], "-role", role, "-url", url, "-calls", fmt.Sprint(w.calls), "-width", fmt.Sprint(w.width))
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	start := time.Now()
	if err := c.Run(); err != nil || out.String() != fmt.Sprintln(w.calls) {
		return 0, 0, fmt.Errorf("%s: %w\n%s%s", role, err, out.String(), said.String())
	}
	usage := c.ProcessState.SysUsage().(*syscall.Rusage)
	return time.Since(start), time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}

// serve answers each request after the time that its path says.
func serve() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d, err := time.ParseDuration(r.URL.Path[1:]); err == nil {
			time.Sleep(d)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id": 1, "name": "Ada", "tags": ["a", "b"]}`)
	}))
}

// byErrgroup is what one would write by hand.
func byErrgroup(url string, calls, width int) error {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 2*width, 2*width
	client := &http.Client{Transport: transport}
	group, ctx := errgroup.WithContext(context.Background())
	group.SetLimit(width)
	for range calls {
		group.Go(func() error {
			req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
			if err != nil {
				return err
			}
			resp, err := client.Do(req)
			if err != nil {
				return err
			}
			defer resp.Body.Close() //nolint:errcheck // it was read only
			if _, err := io.ReadAll(resp.Body); err != nil {
				return err
			}
			if resp.StatusCode >= 400 {
				return fmt.Errorf("status %d", resp.StatusCode)
			}
			return nil
		})
	}
	err := group.Wait()
	fmt.Println(calls)
	return err
}

// byFlowrun is the same as a pipeline, by the command line. It does not return.
func byFlowrun(url string, calls, width int) error {
	text := fmt.Sprintf("source: {range: {from: 1, to: %d}}\nsteps:\n  - http: {get: %q, as: text}\n    concurrency: {max: %d, order: completion}\n  - count: {}\n", calls, url, width)
	file := filepath.Join(os.TempDir(), "flowrun-bench.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	os.Args = []string{"flowrun", file, "--report", "none", "--progress", "none"}
	flowrun.Main()
	return nil
}
