package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/metrics"
)

// conclude prints why a run failed, and its report. What was seen of its pace is nil where it did not start.
func (a *app) conclude(form string, rep metrics.Report, seen *pace, plan *graph.Plan, err error) {
	if form == "json" {
		enc := json.NewEncoder(a.stderr)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(rep) // what cannot be written to standard error cannot be told
		return
	}
	if err != nil {
		fmt.Fprintf(a.stderr, "flowrun: %v\n", err)
		if p := (*runtime.PanicError)(nil); errors.As(err, &p) {
			fmt.Fprintln(a.stderr, "this is a fault of the component, not of the pipeline: please report it; FLOWRUN_DEBUG=1 shows where it happened")
			if os.Getenv("FLOWRUN_DEBUG") != "" {
				fmt.Fprintf(a.stderr, "%s\n", p.Stack)
			}
		}
	}
	if form == "text" && seen != nil {
		writeReport(a.stderr, rep)
		if slowest := seen.sentence(rep, plan); slowest != "" {
			fmt.Fprintln(a.stderr, slowest)
		}
	}
}

// fates gives the fates of a step's items that are not simply completed, and what its calls took, in words.
func fates(s metrics.Step) string {
	var out []string
	for _, f := range []struct {
		n    int64
		word string
	}{
		{s.Filtered, "filtered"}, {s.Dropped, "dropped"}, {s.Skipped, "failed and skipped"}, {s.Routed, "failed and routed"},
		{s.Substituted, "failed and replaced"}, {s.Fatal, "failed"}, {s.Cancelled, "cancelled"},
	} {
		if f.n > 0 {
			out = append(out, count(f.n)+" "+f.word)
		}
	}
	for _, f := range []struct {
		n         int64
		one, more string
	}{{s.Retries, "retry", "retries"}, {s.Copies, "copy", "copies"}} {
		switch {
		case f.n == 1:
			out = append(out, "1 "+f.one)
		case f.n > 1:
			out = append(out, count(f.n)+" "+f.more)
		}
	}
	return strings.Join(out, ", ")
}

// writeReport prints the end report: a line for each step, then the whole.
func writeReport(w io.Writer, rep metrics.Report) {
	rows := [][4]string{{"step", "in", "out", ""}}
	for _, s := range rep.Steps {
		in := count(s.In)
		if s.Kind == "source" {
			in = ""
		}
		rows = append(rows, [4]string{s.ID, in, count(s.Out), fates(s)})
	}
	width := [4]int{}
	for _, r := range rows {
		for i, cell := range r {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	for _, r := range rows {
		line := fmt.Sprintf("%-*s  %*s  %*s  %s", width[0], r[0], width[1], r[1], width[2], r[2], r[3])
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	for _, id := range rep.Withheld {
		fmt.Fprintf(w, "%s gave no result, as the input was cut short\n", id)
	}
	for _, b := range rep.Breakers {
		if times := "once"; b.Opens > 0 {
			if b.Opens > 1 {
				times = count(b.Opens) + " times"
			}
			fmt.Fprintf(w, "the breaker %s opened %s\n", b.Name, times)
		}
	}
	fmt.Fprintln(w, summary(rep))
}

// summary is the last line: outcome, elapsed, rate.
func summary(rep metrics.Report) string {
	outcome := map[metrics.Outcome]string{
		metrics.Complete: "done", metrics.Failed: "failed", metrics.TimedOut: "timed out", metrics.Stopped: "stopped", metrics.Deadlock: "deadlocked",
	}[rep.Outcome]
	if rep.Drained {
		outcome += " and drained"
	}
	s := fmt.Sprintf("%s in %s: %s in, %s out", outcome, elapsed(rep.Elapsed), count(rep.ItemsIn), count(rep.ItemsOut))
	if sec := rep.Elapsed.Seconds(); sec > 0.001 && rep.ItemsIn > 0 {
		s += fmt.Sprintf(", %s/s", count(int64(float64(rep.ItemsIn)/sec)))
	}
	return s
}

func elapsed(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// count groups the digits of a number by thousands.
func count(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
