package draw_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/width"
	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/internal/cli/draw"
)

// drawings are of any shape, with any text.
var drawings = rapid.Custom(func(t *rapid.T) *draw.Drawing {
	text := rapid.OneOf(rapid.SampledFrom([]string{"map: it", `filter: it.s == "a\n" && it.x < 3`, "日本 (map)", "|x|", "--> y;", "#quot;", "]]>", "%q"}), rapid.StringN(1, 12, -1).Filter(printable))
	d := &draw.Drawing{Name: text.Draw(t, "name")}
	for i := range rapid.IntRange(1, 9).Draw(t, "boxes") {
		box := draw.Box{Name: fmt.Sprintf("step%d", i), Round: rapid.Bool().Draw(t, "round")}
		for range rapid.IntRange(1, 3).Draw(t, "lines") {
			box.Lines = append(box.Lines, text.Draw(t, "line"))
		}
		d.Boxes = append(d.Boxes, box)
		if i == 0 {
			continue
		}
		for range rapid.IntRange(0, 3).Draw(t, "arrows") {
			a := draw.Arrow{From: rapid.IntRange(0, i-1).Draw(t, "from"), To: i}
			a.Label = rapid.SampledFrom([]string{"", "", "failed", "0"}).Draw(t, "label")
			if rapid.Bool().Draw(t, "noted") {
				a.Note = text.Draw(t, "note")
			}
			d.Arrows = append(d.Arrows, a)
		}
	}
	return d
})

func printable(s string) bool {
	return strings.TrimSpace(s) != "" && !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) || r == '\uFFFD' })
}

// area is what a rectangle or a text takes.
type area struct{ left, top, right, bottom float64 }

func (a area) meets(b area) bool {
	return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

func (a area) within(b area) bool {
	return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom
}

// A picture is XML, every text has its place, that of a box within it, and no line crosses a text or a box.
func TestNothingOverlapsInPictures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawings.Draw(t, "drawing")
		page, boxes, texts, lines := picture(t, d.SVG())
		count := 0
		for _, b := range d.Boxes {
			count += len(b.Lines)
		}
		for _, a := range d.Arrows {
			if a.Label+a.Note != "" {
				count++
			}
		}
		if len(boxes) != len(d.Boxes) || len(texts) != count || len(lines) < len(d.Arrows) {
			t.Fatalf("%d boxes, %d texts, %d lines", len(boxes), len(texts), len(lines))
		}
		for i, b := range boxes {
			if !b.within(page) {
				t.Errorf("a box is outside: %v of %v", b, page)
			}
			for _, other := range boxes[:i] {
				if b.meets(other) {
					t.Errorf("boxes overlap: %v and %v", b, other)
				}
			}
		}
		for i, x := range texts {
			if !x.within(page) {
				t.Errorf("a text is outside: %v of %v", x, page)
			}
			for _, other := range texts[:i] {
				if x.meets(other) {
					t.Errorf("texts overlap: %v and %v", x, other)
				}
			}
			for _, b := range boxes {
				if x.meets(b) && !x.within(b) {
					t.Errorf("a text leaves its box: %v of %v", x, b)
				}
			}
		}
		for _, line := range lines {
			for _, p := range line {
				for _, x := range append(boxes, texts...) {
					if (area{p[0] - 0.1, p[1] - 0.1, p[0] + 0.1, p[1] + 0.1}).within(area{x.left + 0.3, x.top + 0.3, x.right - 0.3, x.bottom - 0.3}) {
						t.Errorf("a line crosses %v at %v", x, p)
					}
				}
			}
		}
	})
}

