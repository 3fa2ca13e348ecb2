//go:build unix

package cli_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// measured gives a flowrun whose peak is what it holds: on two cores, whatever the machine has, as each core that works at
// it holds something, and with a collector that does not wait longer where less is in use, which on a busy machine it learns
// late.
func measured(args ...string) *exec.Cmd {
	cmd := exec.Command("flowrun", args...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2", "GOGC=100")
	return cmd
}

// records writes a file of JSON lines whose numbers are in no order, and gives its size.
func records(t *testing.T, path string, lines int) int64 {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	for i := range lines {
		fmt.Fprintf(w, `{"n":%d,"price":1.10,"text":"%s"}`+"\n", i*7919%lines, strings.Repeat("x", 150))
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// A file of ten times what the run may hold is sorted in memory that does not grow with it.
func TestSortBeyondMemory(t *testing.T) {
	const lines = 1_000_003 // a prime: each number comes once
	dir, temp := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temp)
	size := records(t, filepath.Join(dir, "in.jsonl"), lines)
	write(t, filepath.Join(dir, "p.yaml"), fmt.Sprintf("memory: %d\nsource: {file: in.jsonl}\nsteps:\n- sort: it.n\nsink: {file: out.jsonl}\n", size/10))
	cmd := measured(filepath.Join(dir, "p.yaml"))
	if log, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, log)
	}
	out, err := os.Open(filepath.Join(dir, "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	n := 0
	for s := bufio.NewScanner(out); s.Scan(); n++ {
		if want := fmt.Sprintf(`{"n":%d,"price":1.10,`, n); !strings.HasPrefix(s.Text(), want) {
			t.Fatalf("line %d is %s", n+1, s.Text())
		}
	}
	if n != lines {
		t.Fatalf("%d lines of %d", n, lines)
	}
	peak := int64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) << 10
	t.Logf("%d MB were sorted in %d MB", size>>20, peak>>20)
	if peak > raced*size*9/10 {
		t.Errorf("%d MB of memory for a file of %d", peak>>20, size>>20)
	}
	empty(t, temp)
}

func empty(t *testing.T, dir string) {
	t.Helper()
	if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) > 0 {
		t.Errorf("left behind: %q", names)
	}
}

// What goes through takes no more memory when there is more of it. The collector may take some more or less; what a run
// held on to would be five times as much.
func TestMemoryOfAStream(t *testing.T) {
	dir := t.TempDir()
	peak := func(lines int) int64 {
		records(t, filepath.Join(dir, "in.jsonl"), lines)
		write(t, filepath.Join(dir, "p.yaml"), "source: {file: in.jsonl}\nsteps:\n- filter: it.n % 2 == 0\n- set: {price: it.price * 2}\n- aggregate: {by: {last: it.n % 100}, values: {total: sum(it.price)}}\n")
		cmd := measured(filepath.Join(dir, "p.yaml"))
		if log, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, log)
		}
		return int64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) << 10
	}
	few, many := peak(300_000), peak(1_000_000)
	t.Logf("%d MB for 300,000 records, and %d MB for 1,000,000", few>>20, many>>20)
	if many > 2*few {
		t.Errorf("%d MB of memory for 300,000 records, and %d for 1,000,000", few>>20, many>>20)
	}
}

// However a run ends, nothing is left of the files that it sorted with.
func TestSortLeavesNothing(t *testing.T) {
	const sorts = "memory: 1MiB\nsource: {range: {from: 1, to: 200000}}\nsteps:\n- sort: -it\n"
	for _, c := range []struct {
		steps, command string
		code           int
		log            string
	}{
		{"", "flowrun", 0, "200,000 out"},
		{"- take: 5\n", "flowrun", 0, "5 out"},
		{"- map: 1 / (it - 77777)\n", "flowrun", 1, "it - 77777 is 0"},
		{"- boom: {}\n", "broken", 70, "boom"},
	} {
		dir, temp := t.TempDir(), t.TempDir()
		t.Setenv("TMPDIR", temp)
		write(t, filepath.Join(dir, "p.yaml"), sorts+c.steps+"sink: {discard: {}}\n")
		cmd := exec.Command(c.command, filepath.Join(dir, "p.yaml"))
		log, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != c.code || !strings.Contains(string(log), c.log) {
			t.Errorf("%sexit code %d: %s", c.steps, cmd.ProcessState.ExitCode(), log)
		}
		empty(t, temp)
	}
}

// Two signals end a sort that reads its items, and one that gives them.
func TestSignalsEndSort(t *testing.T) {
	for _, pipeline := range []string{
		"source: {range: {from: 1, to: 9000000000}}\nsteps:\n- {id: now, sample: {every: 200ms}}\n- {id: sorted, from: range, sort: -it}\nsinks:\n  a: {from: now, stdout: {}}\n  b: {from: sorted, discard: {}}\n",
		"source: {range: {from: 1, to: 1000000}}\nsteps:\n- sort: -it\n",
	} {
		dir, temp := t.TempDir(), t.TempDir()
		t.Setenv("TMPDIR", temp)
		p := start(t, dir, "memory: 1MiB\n"+pipeline)
		if _, err := p.stdout.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		p.signal(os.Interrupt)
		p.line(p.stderr, "stopping") // two signals at one time may come as one
		p.signal(os.Interrupt)
		p.end(130)
		empty(t, temp)
	}
}

// Steps that must hold what they hold say so when it is too much.
func TestMemoryIsRefused(t *testing.T) {
	const held = "holds more than the run's memory of 1MiB: raise `memory`, or hold less"
	for step, want := range map[string]string{
		"distinct: it":                                   "distinct: " + held + "; `max_keys` and `ttl` bound the keys that it remembers\n",
		"join: {with: table, on: it == other}":           "join: " + held + "; the input that `with` names is kept, and should be the smaller one\n",
		"aggregate: {by: {k: it}, values: {n: count()}}": "aggregate: " + held + "\n",
		"top: 100000":                                    "top: " + held + "\n",
	} {
		sources := "source: {range: {from: 1, to: 100000}}\n"
		if strings.HasPrefix(step, "join") {
			sources += "sources: {table: {range: {from: 1, to: 100000}}}\n"
		}
		p := start(t, t.TempDir(), "memory: 1MiB\n"+sources+"steps:\n- "+step+"\n")
		if _, log := p.end(1); !strings.Contains(log, want) {
			t.Errorf("%s: %s", step, log)
		}
	}
}

// TestSortOnFullDisk sorts more than there is room for in the folder that FLOWRUN_FULL_DISK names: a disk of 1 MB.
func TestSortOnFullDisk(t *testing.T) {
	disk := os.Getenv("FLOWRUN_FULL_DISK")
	if disk == "" {
		return // there is none to try it on
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", disk)
	p := start(t, dir, "memory: 1MiB\nsource: {range: {from: 1, to: 1000000}}\nsteps:\n- sort: -it\n")
	_, log := p.end(1)
	if !strings.Contains(log, "p.yaml:4:3: sort: what is too much for the memory goes to a temporary file, whose folder TMPDIR names: write "+disk) || !strings.Contains(log, "no space left on device") {
		t.Error(log)
	}
	empty(t, disk)
}
