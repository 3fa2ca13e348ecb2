package flowrun_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun"
)

// TestCoresDoNotShow runs pipelines over a file of many blocks with one core and with several: the output, the error
// and the report must be the same, whatever fails and wherever the run stops.
func TestCoresDoNotShow(t *testing.T) {
	steps := []string{
		"filter: it.n % 3 != 0",
		"map: {n: it.n, text: it.text, twice: it.n * 2}",
		"set: {more: it.nested.a + it.n}",
		"flat_map: \"[it, it]\"",
		"{filter: it.n / (it.n - 70) > 0, on_error: skip}",
		"{set: {n: 1 / (it.n - 5000)}, on_error: {value: \"{n: 1, text: 'x', nested: {a: 1}}\"}}",
		"{set: {x: 1 / (it.n - 4500)}, on_error: fail}",
		"{set: {x: it.nested.b.c}, when: it.n == 7555}",
		"take: 3432",
		"skip: 100",
		`filter: "sha256(it.text) matches '[0-9]$' and len(filter(1..20, # % 2 == 0)) == 10"`,
		"{set: {n: it.n, big: toJSON(fromJSON(toJSON(it.text)))}, when: it.n > 10}",
		"distinct: it.n % 1000",
		"aggregate: {by: {d: it.n % 10}, values: {n: count(), all: sum(it.n)}}",
	}
	dir := t.TempDir()
	var text bytes.Buffer
	for i := range 8_000 {
		fmt.Fprintf(&text, `{"n":%d,"text":"line %d","nested":{"a":%d}}`+"\n", i, i, i%7)
		if i == 6_000 {
			text.WriteString("no JSON\n")
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "in.jsonl"), text.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		chosen := rapid.SliceOfN(rapid.SampledFrom(steps), 0, 4).Draw(rt, "steps")
		source := rapid.SampledFrom([]string{"{file: in.jsonl}", "{file: in.jsonl, on_error: skip}"}).Draw(rt, "source")
		pipeline := "source: " + source + "\nsteps:\n"
		for _, s := range chosen {
			pipeline += "  - " + s + "\n"
		}
		if len(chosen) == 0 {
			pipeline = "source: " + source + "\n"
		}
		run := func(cores int) (string, string, map[string]int64) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
			p, err := flowrun.Parse(filepath.Join(dir, "p.yaml"), []byte(pipeline), flowrun.Options{})
			if err != nil && strings.Contains(err.Error(), "FR402") {
				rt.Skip("a step reads what one before it leaves out")
			}
			if err != nil {
				rt.Fatalf("%s\n%v", pipeline, err)
			}
			var out bytes.Buffer
			rep, err := p.Run(context.Background(), flowrun.Options{Stdout: &out})
			fates := map[string]int64{}
			for _, s := range rep.Steps {
				if sum := s.Completed + s.Filtered + s.Dropped + s.Skipped + s.Routed + s.Substituted + s.Fatal + s.Cancelled; sum != s.In || s.Cancelled < 0 || s.Completed < 0 {
					text, _ := json.Marshal(s)
					rt.Fatalf("%s\nthe fates do not add up: %s", pipeline, text)
				}
				fates[s.ID] = s.Failures()
			}
			return out.String(), fmt.Sprint(err), fates
		}
		one, oneErr, oneFates := run(1)
		two, twoErr, twoFates := run(4)
		switch {
		case oneErr != twoErr:
			rt.Fatalf("%s\n%s\n%s", pipeline, oneErr, twoErr)
		case oneErr != "<nil>": // how much was written before the end is not said
			if !strings.HasPrefix(one, two) && !strings.HasPrefix(two, one) {
				rt.Fatalf("%s\nthe outputs differ", pipeline)
			}
		case one != two:
			rt.Fatalf("%s\nthe outputs differ", pipeline)
		case !strings.Contains(pipeline, "take") && fmt.Sprint(oneFates) != fmt.Sprint(twoFates):
			rt.Fatalf("%s\n%v\n%v", pipeline, oneFates, twoFates)
		}
	})
}
