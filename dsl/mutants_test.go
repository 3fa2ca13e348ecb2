package dsl_test

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/diag"
)

// tally counts what became of the mutants of one slip.
type tally struct {
	mutants int
	same    int // they mean what they meant
	other   int // they are other pipelines, in which nothing can be known to be wrong
	on      int // an error stands on the line of the slip
	off     int // all errors stand elsewhere
	missed  int // a mistake, and no error
}

type verdict int

const (
	same verdict = iota
	other
	on
	off
	missed
)

func (t *tally) add(v verdict) {
	t.mutants++
	*[]*int{&t.same, &t.other, &t.on, &t.off, &t.missed}[v]++
}

// mistakes gives how many of the mutants are known to be wrong.
func (t *tally) mistakes() int { return t.on + t.off + t.missed }

// bar is the share of mistakes that must have an error on their line, of each slip.
const bar = 0.97

// TestMutants makes the slips that people make, one at a time, at every place of every good pipeline, and checks that an
// error stands on the line of each. It takes every sixteenth, and all of them with FLOWRUN_MUTANTS=all, when it checks what
// docs/checking.md says of them, too.
func TestMutants(t *testing.T) {
	all := os.Getenv("FLOWRUN_MUTANTS") == "all"
	pipelines := goods(t)
	var rows []string
	var total tally
	for _, s := range slips {
		var sum tally
		var shown strings.Builder
		for i, g := range pipelines {
			m := &maker{good: g, Rand: rand.New(rand.NewPCG(1, hash(g.name+s.name))), slip: s}
			s.make(g, m)
			for j, x := range m.out {
				if !all && hash(fmt.Sprint(s.name, i, j))%16 != 0 {
					continue
				}
				v, list := x.judge()
				sum.add(v)
				if len(list) > 0 && list[0].Code == panicked {
					t.Fatalf("%s, line %d of %s: %s\n%s", s.name, x.line, g.name, list[0].Message, x.src)
				}
				if v >= off {
					fmt.Fprintf(&shown, "line %d of %s\n%s\n%s", x.line, g.name, x.src, brief(list))
				}
			}
		}
		few := sum.mistakes() < 100 // of so few, one may be too many
		if share := float64(sum.on) / float64(sum.mistakes()); share < bar && !few || all && sum.mutants == 0 {
			t.Errorf("%s: of %d mistakes, %d have an error on their line; these do not:\n%s", s.name, sum.mistakes(), sum.on, shown.String())
		}
		for _, part := range []struct{ to, of *int }{{&total.mutants, &sum.mutants}, {&total.same, &sum.same}, {&total.other, &sum.other}, {&total.on, &sum.on}, {&total.off, &sum.off}, {&total.missed, &sum.missed}} {
			*part.to += *part.of
		}
		rows = append(rows, sum.row(s.name))
	}
	if share := float64(total.on) / float64(total.mistakes()); share < 0.99 || total.mistakes() < 500 {
		t.Errorf("of %d mistakes, %d have an error on their line", total.mistakes(), total.on)
	}
	if all {
		documented(t, append(rows, total.row("all")))
	}
}

// row gives a line of the table in docs/checking.md.
func (t *tally) row(name string) string {
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %d | %d |", name, t.mutants, t.on, t.off, t.missed, t.same, t.other)
}

