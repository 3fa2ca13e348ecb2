package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/flowrun/flowrun/internal/cli/redact"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/metrics"
)

// screen is standard error while a run lasts. On a terminal its last line may be the progress, which whatever else is
// written there takes away first, results on the same terminal too.
type screen struct {
	stderr   *redact.Writer
	terminal bool // which standard error is
	mu       sync.Mutex
	drawn    bool // the progress stands on the last line
	within   bool // a result stands there that is not finished
}

func newScreen(a *app) *screen { return &screen{stderr: a.stderr, terminal: isTerminal(a.stderr)} }

// log writes a line.
func (s *screen) log(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	fmt.Fprintln(s.stderr, line)
}

// results gives the writer for the results: standard output itself, unless both are terminals.
func (s *screen) results(stdout io.Writer) io.Writer {
	if !isTerminal(stdout) || !s.terminal {
		return stdout
	}
	return &results{s, stdout}
}

type results struct {
	*screen
	w io.Writer
}

func (r *results) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.erase()
	if len(p) > 0 {
		r.within = p[len(p)-1] != '\n'
	}
	return r.w.Write(p)
}

func (s *screen) draw(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.within {
		return
	}
	fmt.Fprintf(s.stderr, "\r\x1b[K%s", s.fit(line))
	_ = s.stderr.Flush() // nobody is left to tell
	s.drawn = true
}

func (s *screen) erase() {
	if s.drawn {
		fmt.Fprint(s.stderr, "\r\x1b[K")
		_ = s.stderr.Flush() // nobody is left to tell
		s.drawn = false
	}
}

// fit cuts a line to the terminal's width.
func (s *screen) fit(line string) string {
	f, ok := s.stderr.Unwrap().(*os.File)
	if !ok {
		return line
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if runes := []rune(line); err == nil && width > 1 && len(runes) >= width {
		return string(runes[:width-1])
	}
	return line
}

const sampled = 100 * time.Millisecond // the time between two looks at a run

// progress shows a run while it lasts: auto on a terminal as one line that is drawn anew, from the first second on; plain
// a line every five seconds; json a line every second. The function it gives ends that, and gives what was seen.
func (s *screen) progress(form string, r *runtime.Run) func() *pace {
	var show func(metrics.Report)
	every := 2 * sampled
	switch {
	case form == "plain":
		every = 5 * time.Second
		show = func(rep metrics.Report) { s.log(progressLine(rep)) }
	case form == "json":
		every = time.Second
		show = func(rep metrics.Report) {
			line, _ := json.Marshal(rep) // a report always can be
			s.log(string(line))
		}
	case form == "auto" && s.terminal:
		show = func(rep metrics.Report) {
			if rep.Elapsed >= time.Second {
				s.draw(progressLine(rep))
			}
		}
	}
	seen := &pace{}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() { // ends when the run has
		defer close(stopped)
		tick := time.NewTicker(sampled)
		defer tick.Stop()
		for n := time.Duration(1); ; n++ {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			rep := r.Snapshot()
			seen.add(rep)
			if show != nil && n*sampled%every == 0 {
				show(rep)
			}
		}
	}()
	return func() *pace {
		close(stop)
		<-stopped
		s.mu.Lock()
		defer s.mu.Unlock()
		s.erase()
		return seen
	}
}

// progressLine says how far a run is, and which step is behind.
func progressLine(rep metrics.Report) string {
	line := fmt.Sprintf("%s  %s in  %s out", elapsed(rep.Elapsed.Truncate(sampled)), count(rep.ItemsIn), count(rep.ItemsOut))
	if sec := rep.Elapsed.Seconds(); sec > 0 {
		line += fmt.Sprintf("  %s/s", count(int64(float64(rep.ItemsIn)/sec)))
	}
	var running, failures int64
	behind := ""
	for _, s := range rep.Steps {
		running += s.Running
		failures += s.Failures()
		if full(s) {
			behind = s.ID
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
