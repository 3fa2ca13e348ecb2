package http

import (
	"net/url"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// dotted is an expression of the item itself, or of a field within it: ".body.next".
type dotted string

func (p dotted) Eval(s *flow.Scope) (value.Value, error) {
	v := s.It
	for _, name := range strings.Split(string(p), ".")[1:] {
		v, _ = v.Field(name)
	}
	return v, nil
}

func (p dotted) String() string { return "it" + string(p) }

// text gives a template.
func text(f func(s *flow.Scope) string) *flow.Text {
	t := flow.DynExpr(template(f), func(v value.Value) (string, error) { return v.Str(), nil })
	return &t
}

type template func(s *flow.Scope) string

func (t template) Eval(s *flow.Scope) (value.Value, error) { return value.OfString(t(s)), nil }
func (t template) String() string                          { return "${…}" }

func item(s string) flow.Item { return flow.Item{Value: value.OfString(s)} }

func mustURL(text string) *url.URL {
	u, err := parseURL(text)
	if err != nil {
		panic(err)
	}
	return u
}
