package flowrun_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun"
)

// TestUseIsAsIfWritten checks that steps give the same whether they stand in one file or, any of them, in others, however
// deep, with their numbers as params.
func TestUseIsAsIfWritten(t *testing.T) {
	dir := t.TempDir()
	run := func(rt *rapid.T, text string) string {
		p, err := flowrun.Parse(filepath.Join(dir, "pipeline.yaml"), []byte(text), flowrun.Options{})
		if err != nil {
			rt.Fatalf("%s\n%v", text, err)
		}
		var out bytes.Buffer
		if _, err := p.Run(context.Background(), flowrun.Options{Stdout: &out}); err != nil {
			rt.Fatalf("%s\n%v", text, err)
		}
		return out.String()
	}
	rapid.Check(t, func(rt *rapid.T) {
		files := 0
		// steps gives a list of steps as written in one file, and with some of them in others.
		var steps func(depth int) (whole, parted []string)
		steps = func(depth int) (whole, parted []string) {
			for range rapid.IntRange(1, 4).Draw(rt, "steps") {
				n := rapid.IntRange(1, 5).Draw(rt, "n")
				shape := rapid.SampledFrom([]string{
					"map: it + N", "filter: it % 6 != N", "flat_map: \"[it, it * N]\"", "scan: {init: 0, next: acc + it + N}", "take: 1N", "skip: N",
					"each: [{flat_map: 1..N}, {collect: {}}, {map: len(it) + N}]", "group_by: {key: it % N, steps: [{map: it - N}, {take: N}]}",
				}).Draw(rt, "step")
				if depth == 0 || rapid.Bool().Draw(rt, "here") {
					step := "- " + strings.ReplaceAll(shape, "N", fmt.Sprint(n))
					whole, parted = append(whole, step), append(parted, step)
					continue
				}
				inner, used := steps(depth - 1)
				step := "- " + strings.ReplaceAll(shape, "N", fmt.Sprint(n))
				given := strings.ReplaceAll(shape, "N", "params.n")
				if strings.HasPrefix(shape, "take") || strings.HasPrefix(shape, "skip") || strings.HasPrefix(shape, "group_by") {
					given = strings.ReplaceAll(strings.ReplaceAll(shape, "% N", "% params.n"), "- N", "- params.n")
					given = strings.ReplaceAll(given, "N", "${params.n}")
					given = strings.ReplaceAll(given, "take: ${params.n}", "take: \"${params.n}\"")
				}
				files++
				name := fmt.Sprintf("f%d.yaml", files)
				text := "params: {n: {type: int}}\nsteps:\n  - " + given + "\n  " + strings.Join(used, "\n  ") + "\n"
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
					rt.Fatal(err)
				}
				whole = append(append(whole, step), inner...)
				parted = append(parted, fmt.Sprintf("- use: {file: %s, with: {n: %d}}", name, n))
			}
			return whole, parted
		}
		whole, parted := steps(3)
		const source = "source: {range: {from: 1, to: 20}}\nsteps:\n  "
		want, got := run(rt, source+strings.Join(whole, "\n  ")+"\n"), run(rt, source+strings.Join(parted, "\n  ")+"\n")
		if got != want {
			rt.Fatalf("%s\n got  %s\n want %s", strings.Join(parted, "\n"), got, want)
		}
	})
}
