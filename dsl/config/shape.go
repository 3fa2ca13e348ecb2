package config

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

const shapeHelp = "write a type such as `int` or `string?`, a list of one as `[string]`, or a mapping of fields to types"

// shape decodes a type: words, a list with the type of its elements, or a mapping of fields, beside which there may be others.
// A field that may be null may be missing, too: its type says so, or a `?` after its name.
func (d *Decoder) shape(n *yaml.Node, noun string) flow.Type {
	switch {
	case n.Kind == yaml.ScalarNode && n.Value != "":
		t, word, ok := flow.ParseType(n.Value)
		if !ok {
			near := diag.Nearest(word, flow.TypeNames)
			help := "one of " + strings.Join(flow.TypeNames, ", ") + ", with `?` where it may be null"
			if near != "" {
				help = fmt.Sprintf("did you mean `%s`?", near)
			}
			d.At(n, "FR204", fmt.Sprintf("`%s` is no type", word), help)
			if near != "" && word == n.Value {
				(*d.Diags)[len(*d.Diags)-1].Suggest = near
			}
		}
		return t
	case n.Kind == yaml.SequenceNode && len(n.Content) == 1:
		return flow.ListOf(d.shape(n.Content[0], noun))
	case n.Kind == yaml.MappingNode && len(n.Content) > 0:
		var fields []flow.Member
		for i := 0; i+1 < len(n.Content); i += 2 {
			name, optional := strings.CutSuffix(n.Content[i].Value, "?")
			t := d.shape(n.Content[i+1], name)
			if optional {
				t = t.Or(flow.Only(value.Null))
			}
			fields = append(fields, flow.Member{Name: name, Type: t, Optional: t.May(value.Null)})
		}
		return flow.ObjectOf(false, fields...)
	}
	d.At(n, "FR203", fmt.Sprintf("`%s` is a type, and this is %s", noun, kindOrEmpty(n)), shapeHelp)
	return flow.Any
}
