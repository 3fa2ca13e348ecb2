package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// report is the comparison in Markdown.
type report struct {
	c       *comparison
	tables  strings.Builder
	targets strings.Builder
	missing []string
	peak    int64 // of flowrun, in any job
}

func (r *report) absent(peer string) {
	if !slices.Contains(r.missing, peer) {
		r.missing = append(r.missing, peer)
	}
}

// add adds the table of a job, and what became of its targets.
func (r *report) add(j job, all []series) {
	ours := all[0]
	fmt.Fprintf(&r.tables, "\n## %s\n\n| | items | time | spread | items/s | CPU | peak memory | flowrun ÷ it |\n|---|--:|--:|--:|--:|--:|--:|--:|\n", j.title)
	for i, s := range all {
		fmt.Fprintf(&r.tables, "| %s | %s | %s | %.0f%% | %s | %s | %.0f MB | ", s.peer.name, group(s.peer.size), short(median(s.walls())), 100*s.spread(),
			group(int(s.rate())), short(s.cpu()), float64(s.peak())/1e6)
		if i == 0 {
			r.tables.WriteString("|\n")
		} else {
			fmt.Fprintf(&r.tables, "%s |\n", ratio(ours.rate()/s.rate()))
		}
		if i < 2 && !j.keeps {
			r.peak = max(r.peak, s.peak())
		}
		for _, t := range j.targets {
			if t.peer == s.peer.name {
				r.target(j.title, t.peer, ours.rate()/s.rate(), t.bar, t.goal)
			}
		}
	}
	r.tables.WriteString("\n")
	for i, s := range all {
		if i != 1 {
			fmt.Fprintf(&r.tables, "    %s\n", s.peer.shown)
		}
	}
	if strings.HasPrefix(j.name, "calls") && len(all) > 2 {
		errgroup := all[2]
		bar, goal := 1.02, 1.0
		what, ours, theirs := "time, at most", median(ours.walls()), median(errgroup.walls())
		switch j.name {
		case "calls-500":
			bar = 1.1
		case "calls-0":
			bar, what, ours, theirs = 1.2, "CPU time, at most", all[0].cpu(), errgroup.cpu()
		}
		r.target(j.title, errgroup.peer.name+" ("+what+")", ours.Seconds()/theirs.Seconds(), bar, goal)
	}
}

func (r *report) target(work, against string, got, bar, goal float64) {
	fmt.Fprintf(&r.targets, "| %s | %s | %s | %v | %v |\n", work, against, ratio(got), bar, goal)
}

// hop measures an edge by the benchmarks of this package's folder.
func (r *report) hop() error {
	out, err := exec.Command("go", "test", "-run", "^$", "-bench", "^BenchmarkHop$", "-benchtime", "300ms", "-count", "5", "./bench").Output()
	if err != nil {
		return fmt.Errorf("go test -bench Hop: %w\n%s", err, out)
	}
	times := map[string][]time.Duration{}
	for _, m := range regexp.MustCompile(`BenchmarkHop/(\w+)\S*\s+\d+\s+([\d.]+) ns/op`).FindAllStringSubmatch(string(out), -1) {
		ns, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return err
		}
		times[m[1]] = append(times[m[1]], time.Duration(ns*1000)) // picoseconds, as a duration
	}
	if len(times["edge"]) == 0 || len(times["channel"]) == 0 {
		return fmt.Errorf("no benchmarks of an edge and a channel in\n%s", out)
	}
	edge, channel := float64(median(times["edge"]))/1000, float64(median(times["channel"]))/1000
	fmt.Fprintf(&r.tables, "\n## An edge between two stages\n\nA pipeline whose items do nothing but cross it: %.1f ns an item. A Go channel of ints with room for 64: %.1f ns.\n\n    go test -run '^$' -bench Hop ./bench\n", edge, channel)
	r.target("an edge between two stages, per item", "Go channel of ints, cap 64", channel/edge, 3, 8)
	return nil
}

