//go:build unix

package cli_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func add(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func missing(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is there: %v", path, err)
	}
}

// A file that is followed is read on over all that log rotation does to it.
func TestFollow(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "in.csv")
	write(t, log, "a\n1\n2\n")
	p := start(t, dir, "source: {file: {path: in.csv, follow: true}}\nsteps:\n- map: \"[it.a, meta.line]\"\n", "--report", "none")
	p.line(p.stdout, `["1",2]`)
	p.line(p.stdout, `["2",3]`)
	add(t, log, "3")
	add(t, log, "0\n4\n")
	p.line(p.stdout, `["30",4]`)
	p.line(p.stdout, `["4",5]`)
	if err := os.Rename(log, log+".1"); err != nil { // rotated: its writer goes on for a moment
		t.Fatal(err)
	}
	add(t, log+".1", "5\nlast")
	p.line(p.stdout, `["5",6]`)
	write(t, log, "a,b\n6,x\n")
	p.line(p.stdout, `["last",7]`)
	p.line(p.stdout, `["6",2]`)
	write(t, log, "a\n") // cut short
	add(t, log, "7\n")
	p.line(p.stdout, `["7",2]`)
	p.signal(os.Interrupt)
	p.line(p.stderr, "flowrun: stopping")
	if rest, _ := p.end(0); rest != "" {
		t.Errorf("and then %q", rest)
	}
}

// A take ends the following of a file.
func TestFollowUntilEnough(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "in.jsonl"), "1\n2\n3")
	p := start(t, dir, "source: {file: {path: in.jsonl, follow: true}}\nsteps:\n- take: 2\n", "--report", "none")
	if out, _ := p.end(0); out != "1\n2\n" {
		t.Error(out)
	}
}

// A named pipe is read as it is written, and does not hold up a stop, whether somebody writes it or not.
func TestNamedPipe(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "in.jsonl")
	if err := syscall.Mkfifo(name, 0o666); err != nil {
		t.Fatal(err)
	}
	const pipeline = "source: {file: in.jsonl}\n"
	p := start(t, dir, pipeline, "--report", "none")
	w, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := fmt.Fprintln(w, i); err != nil {
			t.Fatal(err)
		}
		p.line(p.stdout, fmt.Sprint(i))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	p.end(0)

	p = start(t, dir, "sources: {pipe: {file: in.jsonl}, items: {items: [0]}}\nsteps:\n- merge: [pipe, items]\nsinks:\n  out: {from: merge, stdout: {}}\n  kept: {from: merge, file: kept.jsonl}\n")
	p.line(p.stdout, "0")
	p.signal(os.Interrupt)
	p.line(p.stderr, "flowrun: stopping")
	p.end(130)
	if got := read(t, filepath.Join(dir, "kept.jsonl")); got != "0\n" { // as the drain was clean
		t.Error(got)
	}
}

// A line without an end fails the run at its bound, and takes no more memory than that.
func TestLineWithoutEnd(t *testing.T) {
	for _, form := range []string{"jsonl", "csv", "json"} {
		cmd := measured("--report", "none", "p.yaml")
		cmd.Dir = t.TempDir()
		write(t, filepath.Join(cmd.Dir, "p.yaml"), "source: {stdin: {format: "+form+", max_item: 16MiB}}\nsink: {file: out.jsonl}\n")
		cmd.Stdin = io.LimitReader(&letters{first: "\"a\"\n\""}, 200<<20)
		var log bytes.Buffer
		cmd.Stderr = &log
		err := cmd.Run()
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
			t.Errorf("%s: %v", form, err)
		}
		if !strings.Contains(log.String(), "<stdin>:2: the item is larger than `max_item`, 16MiB") {
			t.Errorf("%s: %s", form, log.String())
		}
		if use := cmd.ProcessState.SysUsage().(*syscall.Rusage); use.Maxrss > 300<<10 {
			t.Errorf("%s: it took %d KiB", form, use.Maxrss)
		}
		missing(t, filepath.Join(cmd.Dir, "out.jsonl"))
	}
}

// letters is a text of one letter after another.
type letters struct{ first string }

func (l *letters) Read(p []byte) (int, error) {
	n := copy(p, l.first)
	l.first = l.first[n:]
	for i := n; i < len(p); i++ {
		p[i] = 'x'
	}
	return len(p), nil
}

// A reader of standard output that goes away ends that branch alone: what goes to a file is whole.
func TestReaderGoesAwayBesideAFile(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "source: {range: {from: 1, to: 200000}}\nsinks:\n  out: {from: range, stdout: {}}\n  all: {from: range, file: all.jsonl}\n", "--report", "none")
	p.line(p.stdout, "1")
	if err := p.out.Close(); err != nil {
		t.Fatal(err)
	}
	if _, log := p.end(0); log != "" {
		t.Error(log)
	}
	if n := strings.Count(read(t, filepath.Join(dir, "all.jsonl")), "\n"); n != 200_000 {
		t.Errorf("%d lines", n)
	}
}

