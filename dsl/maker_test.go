package dsl_test

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/flow/value"
)

// slip is a kind of mistake that people make.
type slip struct {
	name string
	make func(g *good, m *maker)
}

// mutant is a good pipeline with one slip in it.
type mutant struct {
	good    *good
	slip    *slip
	src     string
	line    int    // that the slip is on; of a deleted line, the one that has its number now
	deleted string // the line that is gone
	wrong   bool   // whatever comes of it, it is a mistake
}

// maker gathers the mutants of one slip in one pipeline.
type maker struct {
	*good
	*rand.Rand
	slip *slip
	out  []mutant
}

// put makes a mutant by other text in place of the bytes from one offset up to another.
func (m *maker) put(from, to int, text string, wrong bool) {
	src := m.src[:from] + text + m.src[to:]
	if src != m.src {
		m.out = append(m.out, mutant{good: m.good, slip: m.slip, src: src, line: strings.Count(m.src[:from], "\n") + 1, wrong: wrong})
	}
}

// extent gives the bytes that a node takes; of a collection only where it is in braces or brackets.
func (m *maker) extent(n *yaml.Node) (from, to int) {
	r := m.in.File.Node(n)
	return r.Start.Offset, r.End.Offset
}

// inline reports whether a node stands on one line, in its own text.
func (m *maker) inline(n *yaml.Node) bool {
	from, to := m.extent(n)
	block := n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 || n.Kind != yaml.ScalarNode && n.Style&yaml.FlowStyle == 0
	return !block && from < to && !strings.Contains(m.src[from:to], "\n")
}

// typo gives a word with one slip of the fingers in it.
func (m *maker) typo(word string) string {
	if word == "" {
		return "x"
	}
	i := m.IntN(len(word))
	switch kind := m.IntN(4); {
	case kind == 0 && len(word) > 2:
		return word[:i] + word[i+1:]
	case kind == 1 && i+1 < len(word) && word[i] != word[i+1]:
		return word[:i] + word[i+1:i+2] + word[i:i+1] + word[i+2:]
	case kind == 2:
		return word[:i] + word[i:i+1] + word[i:]
	}
	return word[:i] + string(rune('a'+m.IntN(26))) + word[i+1:]
}

// isFree reports whether a text may be anything: nothing can be known to be wrong with it.
func isFree(o *config.Option) bool {
	return o == nil || slices.Contains([]string{"data", "list of data", "text", "list of text", "mapping of text"}, o.Type)
}

func isCode(o *config.Option) bool {
	return o != nil && (o.Type == "expression" || o.Type == "literal" || o.Type == "mapping of literals" || o.Type == "mapping of aggregates" || o.Type == "condition" || strings.HasPrefix(o.Type, "expression,"))
}

func isTemplate(o *config.Option) bool { return o != nil && strings.HasSuffix(o.Type, "template") }

// code gives the pieces of a place's text that are expressions: the whole, or what stands in `${…}`.
func (m *maker) code(s place) (pieces [][2]int) {
	if s.value == nil || s.value.Kind != yaml.ScalarNode || s.key != nil {
		return nil
	}
	from, to := m.extent(s.value)
	if !m.inline(s.value) { // a block: its text begins on the next line
		to = m.in.File.Extent(s.value)[1]
		from += strings.IndexByte(m.src[from:], '\n') + 1
	}
	switch {
	case from >= to:
	case isCode(s.option) && s.value.ShortTag() == "!!str":
		if c := m.src[from]; (c == '"' || c == '\'') && s.value.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
			from, to = from+1, to-1
		}
		return [][2]int{{from, to}}
	case isTemplate(s.option) || s.option != nil && strings.Contains(s.value.Value, "${"):
		for _, at := range inTemplate.FindAllStringSubmatchIndex(m.src[from:to], -1) {
			pieces = append(pieces, [2]int{from + at[2], from + at[3]})
		}
	}
	return pieces
}

var (
	inTemplate = regexp.MustCompile(`\$\{([^{}]*)\}`)
	textOf     = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`)
	pathOf     = regexp.MustCompile(`\bit(?:\??\.[a-z_]\w*)+`)
	wordOf     = regexp.MustCompile(`\.?\b[a-z_]\w*\b(?:\s*\()?`)
	isWord     = regexp.MustCompile(`^\w+$`)
)

// outsideText reports whether an offset is in none of the texts that an expression has in quotes.
func outsideText(code string, at int) bool {
	return !slices.ContainsFunc(textOf.FindAllStringIndex(code, -1), func(t []int) bool { return t[0] <= at && at < t[1] })
}

// eachCode calls back for every expression.
func (m *maker) eachCode(do func(s place, from int, code string)) {
	for _, s := range m.spots {
		for _, piece := range m.code(s) {
			do(s, piece[0], m.src[piece[0]:piece[1]])
		}
	}
}

// eachValue calls back for every value of an option that stands on one line.
func (m *maker) eachValue(do func(s place, from, to int, text string)) {
	for _, s := range m.spots {
		if s.key != nil && s.value != nil && s.option != nil && s.option.Fields == nil && m.inline(s.value) && s.value.Kind == yaml.ScalarNode {
			from, to := m.extent(s.value)
			do(s, from, to, m.src[from:to])
		}
	}
}

// lines calls back for every line that says something.
func (m *maker) lines(do func(at int, line string)) {
	at := 0
	for _, line := range strings.Split(m.src, "\n") {
		if text := strings.TrimLeft(line, " "); text != "" && text[0] != '#' {
			do(at, line)
		}
		at += len(line) + 1
	}
}

// lacks reports whether it is known of the items that come to a part that they do not have a field.
func lacks(p *dsl.Part, path string) bool {
	t := p.Takes
	fields := strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '?' })
	for i, name := range fields[1:] {
		if !t.May(value.Object) {
			return !t.May(value.Null)
		}
		next, has := t.Field(name)
		if !has {
			return i == len(fields)-2
		}
		t = next
	}
	return false
}
