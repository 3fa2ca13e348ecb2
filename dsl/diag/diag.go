// Package diag is what is wrong with a file, and where.
package diag

import (
	"fmt"
	"strings"
)

// Severity says what a diagnostic does to the run.
type Severity string

// An error is refused; a warning is printed and the run goes on.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Pos is a place in a file, as editors count.
type Pos struct {
	Line   int `json:"line"`   // from 1
	Column int `json:"column"` // from 1, in characters (Unicode code points)
	Offset int `json:"offset"` // from 0, in bytes
}

// Range is the text from Start up to, but not including, End.
type Range struct {
	Start Pos `json:"start"`
	End   Pos `json:"end"`
}

// Place is a range of a file.
type Place struct {
	File  string `json:"file"`
	Range Range  `json:"range"`
}

// String gives file:line:column.
func (p Place) String() string {
	return fmt.Sprintf("%s:%d:%d", p.File, p.Range.Start.Line, p.Range.Start.Column)
}

// Uses says in words where a file is used, the nearest place first; "" of no place.
func Uses(used []Place) string {
	if len(used) == 0 {
		return ""
	}
	var all []string
	for _, p := range used {
		all = append(all, "used at "+p.String())
	}
	return strings.Join(all, ", ")
}

// Diagnostic is one thing that is wrong.
type Diagnostic struct {
	File     string   `json:"file"`
	Range    Range    `json:"range"`
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`              // FR1xx syntax, FR2xx structure, FR3xx references, FR4xx expressions and types
	Message  string   `json:"message"`           // lower case, what is wrong, with the actual value or type
	Help     string   `json:"help,omitempty"`    // what to do
	Suggest  string   `json:"suggest,omitempty"` // the text that Range should have been, where there is one sure guess
	Used     []Place  `json:"used,omitempty"`    // of a file that another one uses: where, the nearest place first
}

// List is the diagnostics of one or more files.
type List []Diagnostic