// documented checks that docs/checking.md has these rows, but for numbers that have changed by less than a tenth.
func documented(t *testing.T, rows []string) {
	t.Helper()
	const page = "../docs/checking.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	const start, end = "<!-- what became of the slips -->\n", "<!-- end -->"
	before, rest, ok := strings.Cut(string(text), start)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for the table", page)
	}
	table := "\n| slip | mutants | on the line | elsewhere | missed | the same | another |\n|---|---|---|---|---|---|---|\n" + strings.Join(rows, "\n") + "\n\n"
	if *update {
		if err := os.WriteFile(page, []byte(before+start+table+end+after), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	said := strings.Split(strings.TrimSpace(strings.TrimSuffix(rest, after)), "\n")
	for i, row := range strings.Split(strings.TrimSpace(table), "\n") {
		if i >= len(said) || !alike(said[i], row) {
			t.Fatalf("%s is out of date: it lacks\n%s\nrewrite it by `FLOWRUN_MUTANTS=all go test -run TestMutants -update ./dsl`", page, row)
		}
	}
}

// alike reports whether two rows differ only in numbers, and by less than a tenth, or by a few.
func alike(a, b string) bool {
	number := regexp.MustCompile(`\| \d+`)
	if number.ReplaceAllString(a, "") != number.ReplaceAllString(b, "") {
		return false
	}
	numbers := func(row string) (all []int) {
		for _, text := range number.FindAllString(row, -1) {
			n, _ := strconv.Atoi(text[2:]) // it is digits
			all = append(all, n)
		}
		return all
	}
	x, y := numbers(a), numbers(b)
	for i := range x {
		if i >= len(y) || math.Abs(float64(x[i]-y[i])) > 5+0.1*float64(max(x[i], y[i])) {
			return false
		}
	}
	return true
}

func brief(list diag.List) string {
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintf(&b, "   => %d:%d-%d:%d %s %s\n", d.Range.Start.Line, d.Range.Start.Column, d.Range.End.Line, d.Range.End.Column, d.Code, d.Message)
	}
	return b.String()
}

func hash(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text)) // never fails
	return h.Sum64()
}

const panicked = "panic" // in place of a code

// judge loads a mutant.
func (x *mutant) judge() (v verdict, list diag.List) {
	defer func() {
		if p := recover(); p != nil {
			v, list = missed, diag.List{{Code: panicked, Message: fmt.Sprint(p) + string(debug.Stack())}}
		}
	}()
	_, _, list = dsl.Load(x.good.path, []byte(x.src), x.good.settings())
	for _, d := range list {
		likely := d.Severity == diag.Warning && strings.HasPrefix(d.Code, "FR4") // of items whose type is only likely
		if (d.Severity == diag.Error || likely) && x.at(d) {
			return on, list
		}
	}
	switch {
	case list.HasErrors():
	case sameData(x.good.src, x.src):
		return same, list
	case x.wrong:
		return missed, list
	default:
		return other, list
	}
	return off, list
}

// at reports whether an error is where the slip is. A line that is gone leaves its place to its neighbours, the step or
// the section that it stood in, and to whatever names what it said.
func (x *mutant) at(d diag.Diagnostic) bool {
	from, to := x.line, x.line
	if x.deleted != "" {
		if from, to = x.around(); x.deleted[0] != ' ' && d.Range.Start.Line == 1 { // it stood in the file, which begins there
			return true
		}
		for _, m := range inBackquotes.FindAllStringSubmatch(d.Message, -1) {
			if m[1] != "" && strings.Contains(x.deleted, m[1]) {
				return true
			}
		}
	}
	return d.Range.Start.Line <= to && d.Range.End.Line >= from
}

var inBackquotes = regexp.MustCompile("`([^`]*)`")

// around gives the lines from the beginning of the step, or of the section, that a deleted line stood in, to its end.
func (x *mutant) around() (from, to int) {
	lead := func(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
	lines := strings.Split(x.src, "\n")
	from, to = x.line-1, x.line
	within := lead(x.deleted)
	if strings.HasPrefix(x.deleted[within:], "- ") || within == 0 {
		return from, to
	}
	for n := x.line - 1; n > 0 && within > 0; n-- {
		line := lines[n-1]
		if strings.TrimSpace(line) == "" || lead(line) >= within {
			continue
		}
		from, within = n, lead(line)
		if strings.HasPrefix(line[within:], "- ") {
			break
		}
	}
	for to < len(lines) && (strings.TrimSpace(lines[to-1]) == "" || lead(lines[to-1]) > within) {
		to++
	}
	return min(from, x.line-1), max(to-1, x.line)
}

// sameData reports whether two texts in YAML say the same.
func sameData(a, b string) bool {
	var x, y yaml.Node
	if yaml.Unmarshal([]byte(a), &x) != nil || yaml.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	return reflect.DeepEqual(bare(&x), bare(&y))
}

// bare gives what a node says.
func bare(n *yaml.Node) any {
	if n.Kind == yaml.AliasNode {
		return bare(n.Alias)
	}
	if n.Kind == yaml.ScalarNode {
		return [2]string{n.ShortTag(), n.Value}
	}
	out := []any{n.Kind}
	for _, c := range n.Content {
		out = append(out, bare(c))
	}
	return out
}
