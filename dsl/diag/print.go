package diag

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// HasErrors reports whether a run is refused.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Sort puts the diagnostics in the order of their places, and drops repetitions.
func (l *List) Sort() {
	slices.SortStableFunc(*l, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Range.Start.Offset, b.Range.Start.Offset), cmp.Compare(a.Code, b.Code))
	})
	seen := map[[4]string]Range{}
	*l = slices.DeleteFunc(*l, func(d Diagnostic) bool {
		key := [4]string{d.File, d.Code, d.Message, string(d.Severity)}
		r, again := seen[key]
		seen[key] = d.Range
		return again && r == d.Range
	})
}

// place gives file:line:col-endcol, the end inclusive.
func (d Diagnostic) place() string {
	r := d.Range
	if r.Start.Line == 0 {
		return d.File
	}
	if r.End.Line == r.Start.Line && r.End.Column > r.Start.Column+1 {
		return fmt.Sprintf("%s:%d:%d-%d", d.File, r.Start.Line, r.Start.Column, r.End.Column-1)
	}
	return fmt.Sprintf("%s:%d:%d", d.File, r.Start.Line, r.Start.Column)
}

// Text prints for people: the place, the message, the source line with a caret beneath, the help.
func Text(w io.Writer, l List, files []*File, color bool) {
	red, yellow, blue, bold, off := "\x1b[31m", "\x1b[33m", "\x1b[34m", "\x1b[1m", "\x1b[0m"
	if !color {
		red, yellow, blue, bold, off = "", "", "", "", ""
	}
	for i, d := range l {
		if i > 0 {
			fmt.Fprintln(w)
		}
		tone := red
		if d.Severity == Warning {
			tone = yellow
		}
		fmt.Fprintf(w, "%s%s: %s%s[%s]%s%s: %s%s\n", bold, d.place(), tone, d.Severity, d.Code, off, bold, d.Message, off)
		for _, f := range files {
			if f.Name == d.File && d.Range.Start.Line > 0 {
				number := fmt.Sprint(d.Range.Start.Line)
				pad := strings.Repeat(" ", len(number))
				line := f.Line(d.Range.Start.Line)
				from, to := caret(line, d.Range)
				fmt.Fprintf(w, "%s%s |%s %s\n", blue, number, off, expandTabs(line))
				fmt.Fprintf(w, "%s%s |%s %s%s%s%s\n", blue, pad, off, strings.Repeat(" ", from), tone, strings.Repeat("^", to-from), off)
				break
			}
		}
		if d.Help != "" {
			fmt.Fprintf(w, "  help: %s\n", d.Help)
		}
		for _, p := range d.Used {
			fmt.Fprintf(w, "  used at %s\n", p)
		}
	}
}

const tabWidth = 4

func expandTabs(s string) string { return strings.ReplaceAll(s, "\t", strings.Repeat(" ", tabWidth)) }

// caret gives the columns on the screen, from 0, that the range covers of its first line; at least one.
func caret(line string, r Range) (from, to int) {
	column, screen := 1, 0
	from, to = -1, -1
	for _, c := range line {
		if column == r.Start.Column {
			from = screen
		}
		if column == r.End.Column && r.End.Line == r.Start.Line {
			to = screen
		}
		screen += cells(c)
		column++
	}
	if from < 0 {
		from = screen
	}
	if to < 0 {
		to = screen
		if r.End.Line == r.Start.Line && r.End.Column <= r.Start.Column {
			to = from
		}
	}
	return from, max(to, from+1)
}

func cells(c rune) int {
	if c == '\t' {
		return tabWidth
	}
	switch width.LookupRune(c).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// JSON prints a list of objects, one a diagnostic.
func JSON(w io.Writer, l List) error {
	if l == nil {
		l = List{}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(l)
}

// GitHub prints workflow commands, which annotate the lines of a pull request.
func GitHub(w io.Writer, l List) {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for _, d := range l {
		message := d.Message
		if d.Help != "" {
			message += "\n" + d.Help
		}
		if d.Used != nil {
			message += "\n" + Uses(d.Used)
		}
		fmt.Fprintf(w, "::%s file=%s,line=%d,col=%d,endLine=%d,endColumn=%d,title=%s::%s\n", d.Severity, property.Replace(d.File),
			max(d.Range.Start.Line, 1), max(d.Range.Start.Column, 1), max(d.Range.End.Line, 1), max(d.Range.End.Column, 1), property.Replace(d.Code), data.Replace(message))
	}
}

// physical is a place as SARIF writes it.
func physical(p Place) map[string]any {
	return map[string]any{
		"artifactLocation": map[string]any{"uri": (&url.URL{Path: filepath.ToSlash(p.File)}).EscapedPath()},
		"region": map[string]any{
			"startLine": max(p.Range.Start.Line, 1), "startColumn": max(p.Range.Start.Column, 1),
			"endLine": max(p.Range.End.Line, 1), "endColumn": max(p.Range.End.Column, 1),
		},
	}
}

// SARIF prints the Static Analysis Results Interchange Format, version 2.1.0.
func SARIF(w io.Writer, l List) error {
	type object = map[string]any
	var rules []object
	known := map[string]int{}
	results := []object{}
	for _, d := range l {
		if _, ok := known[d.Code]; !ok {
			known[d.Code] = len(rules)
			rules = append(rules, object{"id": d.Code})
		}
		text := d.Message
		if d.Help != "" {
			text += "\n" + d.Help
		}
		place := physical(Place{d.File, d.Range})
		result := object{
			"ruleId": d.Code, "ruleIndex": known[d.Code], "level": string(d.Severity), "message": object{"text": text},
			"locations": []object{{"physicalLocation": place}},
		}
		var related []object
		for _, p := range d.Used {
			related = append(related, object{"physicalLocation": physical(p), "message": object{"text": "used here"}})
		}
		if related != nil {
			result["relatedLocations"] = related
		}
		if d.Suggest != "" {
			change := object{"deletedRegion": place["region"], "insertedContent": object{"text": d.Suggest}}
			result["fixes"] = []object{{
				"description":     object{"text": "write " + Quote(d.Suggest)},
				"artifactChanges": []object{{"artifactLocation": place["artifactLocation"], "replacements": []object{change}}},
			}}
		}
		results = append(results, result)
	}
	if rules == nil {
		rules = []object{}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(object{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []object{{
			"columnKind": "unicodeCodePoints",
			"tool":       object{"driver": object{"name": "flowrun", "rules": rules}},
			"results":    results,
		}},
	})
}

// Quote puts text between backquotes for a message, cut at 40 characters.
func Quote(s string) string {
	if s == "" {
		return "an empty text"
	}
	if utf8.RuneCountInString(s) > 40 {
		s = string([]rune(s)[:39]) + "…"
	}
	return "`" + strings.ReplaceAll(s, "\n", " ") + "`"
}
