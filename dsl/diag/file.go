package diag

import (
	"bytes"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/lazy"
)

// File is the text of a pipeline file, in which offsets have places.
type File struct {
	Name  string
	Src   []byte
	lines []int // offset of each line's first byte
	yaml  []int // the same of YAML's lines, which end at U+0085, U+2028 and U+2029 also
	veils [][2]int
}

// NewFile indexes a file. The source must not change.
func NewFile(name string, src []byte) *File {
	first := 0
	if bytes.HasPrefix(src, []byte("\ufeff")) {
		first = 3
	}
	f := &File{Name: name, Src: src, lines: []int{first}, yaml: []int{first}}
	for i := range src {
		switch n := lineBreak(src[i:]); {
		case n == 1 && src[i] == '\n' || n == 1 && (i+1 == len(src) || src[i+1] != '\n'):
			f.lines, f.yaml = append(f.lines, i+1), append(f.yaml, i+1)
		case n > 1:
			f.yaml = append(f.yaml, i+n)
		}
	}
	return f
}

// lineBreak gives the length of the character that text begins with if it breaks a line in YAML; 0 if it does not.
func lineBreak(text []byte) int {
	switch {
	case len(text) > 0 && breaks(text[0]):
		return 1
	case bytes.HasPrefix(text, []byte("\u0085")):
		return 2
	case bytes.HasPrefix(text, []byte("\u2028")), bytes.HasPrefix(text, []byte("\u2029")):
		return 3
	}
	return 0
}

// Pos gives the place of a byte.
func (f *File) Pos(offset int) Pos {
	offset = min(max(offset, f.lines[0]), len(f.Src))
	line := sort.SearchInts(f.lines, offset+1) - 1
	return Pos{Line: line + 1, Column: utf8.RuneCount(f.Src[f.lines[line]:offset]) + 1, Offset: offset}
}

// Offset gives the byte at a line and a column, both from 1; the nearest there is.
func (f *File) Offset(line, column int) int { return f.offset(f.lines, line, column) }

// yamlOffset is Offset for the lines of the YAML library.
func (f *File) yamlOffset(line, column int) int { return f.offset(f.yaml, line, column) }

func (f *File) offset(lines []int, line, column int) int {
	if line < 1 {
		return lines[0]
	}
	if line > len(lines) {
		return len(f.Src)
	}
	at := lines[line-1]
	for ; column > 1 && at < len(f.Src) && !breaks(f.Src[at]); column-- {
		_, n := utf8.DecodeRune(f.Src[at:])
		at += n
	}
	return at
}

// lineStart gives the offset of the start of the line that at is in.
func (f *File) lineStart(at int) int { return f.lines[max(sort.SearchInts(f.lines, at+1)-1, 0)] }

// Lines gives how many lines there are.
func (f *File) Lines() int { return len(f.lines) }

// Extent gives the bytes, from one offset up to another, in which the whole text of a scalar stands.
func (f *File) Extent(n *yaml.Node) [2]int {
	at := f.start(n)
	if places := f.trace(n, at); places != nil {
		return [2]int{at, places[len(places)-1].to}
	}
	return [2]int{at, f.Node(n).End.Offset}
}

// Hide makes Line show the bytes from start up to end as asterisks.
func (f *File) Hide(start, end int) { f.veils = append(f.veils, [2]int{start, end}) }

// HideAll hides every place where the text stands.
func (f *File) HideAll(text string) {
	for at := 0; text != ""; at += len(text) {
		i := bytes.Index(f.Src[at:], []byte(text))
		if i < 0 {
			return
		}
		at += i
		f.Hide(at, at+len(text))
	}
}

// Line gives the text of a line, from 1, without its end, as it may be shown.
func (f *File) Line(line int) string {
	if line < 1 || line > len(f.lines) {
		return ""
	}
	at := f.lines[line-1]
	text := string(f.Src[at:f.lineEnd(at)])
	if f.veils == nil {
		return text
	}
	var shown strings.Builder
	for i, r := range text {
		if slices.ContainsFunc(f.veils, func(v [2]int) bool { return v[0] <= at+i && at+i < v[1] }) {
			r = '*'
		}
		shown.WriteRune(r)
	}
	return shown.String()
}