// costs measures what items cost as there are more of them, of their fields and of the steps, and what is not used.
func (r *report) costs() error {
	out, err := exec.Command("go", "test", "-run", "^$", "-bench", "^Benchmark(Linear|Unused)$", "-benchtime", "5x", "./bench").Output()
	if err != nil {
		return fmt.Errorf("go test -bench Linear: %w\n%s", err, out)
	}
	lines := regexp.MustCompile(`Benchmark(?:Linear|Unused)/(\S+?)-\d+\s+\d+\s+(.*)`).FindAllStringSubmatch(string(out), -1)
	if len(lines) == 0 {
		return fmt.Errorf("no benchmarks of costs in\n%s", out)
	}
	r.tables.WriteString("\n## What an item costs\n\nAs there are more items, more steps, and more fields of which two are read: for each item, and for each of its steps or fields. Then in a\n")
	r.tables.WriteString("plain pipeline, in the same with what it does not use, and with what it does.\n\n| | ns an item | ns a part | allocations an item | bytes an item |\n|---|--:|--:|--:|--:|\n")
	for _, line := range lines {
		fmt.Fprintf(&r.tables, "| %s |", strings.ReplaceAll(line[1], "_", " "))
		for _, unit := range []string{"ns/item", "ns/part", "allocs/item", "B/item"} {
			m := regexp.MustCompile(`([\d.e+-]+) ` + unit).FindStringSubmatch(line[2])
			if m == nil {
				return fmt.Errorf("no %s in %s", unit, line[0])
			}
			x, err := strconv.ParseFloat(m[1], 64)
			if err != nil {
				return err
			}
			fmt.Fprintf(&r.tables, " %s |", strconv.FormatFloat(x, 'f', map[bool]int{true: 3, false: 1}[unit == "allocs/item"], 64))
		}
		r.tables.WriteString("\n")
	}
	r.tables.WriteString("\n    go test -run '^$' -bench 'Linear|Unused' ./bench\n")
	return nil
}

func (r *report) text() string {
	var b strings.Builder
	b.WriteString("# Results\n\nWritten by `bench/run`. Medians of alternated runs on one machine; the ratios say more than the figures, which differ from machine\n")
	b.WriteString("to machine. `flowrun again` is the same once more: how far its ratio is from 1 is how far chance goes. Slower programs get less\n")
	b.WriteString("input, as rates are compared. Before anything is measured, all are run on the same input and their results compared. Peak memory\n")
	b.WriteString("cannot be seen below what the measuring program takes itself, some 16 MB.\n\n")
	fmt.Fprintf(&b, "%s; load before: %s. %d rounds.\n", machine(), load(), r.c.rounds)
	if r.c.shrink > 1 {
		fmt.Fprintf(&b, "\n**A quick look: 1/%d of the input, so that the start of every program weighs more than it should.**\n", r.c.shrink)
	}
	fmt.Fprintf(&b, "\n| program | version |\n|---|---|\n%s", versions(string(r.c.work)))
	if r.missing != nil {
		fmt.Fprintf(&b, "\nNot installed, and left out: %s.\n", strings.Join(r.missing, ", "))
	}
	if r.targets.Len() > 0 {
		fmt.Fprintf(&b, "\n## What is aimed at\n\nRatios of rates, flowrun ÷ the other, unless a time is named.\n\n| work | against | measured | bar | goal |\n|---|---|--:|--:|--:|\n%s", r.targets.String())
		fmt.Fprintf(&b, "| peak memory of flowrun, all but sort and join | | %.0f MB | 64 MB | 32 MB |\n", float64(r.peak)/1e6)
	}
	return b.String() + r.tables.String()
}

// versions gives a row for each program.
func versions(work string) string {
	var b strings.Builder
	for _, v := range []struct {
		name string
		args []string
	}{
		{"flowrun", []string{folder(work).bin("flowrun"), "version"}},
		{"Go", []string{"go", "version"}},
		{"jq", []string{"jq", "--version"}},
		{"gojq", []string{"gojq", "--version"}},
		{"Miller", []string{"mlr", "--version"}},
		{"Benthos core", []string{folder(work).bin("benthos"), "--version"}},
		{"DuckDB", []string{"node", "bench/peers/duckdb/run.js", "version"}},
		{"Rust", []string{"rustc", "--version"}},
		{"grep", []string{"grep", "--version"}},
		{"GNU sort", []string{"sort", "--version"}},
		{"awk", []string{"awk", "-W", "version"}},
	} {
		if out, err := exec.Command(v.args[0], v.args[1:]...).Output(); err == nil {
			line, _, _ := strings.Cut(string(out), "\n")
			fmt.Fprintf(&b, "| %s | %s |\n", v.name, line)
		}
	}
	return b.String()
}

func machine() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	m := regexp.MustCompile(`model name\s*: (.*)`).FindStringSubmatch(string(text))
	if err != nil || m == nil {
		return "one machine"
	}
	return fmt.Sprintf("%d × %s", strings.Count(string(text), "model name"), m[1])
}

func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

func short(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%.3g ms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

func ratio(x float64) string {
	if x < 10 {
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.0f", x)
}

func group(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
