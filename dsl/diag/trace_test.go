package diag

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

// TestPlacesInScalars writes scalars in every style that YAML has and checks that each character of their values is
// found where it was written. Each character stands in a scalar once, so that its place is known.
func TestPlacesInScalars(t *testing.T) {
	for range 20 {
		rapid.Check(t, placesInScalars)
	}
}

func FuzzPlacesInScalars(f *testing.F) { f.Fuzz(rapid.MakeFuzz(placesInScalars)) }

func placesInScalars(t *rapid.T) {
	w := &writer{t: t, eol: rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "eol"), at: map[rune][2]int{}}
	w.document()
	src := w.out.String()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(src), &doc); err != nil {
		t.Fatalf("the test writes no YAML: %v\n%q", err, src)
	}
	file := NewFile("x", []byte(src))
	n := find(&doc, w.at)
	if n == nil {
		t.Fatalf("the scalar is lost\n%q", src)
	}
	if got := file.Node(n); got.Start.Offset != w.start || got.End.Offset != w.end {
		t.Fatalf("%q stands at %d to %d, not %d to %d\n%q", n.Value, w.start, w.end, got.Start.Offset, got.End.Offset, src)
	}
	before := w.start
	for i, r := range n.Value {
		size := utf8.RuneLen(r)
		got := file.Inside(n, i, i+size)
		want, ok := w.at[r]
		switch {
		case ok && (got.Start.Offset != want[0] || got.End.Offset != want[1]):
			t.Fatalf("%q of %q stands at %d to %d, not %d to %d\n%q", r, n.Value, want[0], want[1], got.Start.Offset, got.End.Offset, src)
		case got.Start.Offset < before || got.End.Offset < got.Start.Offset || got.End.Offset > len(src):
			t.Fatalf("%q at %d of %q stands at %d to %d, before %d\n%q", r, i, n.Value, got.Start.Offset, got.End.Offset, before, src)
		}
		before = got.Start.Offset
	}
}

// find gives the scalar in which the characters stand.
func find(n *yaml.Node, chars map[rune][2]int) *yaml.Node {
	if n.Kind == yaml.ScalarNode {
		for _, r := range n.Value {
			if _, ok := chars[r]; ok {
				return n
			}
		}
	}
	for _, c := range n.Content {
		if found := find(c, chars); found != nil {
			return found
		}
	}
	return nil
}

// writer writes a document around one scalar.
type writer struct {
	t      *rapid.T
	out    strings.Builder
	eol    string
	at     map[rune][2]int // where each character of the scalar stands
	used   int             // of letters
	start  int
	end    int
	column int // of the mapping or the list that the scalar is in; what goes on in the next line is indented further
	flow   bool
	close  string // what ends the braces and brackets around
}

func (w *writer) pick(label string, of ...string) string {
	return rapid.SampledFrom(of).Draw(w.t, label)
}

func (w *writer) yes(label string) bool { return rapid.Bool().Draw(w.t, label) }

func (w *writer) up(label string, to int) int { return rapid.IntRange(0, to).Draw(w.t, label) }

// letters stand in no other part of the document.
var letters = []rune("abcdefghijklmopqrstuvwxyzABCDEFGHIJKLMOPQRSTUVWXYZäöüßéçñøλжש日本語中文한글🙂🚀𝛼∀≤“”…\u00a0\ufffd\u0301")

// char writes a letter that was not written before.
func (w *writer) char() {
	r := letters[w.used]
	w.used++
	w.mark(r, string(r))
}

// mark writes a character of the value as some text.
func (w *writer) mark(r rune, text string) {
	from := w.out.Len()
	w.out.WriteString(text)
	w.at[r] = [2]int{from, w.out.Len()}
}

func (w *writer) document() {
	w.used = w.up("first letter", 40)
	if w.yes("bom") {
		w.out.WriteString("\ufeff")
	}
	for range w.up("lines before", 2) {
		w.out.WriteString(w.pick("line", "# 日本 🙂", "N1: 'N'", "N2: [1, {N: \"N\"}]", "", "N3: |"+w.eol+"   N  N"+w.eol, "# N\u2028# N\u0085# N", "N4: 'N\u2029 N'") + w.eol)
	}
	switch w.pick("within", "key", "deep key", "item", "nested item", "flow mapping", "flow list", "flow in lines") {
	case "key":
		w.out.WriteString("NN: ")
	case "deep key":
		w.out.WriteString("NN:" + w.eol + "  NN:" + w.eol + "    NN:  ")
		w.column = 4
	case "item":
		w.out.WriteString("NN:" + w.eol + "- ")
	case "nested item":
		w.out.WriteString("NN:" + w.eol + "  - - N: 1" + w.eol + "      NN: ")
		w.column = 6
	case "flow mapping":
		w.out.WriteString("NN: {N: 1, NN: ")
		w.flow, w.close = true, ", N2: N}"
	case "flow list":
		w.out.WriteString("NN: [[N], ")
		w.flow, w.close = true, " , N]"
	case "flow in lines":
		w.out.WriteString("NN: {" + w.eol + "  N: [" + w.eol + "  ")
		w.flow, w.close = true, w.eol+" ]}"
	}
	w.properties()
	styles := []string{"plain", "single", "double"}
	if !w.flow {
		styles = append(styles, "literal", "folded")
	}
	style := w.pick("style", styles...)
	w.start = w.out.Len()
	switch style {
	case "plain":
		w.flowScalar(style)
	case "single":
		w.out.WriteByte('\'')
		w.flowScalar(style)
		w.out.WriteByte('\'')
	case "double":
		w.out.WriteByte('"')
		w.flowScalar(style)
		w.out.WriteByte('"')
	default:
		w.block(style)
		return
	}
	w.end = w.out.Len()
	w.out.WriteString(w.close)
	w.out.WriteString(w.pick("after", "", w.eol, " # N"+w.eol, w.eol+"N9: 1"+w.eol))
}

