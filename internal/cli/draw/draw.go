// Package draw draws boxes and the arrows between them: as lines of text, in the languages of Mermaid and Graphviz, and as SVG.
package draw

import "strings"

// Drawing is boxes and arrows without a circle.
type Drawing struct {
	Name   string
	Boxes  []Box // each after those that arrows lead from to it
	Arrows []Arrow
}

// Box is one place.
type Box struct {
	Name  string   // for what Graphviz calls it, and for labels
	Group string   // what it is a part of, and that of, as in a/b; "" for nothing
	Lines []string // what stands in it
	Round bool     // it is where the flow begins or ends
}

// Arrow leads from one box to another, by their places in Boxes.
type Arrow struct {
	From, To int
	Of       string // what gives, by a name; "" is the box that it comes from
	Label    string // the output that it comes of, where that is not the main one
	Note     string // what there is to say of it besides
}

// text is what stands on an arrow.
func (a Arrow) text() string {
	if a.Label != "" && a.Note != "" {
		return a.Label + ": " + a.Note
	}
	return a.Label + a.Note
}

// Formats are the names of the ways to draw.
var Formats = []string{"ascii", "mermaid", "dot", "svg"}

// In draws in a format.
func (d *Drawing) In(format string) string {
	switch format {
	case "mermaid":
		return d.Mermaid()
	case "dot":
		return d.Dot()
	case "svg":
		return d.SVG()
	}
	return d.Text()
}

// Cut shortens text to so many characters.
func Cut(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return strings.TrimRight(string(runes[:most-1]), " ,:") + "…"
}
