package lsp

import (
	"unicode/utf8"

	"github.com/flowrun/flowrun/dsl/diag"
)

// position is a place as the protocol counts: lines and UTF-16 code units, both from 0.
type position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

// span is the text from Start up to, but not including, End.
type span struct {
	Start position `json:"start"`
	End   position `json:"end"`
}

// edit puts a text in the place of another.
type edit struct {
	Range   span   `json:"range"`
	NewText string `json:"newText"`
}

// positionOf gives the place of a byte.
func positionOf(f *diag.File, offset int) position {
	p := f.Pos(offset)
	units := 0
	for _, r := range string(f.Src[f.Offset(p.Line, 1):p.Offset]) {
		units += width(r)
	}
	return position{p.Line - 1, units}
}

// offsetOf gives the byte at a place, the nearest there is.
func offsetOf(f *diag.File, p position) int {
	at := f.Offset(p.Line+1, 1)
	for units := 0; units < p.Character && at < len(f.Src) && f.Src[at] != '\n' && f.Src[at] != '\r'; {
		r, n := utf8.DecodeRune(f.Src[at:])
		units += width(r)
		at += n
	}
	return at
}

// width is the number of UTF-16 code units of a character.
func width(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}

func spanOf(f *diag.File, r diag.Range) span {
	return span{positionOf(f, r.Start.Offset), positionOf(f, r.End.Offset)}
}