// properties writes an anchor and a tag.
func (w *writer) properties() {
	w.out.WriteString(w.pick("properties", "", "", "", "&NN ", "!!str ", "!!str &NN  ", "&NN !!str ", "!!str"+w.eol+strings.Repeat(" ", w.column+2)))
}

var escaped = []struct {
	r    rune
	text string
}{
	{'"', `\"`}, {'\\', `\\`}, {'!', `!`}, {'\b', `\b`}, {'\a', `\a`}, {'\x1b', `\e`}, {'\u0085', `\N`}, {'\v', `\v`}, {0, `\0`},
	{'Ä', `\xc4`}, {'ñ', `\u00f1`}, {'😀', `\U0001F600`}, {'\u00a0', `\_`}, {'\r', `\r`}, {'#', `#`}, {':', `:`}, {'\'', `'`}, {'{', `{`},
}

// flowScalar writes the inside of a plain scalar, or of one in quotes.
func (w *writer) flowScalar(style string) {
	w.char()
	spaced := false // the text ends in blanks or at the start of a line
	for range w.up("parts", 8) {
		switch part := w.pick("part", "letter", "letter", "blanks", "fold", "escape", "mid"); {
		case part == "blanks":
			w.out.WriteString(w.pick("blanks", " ", "  ", " \t"))
			spaced = true
		case part == "fold":
			w.fold()
			w.char()
			spaced = false
		case part == "escape" && style == "double":
			e := escaped[w.up("escape", len(escaped)-1)]
			if _, again := w.at[e.r]; again {
				continue
			}
			w.mark(e.r, e.text)
			spaced = false
		case part == "escape" && style == "single":
			if _, again := w.at['\'']; !again {
				w.mark('\'', "''")
				spaced = false
			}
		case part == "mid" && style == "double":
			w.out.WriteString("\\" + w.eol + w.indentation())
			if w.yes("escaped blank") {
				w.out.WriteString("\\ ")
			}
			w.char()
			spaced = false
		case part == "mid" && style == "plain" && !spaced:
			for _, r := range []rune{':', '#', '\'', '"', '-', '?', '|'} {
				if _, again := w.at[r]; !again && !(w.flow && (r == '?' || r == ':')) {
					w.mark(r, string(r))
					break
				}
			}
			w.char()
		default:
			w.char()
			spaced = false
		}
	}
	if spaced {
		w.char()
	}
}

func (w *writer) indentation() string { return strings.Repeat(" ", w.column+1+w.up("indentation", 3)) }

// fold writes one line break or more, which a scalar that is not a block turns to a blank or to fewer line feeds.
func (w *writer) fold() {
	w.out.WriteString(w.pick("blanks before", "", "", " ", "\t "))
	for range 1 + w.up("empty lines", 2) {
		w.out.WriteString(w.pick("line break", w.eol, w.eol, w.eol, "\u2028", "\u2029", "\u0085") + w.pick("blanks on the line", "", "", "  "))
	}
	w.out.WriteString(w.eol + w.indentation())
}

// block writes a literal or a folded scalar.
func (w *writer) block(style string) {
	header := map[string]string{"literal": "|", "folded": ">"}[style]
	more := 1 + w.up("indentation", 3)
	indicated := w.yes("indicated")
	chomp := w.pick("chomp", "", "-", "+")
	switch {
	case indicated && w.yes("chomp first"):
		header += chomp + fmt.Sprint(more)
	case indicated:
		header += fmt.Sprint(more) + chomp
	default:
		header += chomp
	}
	w.out.WriteString(header)
	w.end = w.out.Len()
	w.out.WriteString(w.pick("comment", "", "", " ", "  # N"))
	lead := strings.Repeat(" ", w.column+more)
	for i := range 1 + w.up("lines", 4) {
		if i == 0 {
			w.out.WriteString(w.eol)
		} else {
			w.out.WriteString(w.pick("line break", w.eol, w.eol, w.eol, "\u2028", "\u2029", "\u0085"))
		}
		for range w.up("empty lines", 2) {
			w.out.WriteString(lead[:w.up("blanks", len(lead))])
			if indicated || i > 0 {
				w.out.WriteString(w.pick("blanks of the text", "", "", "  "))
			}
			w.out.WriteString(w.eol)
		}
		w.out.WriteString(lead)
		if indicated || i > 0 {
			w.out.WriteString(w.pick("further", "", "", " ", "   ", "\t"))
		}
		w.char()
		for range w.up("parts", 4) {
			w.out.WriteString(w.pick("blank", "", " ", "  ", "\t"))
			w.char()
		}
		w.out.WriteString(w.pick("blanks at the end", "", "", " ", "\t"))
	}
	w.out.WriteString(w.pick("after", "", w.eol, w.eol+w.eol, w.eol+"   "+w.eol, w.eol+"N9: 1"+w.eol, w.eol+w.eol+"# N"+w.eol))
}
