package flowrun_test

import (
	"bytes"
	"context"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun"
	"github.com/flowrun/flowrun/examples/flaky"
)

var update = flag.Bool("update", false, "rewrite the golden results")

// lasts gives the exact duration, in virtual time, of the examples that are about time.
var lasts = map[string]time.Duration{
	"then_with_delay": 150 * time.Millisecond, "ticks": 400 * time.Millisecond, "calls_in_order": 400 * time.Millisecond,
	"polling": 90 * time.Second, "webhooks": 900 * time.Millisecond,
	"calls_as_completed": 90 * time.Millisecond, "semaphore": 800 * time.Millisecond, "backpressure": 500 * time.Millisecond,
}

func TestExamples(t *testing.T) {
	files, err := filepath.Glob("examples/pipelines/*.yaml")
	if err != nil || len(files) < 13 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			copyExamples(t, dir)
			synctest.Test(t, func(t *testing.T) {
				p, err := flowrun.Load(filepath.Join(dir, "pipelines", name+".yaml"), flowrun.Options{})
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				dial, stop := inMemory(http.StripPrefix("/flaky", flaky.New()))
				rep, err := p.Run(context.Background(), flowrun.Options{Stdout: &out, Seed: 1, Dial: dial})
				stop()
				if err != nil {
					t.Fatal(err)
				}
				if want, ok := lasts[name]; ok && rep.Elapsed != want {
					t.Errorf("it took %v, want %v", rep.Elapsed, want)
				}
				written, _ := filepath.Glob(filepath.Join(dir, "pipelines/out/*"))
				for _, w := range written {
					text, err := os.ReadFile(w)
					if err != nil {
						t.Fatal(err)
					}
					out.WriteString("-- out/" + filepath.Base(w) + " --\n")
					out.Write(text)
				}
				golden := filepath.Join("examples/pipelines/golden", name+".txt")
				if *update {
					if err := os.WriteFile(golden, out.Bytes(), 0o666); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil || out.String() != string(want) {
					t.Errorf("got:\n%s\nwant (%v):\n%s", out.String(), err, want)
				}
			})
		})
	}
}
