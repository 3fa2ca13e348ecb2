package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/metrics"
)

// progress shows a run while it lasts: on a terminal one line that is drawn anew, from the first second on; plain a line
// every five seconds; json a line every second. The function it gives ends that.
func (a *app) progress(form string, r *runtime.Run) func() {
	every := 200 * time.Millisecond
	switch {
	case form == "none" || form == "auto" && !isTerminal(a.stderr):
		return func() {}
	case form == "plain":
		every = 5 * time.Second
	case form == "json":
		every = time.Second
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() { // ends when the run has
		defer close(stopped)
		tick := time.NewTicker(every)
		defer tick.Stop()
		drawn := false
		for {
			select {
			case <-stop:
				if drawn {
					fmt.Fprint(a.stderr, "\r\x1b[K")
				}
				return
			case <-tick.C:
			}
			rep := r.Snapshot()
			switch form {
			case "json":
				line, _ := json.Marshal(rep) // a report always can be
				fmt.Fprintf(a.stderr, "%s\n", line)
			case "plain":
				fmt.Fprintln(a.stderr, progressLine(rep))
			default:
				if rep.Elapsed >= time.Second {
					fmt.Fprintf(a.stderr, "\r\x1b[K%s", fit(progressLine(rep)))
					_ = a.stderr.Flush() // nobody is left to tell
					drawn = true
				}
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}

// fit cuts a line to the terminal's width.
func fit(line string) string {
	width, _, err := term.GetSize(int(os.Stderr.Fd()))
	if runes := []rune(line); err == nil && width > 1 && len(runes) >= width {
		return string(runes[:width-1])
	}
	return line
}

// progressLine says how far a run is, and which step is behind.
func progressLine(rep metrics.Report) string {
	line := fmt.Sprintf("%s  %s in  %s out", elapsed(rep.Elapsed.Truncate(100*time.Millisecond)), count(rep.ItemsIn), count(rep.ItemsOut))
	if sec := rep.Elapsed.Seconds(); sec > 0 {
		line += fmt.Sprintf("  %s/s", count(int64(float64(rep.ItemsIn)/sec)))
	}
	var running, failures int64
	behind, share := "", 0.5
	for _, s := range rep.Steps {
		running += s.Running
		failures += s.Failures()
		if s.Capacity > 0 && float64(s.Queued)/float64(s.Capacity) > share {
			behind, share = s.ID, float64(s.Queued)/float64(s.Capacity)
		}
	}
	if running > 0 {
		line += fmt.Sprintf("  %d running", running)
	}
	if failures > 0 {
		line += fmt.Sprintf("  %s failed", count(failures))
	}
	if behind != "" {
		line += fmt.Sprintf("  waiting for %s", behind)
	}
	return line
}
