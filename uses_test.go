package flowrun_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun"
	"github.com/flowrun/flowrun/runtime/metrics"
)

// uses runs a pipeline beside files that it uses, each after a line `=== NAME`, and gives what it prints.
func uses(t *testing.T, text string, opt flowrun.Options) (out string, rep metrics.Report, err error) {
	t.Helper()
	dir := t.TempDir()
	parts := strings.Split(text, "=== ")
	for _, part := range parts[1:] {
		name, body, _ := strings.Cut(part, "\n")
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		var p *flowrun.Pipeline
		if p, err = flowrun.Parse(filepath.Join(dir, "pipeline.yaml"), []byte(parts[0]), opt); err != nil {
			return
		}
		var b bytes.Buffer
		opt.Stdout = &b
		rep, err = p.Run(context.Background(), opt)
		out = b.String()
	})
	if err != nil {
		err = fmt.Errorf("%s", strings.ReplaceAll(err.Error(), dir+"/", ""))
	}
	return out, rep, err
}

func TestUses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"one file, twice": {`
source: {range: {from: 1, to: 3}}
steps:
  - use: {file: lib/scale.yaml, with: {by: 10}}
  - use: {file: lib/scale.yaml, with: {by: 2}}
=== lib/scale.yaml
params: {by: {type: int}}
steps:
  - id: scaled
    map: it * params.by
  - filter: it != 20
`, "60\n"},
		"values of every type": {`
params:
  n: {type: int, default: 3}
  names: {type: list, default: [a, "b c"]}
  more: {type: object, default: {x: 1.50, y: null}}
  wait: {type: duration, default: 1m30s}
  room: {type: size, default: 2KiB}
source: {items: [0]}
steps:
  - use:
      file: lib/all.yaml
      with: {n: "${params.n + 1}", names: "${params.names}", more: {of: ["${params.names[1]}", 7], x: "${params.more.x}"}, wait: "${params.wait}", room: "${params.room}", text: "$${x}", flag: "${params.n > 2}"}
=== lib/all.yaml
params:
  n: {type: int}
  names: {type: list}
  more: {type: object}
  wait: {type: duration}
  room: {type: size}
  text: {type: string}
  flag: {type: bool}
  rest: {type: float, default: 0.5}
steps:
  - map: [params.n, params.names, params.more, params.wait, params.room, params.text, params.flag, params.rest]
`, `[4,["a","b c"],{"of":["b c",7],"x":"1.50"},"1m30s",2048,"${x}",true,0.5]` + "\n"},
		"a file within a file": {`
source: {items: [1]}
steps:
  - use: {file: lib/outer.yaml, with: {n: 5}}
=== lib/outer.yaml
params: {n: {type: int}}
steps:
  - use: {file: deep/inner.yaml, with: {n: "${params.n}"}}
  - map: it + 1
=== lib/deep/inner.yaml
params: {n: {type: int}}
steps:
  - map: it * params.n
`, "6\n"},
		"within steps within steps": {`
source: {items: [{k: a, list: [1, 2]}, {k: b, list: [3]}]}
steps:
  - flat_map:
      steps:
        - flat_map: it.list
        - use: {file: lib/scale.yaml, with: {by: 10}}
  - group_by:
      key: it % 20
      steps:
        - use: {file: lib/scale.yaml, with: {by: 2}}
        - collect: {}
        - each:
            - use: lib/sum.yaml
  - sort: it
=== lib/scale.yaml
params: {by: {type: int}}
steps:
  - map: it * params.by
=== lib/sum.yaml
steps:
  - map: sum(it)
`, "40\n80\n"},
		"branches within": {`
source: {range: {from: 1, to: 3}}
steps:
  - use: lib/both.yaml
=== lib/both.yaml
steps:
  - id: all
    map: it
  - id: double
    from: all
    map: it * 2
  - id: square
    from: all
    map: it * it
  - zip: [double, square]
`, "[2,1]\n[4,4]\n[6,9]\n"},
		"several outputs": {`
source: {range: {from: 1, to: 4}}
steps:
  - id: parts
    use: lib/parts.yaml
  - id: odd
    from: parts.odd
    map: "'odd ' + string(it)"
  - from: [odd, parts.else]
    sort: string(it)
=== lib/parts.yaml
steps:
  - route: {cases: {odd: it % 2 == 1}}
`, "2\n4\n\"odd 1\"\n\"odd 3\"\n"},
		"several inputs": {`
sources: {a: {items: [1]}, b: {items: [2]}}
steps:
  - from: [a, b]
    use: lib/fork.yaml
  - fold: {init: 0, next: acc + it}
=== lib/fork.yaml
steps:
  - map: it * 10
`, "30\n"},
		"failed items": {`
source: {items: [1, x, 2]}
steps:
  - use: lib/double.yaml
    on_error: {to: late}
  - id: late
    use: lib/late.yaml
  - from: [double, late]
    sort: string(it)
=== lib/double.yaml
steps:
  - map: it * 2
=== lib/late.yaml
steps:
  - map: "it.item + ' failed in ' + it.error.step"
`, "2\n4\n\"x failed in double/map\"\n"},
		"failed items, by the defaults, and within": {`
defaults: {on_error: {value: "'outside'"}}
source: {items: [1, x]}
steps:
  - use: lib/double.yaml
  - use: lib/own.yaml
=== lib/double.yaml
steps:
  - map: it * 2
=== lib/own.yaml
defaults: {on_error: {value: "'inside'"}}
steps:
  - map: int(it)
  - map: it + 1
    on_error: {value: 7}
`, "3\n7\n"},
		"files beside it": {`
source: {items: [a]}
steps:
  - use: lib/deep/films.yaml
=== lib/deep/films.yaml
steps:
  - flat_map:
      steps:
        - use: more.yaml
=== lib/deep/more.yaml
steps:
  - map: it + '!'
`, "\"a!\"\n"},
		"a buffer that what follows sizes": {`
source: {items: [1]}
steps:
  - use: lib/hold.yaml
  - sleep: 1ms
    hints: {rate: 10/s, latency: 1s}
=== lib/hold.yaml
steps:
  - buffer: auto
`, "1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			out, _, err := uses(t, c.text, flowrun.Options{})
			if err != nil || out != c.want {
				t.Errorf("%v\n got  %s\n want %s", err, out, c.want)
			}
		})
	}
}

