package draw

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// Sizes in pixels. Text is of a fixed width, so that what it takes is known.
const (
	charWidth  = 7.5 // of 12px; fonts have 7.2 to 7.4
	lineHeight = 16.0
	padding    = 8.0
	gapAcross  = 24.0 // between neighbours
	gapDown    = 22.0 // between layers
	margin     = 16.0
)

// SVG draws the boxes in layers, each below those that it reads. What stands on an arrow has a place of its own between the
// layers, so that no text and no line meets another text.
func (d *Drawing) SVG() string {
	l := d.layout()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="12">`+"\n", l.width, l.height, l.width, l.height)
	fmt.Fprintf(&b, "<title>%s</title>\n", xmlText(d.Name))
	b.WriteString(`<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>` + "\n")
	fmt.Fprintf(&b, `<rect width="%.0f" height="%.0f" fill="#fff"/>`+"\n", l.width, l.height)
	for _, line := range l.lines() {
		style := ""
		if line.dashed {
			style += ` stroke-dasharray="4 3"`
		}
		if line.head {
			style += ` marker-end="url(#head)"`
		}
		fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="#555"%s/>`+"\n", line.path, style)
	}
	for _, v := range l.places {
		if v.box != nil {
			round := 3.0
			if v.box.Round {
				round = 12
			}
			fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="%.0f" fill="#f7f7f4" stroke="#333"/>`+"\n", v.x-v.w/2, v.y, v.w, v.h, round)
		}
		for k, line := range v.lines {
			fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" xml:space="preserve">%s</text>`+"\n", v.x-v.w/2+padding, v.y+v.inset()+12+float64(k)*lineHeight, xmlText(line))
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func xmlText(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // to memory
	return b.String()
}

// line is one line from a place to the next.
type line struct {
	path         string
	dashed, head bool
}

// lines draws the arrows: straight down out of a place, across the gap between two layers, and straight down again.
func (l *layout) lines() (out []line) {
	for _, s := range l.segments {
		from, to := s.from, s.to
		out = append(out, line{
			path: fmt.Sprintf("M%.1f %.1fL%.1f %.1fL%.1f %.1fL%.1f %.1f", from.x+s.out, from.y+from.h, from.x+s.out, l.bottom[from.layer],
				to.x+s.in, l.bottom[from.layer]+gapDown-6, to.x+s.in, to.y),
			dashed: s.arrow.Label != "", head: to.box != nil,
		})
	}
	return out
}
