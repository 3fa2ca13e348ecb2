// Package diag is what is wrong with a file, and where.
package diag

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

// Diagnostic is one thing that is wrong.
type Diagnostic struct {
	File     string   `json:"file"`
	Range    Range    `json:"range"`
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`              // FR1xx syntax, FR2xx structure, FR3xx references, FR4xx expressions and types
	Message  string   `json:"message"`           // lower case, what is wrong, with the actual value or type
	Help     string   `json:"help,omitempty"`    // what to do
	Suggest  string   `json:"suggest,omitempty"` // the text that Range should have been, where there is one sure guess
}

// List is the diagnostics of one or more files.
type List []Diagnostic