// TestUsedFileIsNamed checks that a failure and the report name a step by the step that uses its file, and both places.
func TestUsedFileIsNamed(t *testing.T) {
	const text = `
source: {items: [1, x]}
steps:
  - use: lib/outer.yaml
    id: twice
=== lib/outer.yaml
steps:
  - each:
      - use: inner.yaml
=== lib/inner.yaml
steps:
  - map: it * 2
`
	_, rep, err := uses(t, text, flowrun.Options{})
	const want = "lib/inner.yaml:2:5: twice/each/inner/map: "
	if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), " (used at lib/outer.yaml:3:9, used at pipeline.yaml:4:5)") {
		t.Errorf("%v, want %s", err, want)
	}
	var steps []string
	for _, s := range rep.Steps {
		steps = append(steps, s.ID)
	}
	if got := strings.Join(steps, " "); got != "items twice/each twice/each/inner/map stdout" {
		t.Error(got)
	}
}

// TestUsedSecret checks that a secret given to a file stays one.
func TestUsedSecret(t *testing.T) {
	const text = `
params: {key: {type: secret}}
source: {items: [1]}
steps:
  - use: {file: lib/ask.yaml, with: {key: "${params.key}", n: "${params.key}"}}
=== lib/ask.yaml
params:
  key: {type: string}
  n: {type: int}
steps:
  - map: params.n
`
	_, _, err := uses(t, text, flowrun.Options{Params: map[string]string{"key": "hunter-2"}})
	if err == nil || strings.Contains(err.Error(), "hunter-2") || !strings.Contains(err.Error(), "`***` is no int of 64 bits") {
		t.Error(err)
	}
}

// TestUsedLimits checks that each use of a file has limits of its own, and that those of the step that uses it are shared.
func TestUsedLimits(t *testing.T) {
	const text = `
limits: {both: {concurrency: 1}}
source: {range: {from: 1, to: 4}}
steps:
  - use: lib/wait.yaml
    id: a
    LIMITS
  - use: lib/wait.yaml
    id: b
    LIMITS
=== lib/wait.yaml
limits: {own: {concurrency: 1}}
breakers: {guard: {failure_ratio: 0.5}}
steps:
  - sleep: 100ms
    concurrency: 2
    timeout: 1m
    breaker: guard
    OWN
`
	for _, c := range []struct{ outer, own, took, names string }{
		{"", "limits: own", "500ms", "both a/own b/own"},
		{"limits: both", "", "800ms", "both a/own b/own"},
	} {
		_, rep, err := uses(t, strings.NewReplacer("LIMITS", c.outer, "OWN", c.own).Replace(text), flowrun.Options{})
		var names []string
		for _, l := range rep.Limits {
			names = append(names, l.Name)
		}
		if err != nil || rep.Elapsed.String() != c.took || strings.Join(names, " ") != c.names {
			t.Errorf("%v: it took %v, want %s; %v", err, rep.Elapsed, c.took, names)
		}
		if len(rep.Breakers) != 2 || rep.Breakers[0].Name != "a/guard" {
			t.Errorf("%+v", rep.Breakers)
		}
	}
}