// picture reads a picture: its size, the boxes and texts in it, and points along its lines.
func picture(t *rapid.T, svg string) (page area, boxes, texts []area, lines [][][2]float64) {
	dec := xml.NewDecoder(strings.NewReader(svg))
	var open xml.StartElement
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return page, boxes, texts, lines
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, svg)
		}
		switch x := tok.(type) {
		case xml.StartElement:
			open = x
			switch {
			case x.Name.Local == "svg":
				page = area{0, 0, number(t, x, "width"), number(t, x, "height")}
			case x.Name.Local == "rect" && attr(x, "rx") != "":
				left, top := number(t, x, "x"), number(t, x, "y")
				boxes = append(boxes, area{left, top, left + number(t, x, "width"), top + number(t, x, "height")})
			case x.Name.Local == "path" && attr(x, "stroke") != "":
				lines = append(lines, along(t, attr(x, "d")))
			}
		case xml.CharData:
			if open.Name.Local == "text" && strings.TrimSpace(string(x)) != "" {
				left, base := number(t, open, "x"), number(t, open, "y")
				texts = append(texts, area{left, base - 9, left + 7.2*float64(wide(string(x))), base + 3})
				open = xml.StartElement{}
			}
		}
	}
}

func wide(s string) (n int) {
	for _, r := range s {
		n++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}

func attr(x xml.StartElement, name string) string {
	for _, a := range x.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func number(t *rapid.T, x xml.StartElement, name string) float64 {
	f, err := strconv.ParseFloat(attr(x, name), 64)
	if err != nil {
		t.Fatal(x, err)
	}
	return f
}

// along gives points along a line, a pixel apart or less.
func along(t *rapid.T, path string) (points [][2]float64) {
	var corners [][2]float64
	for _, c := range strings.FieldsFunc(path, func(r rune) bool { return r == 'M' || r == 'L' }) {
		var p [2]float64
		if _, err := fmt.Sscan(c, &p[0], &p[1]); err != nil {
			t.Fatal(path, err)
		}
		corners = append(corners, p)
	}
	for i, to := range corners[1:] {
		from := corners[i]
		for k := range 101 {
			f := float64(k) / 100
			points = append(points, [2]float64{from[0] + f*(to[0]-from[0]), from[1] + f*(to[1]-from[1])})
		}
	}
	return points
}

var (
	quoted = `"([^"\\]|\\.)*"`
	dot    = regexp.MustCompile(`^digraph ` + quoted + ` \{\n  node \[shape=box, fontname="sans-serif"\];\n` +
		`(  ` + quoted + ` \[label=` + quoted + `(, style=rounded)?\];\n)*` +
		`(  ` + quoted + ` -> ` + quoted + `( \[(label=` + quoted + `)?(, )?(style=dashed)?\])?;\n)*\}\n$`)
	inside  = `"[^"<>\n]*(<br/>[^"<>\n]*)*"`
	mermaid = regexp.MustCompile(`^flowchart TD\n(  n\d+(\[` + inside + `\]|\(\[` + inside + `\]\))\n)*` +
		`(  n\d+ (-->|-\. \w+ \.->|-->\|` + inside + `\||-\.->\|` + inside + `\|) n\d+\n)*$`)
)

// What is written for Graphviz and Mermaid is of their languages, whatever the text.
func TestLanguages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawings.Draw(t, "drawing")
		if text := d.Dot(); !dot.MatchString(text) || strings.Count(text, " -> ") < len(d.Arrows) {
			t.Errorf("this is not of dot's language:\n%s", text)
		}
		if text := d.Mermaid(); !mermaid.MatchString(text) || strings.Count(text, "\n") != 1+len(d.Boxes)+len(d.Arrows) {
			t.Errorf("this is not of Mermaid's language:\n%s", text)
		}
	})
}

// In the drawing of text every box stands once, and every arrow begins and ends.
func TestText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawings.Draw(t, "drawing")
		for i := range d.Boxes {
			d.Boxes[i].Lines = []string{d.Boxes[i].Name}
		}
		for i := range d.Arrows {
			d.Arrows[i].Note = ""
		}
		text := d.Text()
		marks := strings.NewReplacer("●", "", "│", "", "├", "", "─", "", "╯", "", "╮", "", "┬", "", "┴", "", "┼", "", " ", "").Replace(text)
		labels := 0
		for _, a := range d.Arrows {
			if a.Label != "" {
				labels++
			}
		}
		if strings.Count(text, "●") != len(d.Boxes) || strings.Count(marks, "step") != len(d.Boxes)+labels {
			t.Errorf("not all is there:\n%s", text)
		}
	})
}
