package cli_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// process is a flowrun that runs.
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	out            io.Closer // what stdout reads
	stdout, stderr *bufio.Reader
}

func start(t *testing.T, dir, pipeline string, args ...string) *process {
	t.Helper()
	file := filepath.Join(dir, "p.yaml")
	if err := os.WriteFile(file, []byte(pipeline), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("flowrun", append(args, file)...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return &process{t, cmd, stdout, bufio.NewReader(stdout), bufio.NewReader(stderr)}
}

// line waits for a line, which must contain a text.
func (p *process) line(r *bufio.Reader, text string) {
	p.t.Helper()
	line, err := r.ReadString('\n')
	if err != nil || !strings.Contains(line, text) {
		p.t.Fatalf("%q %v, want a line with %q", line, err, text)
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// end waits for the exit code, and gives the rest of what it wrote.
func (p *process) end(code int) (stdout, stderr string) {
	p.t.Helper()
	out, _ := io.ReadAll(p.stdout) // Wait says what went wrong
	log, _ := io.ReadAll(p.stderr)
	err := p.cmd.Wait()
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	}
	if got != code {
		p.t.Fatalf("exit code %d, want %d: %v\n%s", got, code, err, log)
	}
	return string(out), string(log)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// A source that would never end is drained by one signal, and that is its normal end.
func TestSignalDrainsEndlessSource(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		dir := t.TempDir()
		p := start(t, dir, "source: {interval: 1ms}\nsteps:\n- map: it.n\nsinks:\n  a: {from: map, stdout: {}}\n  b: {from: map, file: out.jsonl}\n")
		p.line(p.stdout, "0")
		p.signal(s)
		p.line(p.stderr, "flowrun: stopping")
		rest, log := p.end(0)
		if want := read(t, filepath.Join(dir, "out.jsonl")); want != "0\n"+rest {
			t.Errorf("the file has %d bytes, and standard output %d", len(want), len(rest)+2)
		}
		if !strings.Contains(log, "stopped and drained in ") {
			t.Error(log)
		}
	}
}

// Where more was to come, a stop is told from an end by its exit code, and totals are withheld.
func TestSignalCutsInputShort(t *testing.T) {
	for s, code := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143} {
		p := start(t, t.TempDir(), "source: {interval: {every: 1ms, count: 1000000}}\nsteps:\n- id: n\n  map: it.n\n- count: {}\nsinks:\n  a: {from: n, stdout: {}}\n  b: {from: count, file: out.jsonl}\n")
		p.line(p.stdout, "0")
		p.signal(s)
		_, log := p.end(code)
		if !strings.Contains(log, "count gave no result, as the input was cut short") {
			t.Error(log)
		}
	}
}

// A second signal stops what the first let finish. The file that was to be written is left under its partial name.
func TestSecondSignalStops(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, `
source: {items: [0, 1]}
steps:
- id: wait
  sleep: "${it}h"
  concurrency: {max: 2, order: completion}
sinks:
  a: {from: wait, stdout: {}}
  b: {from: wait, file: out.jsonl}
`)
	p.line(p.stdout, "0")
	p.signal(os.Interrupt)
	p.line(p.stderr, "again to stop at once")
	p.signal(os.Interrupt)
	_, log := p.end(130)
	if !strings.Contains(log, "1 cancelled") || !strings.Contains(log, "stopped in ") {
		t.Error(log)
	}
	if _, err := os.Stat(filepath.Join(dir, "out.jsonl")); !errors.Is(err, os.ErrNotExist) {
		t.Error("the file has its name, as if it were whole:", err)
	}
}

// Progress for machines comes while a run lasts.
func TestProgressOfARunThatGoesOn(t *testing.T) {
	p := start(t, t.TempDir(), "source: {interval: 1h}\nsink: {discard: {}}\n", "--progress", "json", "--report", "none")
	p.line(p.stderr, `{"pipeline":"p","outcome":"running","exit_code":0,`)
	p.signal(os.Interrupt)
	p.end(0)
}

// What is under way when the drain's time is over is cancelled.
func TestDrainHasAnEnd(t *testing.T) {
	p := start(t, t.TempDir(), "drain: 50ms\nsource: {items: [0, 1]}\nsteps:\n- sleep: \"${it}h\"\n  concurrency: {max: 2, order: completion}\n")
	p.line(p.stdout, "0")
	p.signal(os.Interrupt)
	p.line(p.stderr, "for up to 50ms")
	if _, log := p.end(130); !strings.Contains(log, "1 cancelled") {
		t.Error(log)
	}
}

// Among ten thousand items that are tried again and again, a signal cancels those whose next attempt would come after the
// drain, at once, and says how many; what was given before stands.
func TestSignalAmongRetries(t *testing.T) {
	var requests atomic.Int64
	full := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) == 400 {
			close(full)
		}
		if r.URL.Path != "/1" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer srv.Close()
	p := start(t, t.TempDir(), `
drain: 10s
source: {range: {from: 1, to: 10000}}
steps:
- http: {get: "`+srv.URL+`/${it}", max_bytes: 1KiB}
  concurrency: {max: 400, order: completion}
  # flowrun: ignore R08 because the outage is what is tried here
  retry: {max_attempts: 5, initial: 1h, max_delay: 1h, jitter: equal}
- map: it.status
`)
	p.line(p.stdout, "200")
	<-full // every place is taken by an item that waits
	p.signal(os.Interrupt)
	p.line(p.stderr, "for up to 10s")
	rest, log := p.end(130)
	if rest != "" || !strings.Contains(log, " cancelled") || !strings.Contains(log, "stopped ") {
		t.Errorf("%s%s", rest, log)
	}
	if n := requests.Load(); n > 801 { // those under way, and the items that took their places
		t.Errorf("%d requests", n)
	}
}

// Standard input that gives nothing does not hold up a stop.
func TestSignalWhileReadingStandardInput(t *testing.T) {
	cmd := exec.Command("flowrun", "-e", "map: it")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{t, cmd, stdout, bufio.NewReader(stdout), bufio.NewReader(stderr)}
	if _, err := io.WriteString(stdin, "1\n"); err != nil {
		t.Fatal(err)
	}
	p.line(p.stdout, "1")
	p.signal(os.Interrupt)
	p.end(130)
}