// Many more files than may be open at once get each its items, in their order. The first case is more than is held for
// all of them.
func TestManyFiles(t *testing.T) {
	for form, each := range map[string]int{"jsonl": 600, "csv.gz": 50, "json": 50} {
		dir := t.TempDir()
		start(t, dir, fmt.Sprintf(`
source: {range: {from: 100, to: %d}}
steps:
- map: {n: it, text: "'%s'"}
sink: {file: {path: "out/${it.n %% 100}.%s", max_open: 10}}
`, 99+100*each, strings.Repeat("x", 300), form)).end(0)
		for _, i := range []int{0, 7, 99} {
			out, _ := start(t, dir, fmt.Sprintf("source: {file: out/%d.%s}\nsteps:\n- map: int(it.n)\n- aggregate: {values: {n: count(), first: first(it), last: last(it), sum: sum(it)}}\n", i, form)).end(0)
			first, last := 100+i, 100*each+i
			want := fmt.Sprintf("{\"n\":%d,\"first\":%d,\"last\":%d,\"sum\":%d}\n", each, first, last, each*(first+last)/2)
			if out != want {
				t.Errorf("%s: %d: %s, want %s", form, i, out, want)
			}
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "out/*.partial")); len(left) > 0 {
			t.Errorf("%s: %v", form, left)
		}
	}
}

// A run that is killed leaves no file under its name; the next one begins anew.
func TestKilledRunLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	const pipeline = "source: {items: [1, 2]}\nsteps:\n- {id: wait, sleep: \"${it == 2 ? '1h' : '0s'}\"}\nsinks:\n  out: {from: wait, stdout: {}}\n  file: {from: items, file: out.jsonl}\n"
	p := start(t, dir, pipeline)
	p.line(p.stdout, "1")
	q := start(t, dir, pipeline)
	if _, log := q.end(1); !strings.Contains(log, "another run writes "+filepath.Join(dir, "out.jsonl.partial")) {
		t.Error(log)
	}
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait() // it was killed
	missing(t, filepath.Join(dir, "out.jsonl"))
	start(t, dir, strings.Replace(pipeline, "1h", "1ms", 1)).end(0)
	if got := read(t, filepath.Join(dir, "out.jsonl")); got != "1\n2\n" {
		t.Error(got)
	}
}

// A file that may not be read fails the run; one that may not be written does so before anything is read.
func TestPermissions(t *testing.T) {
	dir, err := os.MkdirTemp("", "") // which others may enter, unlike t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	binary, err := exec.LookPath("flowrun")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"flowrun": program, "shut.jsonl": []byte("1\n"), "in.jsonl": []byte("1\n")} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, text, 0o755), os.Chmod(path, 0o755)); err != nil { // whatever the umask
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "shut.jsonl"), 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ pipeline, want string }{
		{"source: {file: shut.jsonl}\n", ":1:10: file: open shut.jsonl: permission denied\n"},
		{"source: {file: in.jsonl}\nsink: {file: out.jsonl}\n", "file_2: open out.jsonl.partial: permission denied\n"},
	} {
		cmd := exec.Command("./flowrun", "-", "--report", "none")
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(c.pipeline)
		if os.Geteuid() == 0 {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		log, err := cmd.CombinedOutput()
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(log), c.want) {
			t.Errorf("%s%v: %s", c.pipeline, err, log)
		}
	}
}

// TestFullDisk writes more than there is room for in the folder that FLOWRUN_FULL_DISK names: a disk of 1 MB.
func TestFullDisk(t *testing.T) {
	disk := os.Getenv("FLOWRUN_FULL_DISK")
	if disk == "" {
		return // there is none to try it on
	}
	for _, c := range []struct {
		rows   int
		sink   string
		filled bool // before; else by the run
		live   bool
	}{
		{1_000_000, "file: DISK/out.jsonl", false, false},
		{1_000_000, "file: DISK/out.jsonl.gz", false, false},
		{1_000_000, "file: \"DISK/${it.n % 3}.csv\", on_error: skip", false, false},
		{1_000_000, "file: {path: DISK/out.jsonl, append: true}", false, true},
		{1_000, "file: DISK/out.json", true, false}, // which shows when the run is about to end
	} {
		dir, err := os.MkdirTemp(disk, "")
		if err != nil {
			t.Fatal(err)
		}
		if c.filled {
			fill(t, filepath.Join(dir, "full.partial"))
		}
		here := t.TempDir()
		pipeline := fmt.Sprintf(`
source: {range: {from: 1, to: %d}}
steps:
- {id: rows, map: {n: it, text: sha256(string(it))}}
sinks:
  beside: {from: rows, file: beside.jsonl}
  full: {from: rows, %s}
`, c.rows, strings.ReplaceAll(c.sink, "DISK", dir))
		_, log := start(t, here, pipeline).end(1)
		if !strings.Contains(log, "full: write "+dir) || !strings.Contains(log, "no space left on device") {
			t.Errorf("%s: %s", c.sink, log)
		}
		missing(t, filepath.Join(here, "beside.jsonl"))
		names, _ := filepath.Glob(filepath.Join(dir, "*"))
		if len(names) == 0 {
			t.Errorf("%s: nothing was written", c.sink)
		}
		for _, name := range names {
			if !c.live && !strings.HasSuffix(name, ".partial") {
				t.Errorf("%s: %s has its name", c.sink, name)
			}
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
}

// fill fills the disk.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = io.Copy(f, bufio.NewReader(io.LimitReader(&letters{}, 4096)))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
