package lsp

import (
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/flow"
)

type hover struct {
	Contents struct {
		Kind  string `json:"kind"`
		Value string `json:"value"`
	} `json:"contents"`
	Range span `json:"range"`
}

func hoverOf(d *document, r diag.Range, text string) any {
	h := hover{Range: spanOf(d.good.File, r)}
	h.Contents.Kind, h.Contents.Value = "markdown", text
	return h
}

// hover says what stands under the cursor.
func (s *server) hover(d *document, offset int) (any, error) {
	in := d.good
	if sym := d.symbolAt(offset); sym != nil {
		for _, r := range d.places(sym) {
			from, to := offsetOf(in.File, r.Start), offsetOf(in.File, r.End)
			if from <= offset && offset <= to {
				if text := d.describe(sym); text != "" {
					return hoverOf(d, in.File.Range(from, to), text), nil
				}
			}
		}
	}
	sp := treeOf(in).at(offset)
	switch {
	case sp == nil:
		return nil, nil
	case namesFile(sp) && sp.frame.part.Uses != nil:
		return hoverOf(d, in.File.Node(sp.value), usesText(d, sp.frame.part.Uses)), nil
	case sp.value != nil:
		return d.expressionHover(sp, offset), nil
	case sp.option != nil:
		return hoverOf(d, in.File.Node(sp.key), optionText(*sp.option)), nil
	case sp.frame.part != nil && sp.frame.part.Key == sp.key:
		return hoverOf(d, in.File.Node(sp.key), componentText(sp.frame.part.Component)+flowing(sp.frame.part)+s.explained(d, sp.frame.part)), nil
	}
	return nil, nil
}

func componentText(c *flow.Component) string {
	text := fmt.Sprintf("**%s** (%s)\n\n%s", c.Name, c.Kind().Place(), c.Doc)
	if len(c.Examples) > 0 {
		text += "\n\n```yaml\n" + c.Examples[0].Pipeline + "```"
	}
	return text
}

// flowing says what is known of the items that come and go.
func flowing(p *dsl.Part) (text string) {
	if !p.Takes.IsAny() {
		text += "\n\ntakes `" + p.Takes.String() + "`"
	}
	if !p.Gives.IsAny() {
		text += "\n\ngives `" + p.Gives.String() + "`"
	}
	return text
}

func optionText(o config.Option) string {
	text := fmt.Sprintf("**%s**: %s", o.Name, o.Type)
	if o.Required {
		text += ", required"
	}
	if o.Default != "" {
		text += ", default `" + o.Default + "`"
	}
	text += "\n\n" + o.Doc
	if o.Scope != nil && !o.NoItem {
		text += "\n\nIt sees `it`, `params`, `meta` and `" + strings.Join(o.Scope, "`, `") + "`."
	}
	return text
}

// describe says what a name stands for.
func (d *document) describe(sym *symbol) string {
	for _, n := range d.good.Names {
		if n.Section != sym.section || n.Name != sym.name {
			continue
		}
		text := fmt.Sprintf("**%s** (%s)", n.Name, n.Section)
		for i := 0; n.Node != nil && i+1 < len(n.Node.Content); i += 2 {
			if value := n.Node.Content[i+1].Value; value != "" {
				text += fmt.Sprintf("\n- %s: `%s`", n.Node.Content[i].Value, value)
			}
		}
		return text
	}
	for _, p := range d.good.Parts {
		if sym.section == "" && p.ID == sym.name && p.Scope == sym.scope && p.Component != nil {
			return fmt.Sprintf("**%s** (%s)\n\n%s", p.ID, p.Place, componentText(p.Component))
		}
	}
	return ""
}

// expressionHover says what a name in an expression is.
func (d *document) expressionHover(sp *spot, offset int) any {
	path, from, to := pathAt(d.good.File.Src, offset)
	if path == "" || !holdsCode(sp) {
		return nil
	}
	r := d.good.File.Range(from, to)
	if text := d.typeOf(sp, path); text != "" {
		return hoverOf(d, r, "`"+path+"`: "+text)
	}
	for _, f := range functions() {
		if f.Name == path {
			return hoverOf(d, r, "`"+f.Signature+"`\n\n"+f.Doc)
		}
	}
	return nil
}

// pathAt gives the path, such as it.user.name, that the cursor is in, up to the end of the word under it.
func pathAt(src []byte, offset int) (path string, from, to int) {
	in := func(c byte) bool {
		return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
	}
	from, to = offset, offset
	for to < len(src) && in(src[to]) {
		to++
	}
	for from > 0 && (in(src[from-1]) || src[from-1] == '.' || src[from-1] == '?' && from < len(src) && src[from] == '.') {
		from--
	}
	return strings.ReplaceAll(string(src[from:to]), "?.", "."), from, to
}
