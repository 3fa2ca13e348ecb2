package flowrun_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow/value"
)

// phrases draws expressions that are right: whatever the data, each part has the kind that it should have.
type phrases struct {
	t     *rapid.T
	scope []part // what may be named
	plain bool   // within an aggregate: its functions have another meaning there
}

func (w *phrases) pick(n int) int { return rapid.IntRange(0, n-1).Draw(w.t, "pick") }

// in gives phrases within a loop over such elements.
func (w *phrases) in(elem *shape) *phrases {
	out := &phrases{t: w.t, plain: w.plain}
	for _, n := range w.scope {
		if n.name != "#" {
			out.scope = append(out.scope, n)
		}
	}
	out.scope = append(out.scope, field("#", elem))
	return out
}

// place is a path, and what is there; maybe that it gives null.
type place struct {
	src   string
	of    *shape
	maybe bool
}

// places gives everything that paths lead to.
func (w *phrases) places() (all []place) {
	var add func(p place)
	add = func(p place) {
		p.maybe = p.maybe || p.of.null
		all = append(all, p)
		dot := "."
		if p.maybe {
			dot = "?."
		}
		if p.of.kind == value.Object && !p.of.opaque {
			for _, f := range p.of.fields {
				add(place{p.src + dot + f.name, f.of, p.maybe || f.optional})
			}
		}
	}
	for _, n := range w.scope {
		add(place{n.name, n.of, false})
	}
	return all
}

// path gives a path to values of the kind, in which none is null.
func (w *phrases) path(k value.Kind, otherwise string) (string, *shape) {
	all := slices.DeleteFunc(w.places(), func(p place) bool { return p.of.opaque || p.of.kind != k })
	if len(all) == 0 {
		return otherwise, nil
	}
	p := all[w.pick(len(all))]
	of := *p.of
	if of.null = false; p.maybe {
		if k == value.Object || k == value.List {
			return otherwise, nil
		}
		return fmt.Sprintf("(%s ?? %s)", p.src, otherwise), &of
	}
	return p.src, &of
}

var literals = map[value.Kind][]string{
	value.Int: {"0", "1", "7"}, value.Float: {"0.5", "2.0"}, value.Bool: {"true", "false"}, value.String: {`"x"`, `"1,2"`, `""`},
	value.Time: {`date("2024-05-01")`}, value.Duration: {`duration("90s")`},
}

// forms are what expressions of a kind are made of: $ stands for an expression of a kind, @ for one within a loop over the list
// that was drawn last. The kinds: int, float, string, bool, time, duration, list, any, object.
var forms = map[value.Kind][]string{
	value.Int: {"($i + $i)", "(($i - $i) % 5)", "(-$i)", "len($l)", "len($s)", "count($l, @b)", "sum($l, @i)", "max($i, $i)", "abs($i)", "reduce($l, #acc + len(string(@i)), 0)",
		"(findIndex($l, @b) ?? $i)", "int($f)", "($t).Year()", "(first(map($l, @i)) ?? 3)", "($b ? $i : $i)", "len($o)"},
	value.Float:    {"($i * 1.5)", "($f + $i)", "($i / 4)", "float($i)", "round($f)", "($d).Hours()", "($b ? $f : $f)"},
	value.String:   {"($s + $s)", "upper($s)", "string($i)", "$s[:2]", `split($s, ",")[0]`, "toJSON($a)", "type($a)", `join(map($l, @s), "-")`, `replace($s, "x", "y")`, "($b ? $s : $s)"},
	value.Bool:     {"($i < $f)", "($s >= $s)", "($b and not $b)", "($i == $f)", "($s == $s)", "($o == $o)", "($a != null)", "any($l, @b)", "($i in [$i, $a])", "($s contains $s)", "($t > $t)", "($b ? $b : $b)"},
	value.Time:     {"($t + $d)", "($b ? $t : $t)"},
	value.Duration: {"($t - $t)", "($d * 2)", "($d + $d)", "($b ? $d : $d)"},
}

var aggregates = regexp.MustCompile(`\b(count|sum|max|first)\(`)

var kindsOf = map[byte]value.Kind{'i': value.Int, 'f': value.Float, 's': value.String, 'b': value.Bool, 't': value.Time, 'd': value.Duration}

// scalar draws an expression of the kind.
func (w *phrases) scalar(k value.Kind, depth int) string {
	if depth <= 0 || w.pick(4) == 0 {
		src, _ := w.path(k, literals[k][w.pick(len(literals[k]))])
		return src
	}
	all := forms[k]
	if w.plain {
		all = slices.DeleteFunc(slices.Clone(all), aggregates.MatchString)
	}
	return w.fill(all[w.pick(len(all))], depth-1)
}

