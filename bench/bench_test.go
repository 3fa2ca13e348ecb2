// Package bench measures what a run costs, by item. `bench/run` compares with other programs.
package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/flowrun/flowrun"
)

// pipeline runs a pipeline in this package's folder, and gives nothing out.
func pipeline(b *testing.B, text string, params map[string]string, stdin io.Reader) {
	b.Helper()
	p, err := flowrun.Parse("bench.yaml", []byte(text), flowrun.Options{Params: params})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	if _, err := p.Run(context.Background(), flowrun.Options{Stdin: stdin, Stdout: io.Discard}); err != nil {
		b.Fatal(err)
	}
}

func file(b *testing.B, name string) string {
	b.Helper()
	text, err := os.ReadFile(filepath.Join("pipelines", name))
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

// BenchmarkCompute is range → filter → map → fold, by item of the range.
func BenchmarkCompute(b *testing.B) {
	pipeline(b, file(b, "compute.yaml"), map[string]string{"n": strconv.Itoa(b.N)}, nil)
}

// BenchmarkHop is what it costs an item to cross an edge, its making and its end included, and a Go channel beside it.
func BenchmarkHop(b *testing.B) {
	b.Run("edge", func(b *testing.B) {
		pipeline(b, fmt.Sprintf("source: {range: {from: 1, to: %d}}\nsteps:\n  - buffer: 1024\nsink: {discard: {}}\n", b.N), nil, nil)
	})
	b.Run("channel", func(b *testing.B) {
		ch := make(chan int, 64)
		go func() {
			defer close(ch)
			for i := range b.N {
				ch <- i
			}
		}()
		sum := 0
		for i := range ch {
			sum += i
		}
		if sum < 0 {
			b.Fatal(sum)
		}
	})
}

// line is a record of 200 bytes.
const line = `{"id":%d,"user":"user%04d","ts":"2024-10-07T00:29:26Z","amount":%d.55,"tags":["epsilon","alpha"],"nested":{"city":"Kyoto","zip":"18373","geo":{"lat":18.85777312,"lon":154.01185821}},"status":"%s"}` + "\n"

// input gives n records, of which the half is let through by records.yaml.
func input(n int) []byte {
	var out bytes.Buffer
	for i := range n {
		fmt.Fprintf(&out, line, 1_000_000+i, i*7919%10_000, 20+i%100, [...]string{"ok", "ok", "failed"}[i%3])
	}
	return out.Bytes()
}

// over runs a pipeline over b.N items of a file, and reports bytes a second.
func over(b *testing.B, name, in string, text []byte) {
	b.Helper()
	path := filepath.Join(b.TempDir(), in)
	if err := os.WriteFile(path, text, 0o666); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text) / b.N))
	pipeline(b, file(b, name), map[string]string{"in": path}, nil)
}

// BenchmarkRecords is JSON lines → filter → map → JSON lines, by line.
func BenchmarkRecords(b *testing.B) { over(b, "records.yaml", "in.jsonl", input(b.N)) }

// BenchmarkPass is JSON lines → filter → the same lines, by line.
func BenchmarkPass(b *testing.B) { over(b, "pass.yaml", "in.jsonl", input(b.N)) }

// BenchmarkGroup is JSON lines → sum and count by user, by line.
func BenchmarkGroup(b *testing.B) { over(b, "group.yaml", "in.jsonl", input(b.N)) }

// BenchmarkCSV is CSV → filter → map → CSV, by line.
func BenchmarkCSV(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("id,user,ts,amount,tag,city,zip,lat,lon,status\n")
	for i := range b.N {
		fmt.Fprintf(&text, "%d,user%04d,2024-10-07T00:29:26Z,%d.55,epsilon,Kyoto,18373,18.85777312,154.01185821,%s\n", 1_000_000+i, i*7919%10_000, 20+i%100, [...]string{"ok", "ok", "failed"}[i%3])
	}
	over(b, "csv.yaml", "in.csv", text.Bytes())
}

// BenchmarkCalls is a call that takes no time, by call, one at a time and 64 at once.
func BenchmarkCalls(b *testing.B) {
	for _, atOnce := range []int{1, 64} {
		b.Run(strconv.Itoa(atOnce), func(b *testing.B) {
			pipeline(b, fmt.Sprintf("source: {range: {from: 1, to: %d}}\nsteps:\n  - sleep: 0s\n    concurrency: {max: %d, order: completion}\nsink: {discard: {}}\n", b.N, atOnce), nil, nil)
		})
	}
}

// BenchmarkLoad is the reading and checking of a file of five steps.
func BenchmarkLoad(b *testing.B) {
	text := []byte(file(b, "startup.yaml"))
	for b.Loop() {
		if _, err := flowrun.Parse("startup.yaml", text, flowrun.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func build(b *testing.B) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "flowrun")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/flowrun").CombinedOutput(); err != nil {
		b.Fatal(err, string(out))
	}
	return binary
}

// BenchmarkStartup is a whole process for a file of five steps.
func BenchmarkStartup(b *testing.B) {
	binary := build(b)
	for b.Loop() {
		if out, err := exec.Command(binary, "pipelines/startup.yaml", "--report", "none").Output(); err != nil || string(out) != "220\n" {
			b.Fatal(err, string(out))
		}
	}
}

// BenchmarkIdle gives the memory of a process whose source waits, in MB.
func BenchmarkIdle(b *testing.B) {
	binary := build(b)
	for b.Loop() {
		cmd := exec.Command(binary, "-", "--report", "none")
		cmd.Stdin = bytes.NewReader([]byte("source: {interval: 1h}\nsteps:\n  - map: it.n\n"))
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		if first, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || first != "0\n" {
			b.Fatal(first, err)
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			b.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
		kb, err := strconv.ParseFloat(string(regexp.MustCompile(`VmRSS:\s+(\d+)`).FindSubmatch(status)[1]), 64)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(kb/1000, "MB")
	}
}