// lineEnd gives the offset of the end of the line that at is in.
func (f *File) lineEnd(at int) int {
	for at < len(f.Src) && f.Src[at] != '\n' && f.Src[at] != '\r' {
		at++
	}
	return at
}

// Range gives the places of the bytes from start up to end.
func (f *File) Range(start, end int) Range {
	start = min(max(start, 0), len(f.Src))
	return Range{Start: f.Pos(start), End: f.Pos(max(start, min(end, len(f.Src))))}
}

var blockIndicator = lazy.Regexp(`^[|>][-+0-9]*`)

// Node gives the place of a node: the whole of a scalar, quotes included, and of a collection in braces or brackets; of
// any other collection its first line.
func (f *File) Node(n *yaml.Node) Range {
	at := f.start(n)
	if n.Kind == yaml.ScalarNode {
		if places := f.trace(n, at); places != nil {
			end := places[len(n.Value)].from
			switch n.Style &^ yaml.TaggedStyle {
			case yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle:
				end = max(end, at+1) + 1
			case yaml.LiteralStyle, yaml.FoldedStyle:
				end = at + len(blockIndicator().Find(f.Src[at:]))
			}
			return f.Range(at, end)
		}
	}
	if n.Kind == yaml.AliasNode {
		return f.Range(at, at+1+len(n.Value))
	}
	if end := f.flowEnd(at); end > at {
		return f.Range(at, end)
	}
	end := at
	for end < len(f.Src) && f.Src[end] != '\n' && f.Src[end] != '\r' && !(f.Src[end] == '#' && end > at && f.Src[end-1] == ' ') {
		end++
	}
	for end > at && (f.Src[end-1] == ' ' || f.Src[end-1] == '\t') {
		end--
	}
	return f.Range(at, end)
}

// flowEnd gives the end of the collection in braces or brackets that begins at a place; that place where none does.
func (f *File) flowEnd(at int) int {
	if at >= len(f.Src) || f.Src[at] != '{' && f.Src[at] != '[' {
		return at
	}
	t := &traps{yamlParser: &yamlParser{file: f}, src: f.Src, at: at}
	for depth := 0; t.at < len(f.Src); {
		switch c := f.Src[t.at]; {
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		case (c == '"' || c == '\'') && !wordBefore(f.Src, t.at):
			if !t.closeQuote() {
				return at
			}
			continue
		case c == '#' && blank(f.Src[t.at-1]):
			t.at = f.lineEnd(t.at)
			continue
		}
		if t.at++; depth == 0 {
			return t.at
		}
	}
	return at
}

// wordBefore reports whether a quote is an apostrophe: something other than a blank or an opening stands before it.
func wordBefore(src []byte, at int) bool {
	return at > 0 && !blank(src[at-1]) && lineBreak(src[at-1:]) == 0 && bytes.IndexByte([]byte(",:{["), src[at-1]) < 0
}

// Inside gives the place of the bytes from start up to end of a scalar's value: of the text they were written as, if
// that can be told, else of the whole scalar.
func (f *File) Inside(n *yaml.Node, start, end int) Range {
	places := f.trace(n, f.start(n))
	if places == nil || n.Kind != yaml.ScalarNode {
		return f.Node(n)
	}
	start = min(max(start, 0), len(n.Value))
	end = min(max(end, start), len(n.Value))
	from := places[start].from
	if end == start {
		return f.Range(from, from)
	}
	return f.Range(from, places[end-1].to)
}

// start gives the offset of a node's content, after its anchor and tag.
func (f *File) start(n *yaml.Node) int {
	at := f.yamlOffset(n.Line, n.Column)
	for at < len(f.Src) && (f.Src[at] == '&' || f.Src[at] == '!') && n.Kind != yaml.AliasNode {
		next := at
		for next < len(f.Src) && !blank(f.Src[next]) && lineBreak(f.Src[next:]) == 0 {
			next++
		}
		property := next
		for next < len(f.Src) && (blank(f.Src[next]) || lineBreak(f.Src[next:]) > 0) {
			next += max(lineBreak(f.Src[next:]), 1)
		}
		if next >= len(f.Src) || n.Kind == yaml.ScalarNode && n.Style&^yaml.TaggedStyle == 0 && n.Value == "" {
			return property
		}
		at = next
	}
	return at
}

func blank(c byte) bool  { return c == ' ' || c == '\t' }
func breaks(c byte) bool { return c == '\n' || c == '\r' }
