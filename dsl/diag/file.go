package diag

import (
	"sort"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// File is the text of a pipeline file, in which offsets have places.
type File struct {
	Name  string
	Src   []byte
	lines []int // offset of each line's first byte
}

// NewFile indexes a file. The source must not change.
func NewFile(name string, src []byte) *File {
	f := &File{Name: name, Src: src, lines: []int{0}}
	if len(src) >= 3 && string(src[:3]) == "\xef\xbb\xbf" {
		f.lines[0] = 3
	}
	for i, c := range src {
		if c == '\n' || c == '\r' && (i+1 == len(src) || src[i+1] != '\n') {
			f.lines = append(f.lines, i+1)
		}
	}
	return f
}

// Pos gives the place of a byte.
func (f *File) Pos(offset int) Pos {
	offset = min(max(offset, f.lines[0]), len(f.Src))
	line := sort.SearchInts(f.lines, offset+1) - 1
	return Pos{Line: line + 1, Column: utf8.RuneCount(f.Src[f.lines[line]:offset]) + 1, Offset: offset}
}

// Offset gives the byte at a line and a column, both from 1; the nearest there is.
func (f *File) Offset(line, column int) int {
	if line < 1 {
		return f.lines[0]
	}
	if line > len(f.lines) {
		return len(f.Src)
	}
	at := f.lines[line-1]
	for ; column > 1 && at < len(f.Src) && f.Src[at] != '\n' && f.Src[at] != '\r'; column-- {
		_, n := utf8.DecodeRune(f.Src[at:])
		at += n
	}
	return at
}

// Line gives the text of a line, from 1, without its end.
func (f *File) Line(line int) string {
	if line < 1 || line > len(f.lines) {
		return ""
	}
	at := f.lines[line-1]
	return string(f.Src[at:f.lineEnd(at)])
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

// Node gives the place of a node: the whole of a scalar, quotes included; of a collection its first line.
func (f *File) Node(n *yaml.Node) Range {
	at := f.start(n)
	if n.Kind == yaml.ScalarNode {
		if places := f.trace(n, at); places != nil {
			end := places[len(n.Value)]
			switch n.Style &^ yaml.TaggedStyle {
			case yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle:
				end = max(end, at+1) + 1
			case yaml.LiteralStyle, yaml.FoldedStyle:
				end = f.lineEnd(at)
			}
			return f.Range(at, end)
		}
	}
	if n.Kind == yaml.AliasNode {
		return f.Range(at, at+1+len(n.Value))
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

// Inside gives the place of the bytes from start up to end of a scalar's value: of the text they were written as, if
// that can be told, else of the whole scalar.
func (f *File) Inside(n *yaml.Node, start, end int) Range {
	places := f.trace(n, f.start(n))
	if places == nil || n.Kind != yaml.ScalarNode {
		return f.Node(n)
	}
	start = min(max(start, 0), len(n.Value))
	end = min(max(end, start), len(n.Value))
	from := places[start]
	if end == start {
		return f.Range(from, from)
	}
	_, size := utf8.DecodeLastRuneInString(n.Value[start:end])
	last := places[end-size]
	to := places[end]
	if to < last || f.Pos(to).Line != f.Pos(last).Line {
		_, size = utf8.DecodeRune(f.Src[last:])
		to = last + size
	}
	return f.Range(from, to)
}

// start gives the offset of a node's content, after its anchor and tag.
func (f *File) start(n *yaml.Node) int {
	at := f.Offset(n.Line, n.Column)
	for at < len(f.Src) && (f.Src[at] == '&' || f.Src[at] == '!') {
		if f.Src[at] == '!' && n.Style&yaml.TaggedStyle == 0 {
			break
		}
		next := at
		for next < len(f.Src) && !blank(f.Src[next]) && !breaks(f.Src[next]) {
			next++
		}
		for next < len(f.Src) && (blank(f.Src[next]) || breaks(f.Src[next])) {
			next++
		}
		if next >= len(f.Src) {
			break
		}
		at = next
	}
	return at
}

func blank(c byte) bool  { return c == ' ' || c == '\t' }
func breaks(c byte) bool { return c == '\n' || c == '\r' }