// fill puts expressions into a form.
func (w *phrases) fill(form string, depth int) string {
	out, loop := "", w
	for i := 0; i < len(form); i++ {
		if form[i] != '$' && form[i] != '@' {
			out += form[i : i+1]
			continue
		}
		at := w
		if form[i] == '@' {
			at = loop
		}
		i++
		part, elem := "", (*shape)(nil)
		switch form[i] {
		case 'l':
			part, elem = at.list(depth)
			loop = w.in(elem)
		case 'a':
			part, _ = at.any(depth)
		case 'o':
			part, _ = at.object(depth)
		default:
			part = at.scalar(kindsOf[form[i]], depth)
		}
		out += part
	}
	return out
}

var scalars = []value.Kind{value.Int, value.Float, value.String, value.Bool, value.Time, value.Duration}

// list draws an expression that gives a list, which is never null, and what its elements are.
func (w *phrases) list(depth int) (string, *shape) {
	if depth <= 0 || w.pick(3) == 0 {
		if src, of := w.path(value.List, ""); of != nil {
			return src, of.elem
		}
		return "[1, 2]", only(value.Int)
	}
	d := depth - 1
	switch w.pick(11) {
	case 7:
		src, elem := w.list(d)
		return fmt.Sprintf("(%s ? %s : [])", w.scalar(value.Bool, d), src), elem
	case 0:
		a, of := w.any(d)
		b, other := w.any(d)
		return fmt.Sprintf("[%s, %s]", a, b), either(of, other)
	case 1:
		return fmt.Sprintf("1..%s", "3"), only(value.Int)
	case 2:
		return fmt.Sprintf("split(%s, \",\")", w.scalar(value.String, d)), only(value.String)
	case 3:
		a, of := w.list(d)
		b, other := w.list(d)
		return fmt.Sprintf("concat(%s, %s)", a, b), either(of, other)
	case 4:
		src, of := w.object(d)
		return fmt.Sprintf("keys(%s)", src), only(value.String).unless(of == nil)
	case 5, 6:
		src, elem := w.list(d)
		body, of := w.in(elem).any(d)
		return fmt.Sprintf("map(%s, %s)", src, body), of
	}
	src, elem := w.list(d)
	switch w.pick(4) {
	case 0:
		return fmt.Sprintf("filter(%s, %s)", src, w.in(elem).scalar(value.Bool, d)), elem
	case 1:
		return fmt.Sprintf("reverse(%s)", src), elem
	case 2:
		return fmt.Sprintf("sortBy(%s, %s)", src, w.in(elem).scalar(value.Int, d)), elem
	}
	return fmt.Sprintf("take(%s, 2)", src), elem
}

func (s *shape) unless(no bool) *shape {
	if no {
		return unknown
	}
	return s
}

// object draws an expression that gives an object.
func (w *phrases) object(depth int) (string, *shape) {
	if depth <= 0 || w.pick(3) == 0 {
		if src, of := w.path(value.Object, ""); of != nil {
			return src, of
		}
	}
	if depth > 0 && w.pick(5) == 0 {
		a, of := w.object(depth - 1)
		b, other := w.object(depth - 1)
		out := of
		for _, f := range other.fields {
			if f.optional {
				return fmt.Sprintf("merge(%s, %s)", a, b), objectOf()
			}
			out = out.with(f.name, f.of)
		}
		return fmt.Sprintf("merge(%s, %s)", a, b), out
	}
	out := objectOf()
	var of []string
	for i := range 1 + w.pick(3) {
		src, s := w.any(depth - 1)
		out.fields = append(out.fields, field(names[i], s))
		of = append(of, names[i]+": "+src)
	}
	return "({" + strings.Join(of, ", ") + "})", out
}

// any draws an expression of any kind.
func (w *phrases) any(depth int) (string, *shape) {
	switch n := w.pick(12); {
	case n == 0:
		all := w.places()
		if len(all) == 0 {
			return "null", unknown
		}
		p := all[w.pick(len(all))]
		of := *p.of
		of.null = of.null || p.maybe
		return p.src, &of
	case n == 1 && depth > 0:
		a, of := w.any(depth - 1)
		b, other := w.any(depth - 1)
		return fmt.Sprintf("(%s ? %s : %s)", w.scalar(value.Bool, depth-1), a, b), either(of, other)
	case n == 2 && depth > 0 && !w.plain:
		src, elem := w.list(depth - 1)
		of := *elem
		of.null = true
		return fmt.Sprintf("first(%s)", src), &of
	case n <= 4 && depth > 0:
		src, elem := w.list(depth)
		return src, listOf(elem)
	case n <= 7 && depth > 0:
		return w.object(depth)
	}
	k := scalars[w.pick(len(scalars))]
	return w.scalar(k, depth), only(k)
}

// code gives an expression as YAML writes it within a flow mapping.
func code(src string) string { return strconv.Quote(src) }
