package dsl

import (
	"path/filepath"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/lazy"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// leadingParam finds the param that a template begins with.
var leadingParam = lazy.Regexp(`^\$\{\s*params\.([\pL_][\pL\pN_]*)\s*\}`)

// fromCommandLine makes a relative path that begins with a param start where the param was given: paths on the command
// line start at the working directory, those in a params file at that file's. While the options of a component with a
// `path` are decoded, such params have absolute values; the result restores the others.
func (l *loader) fromCommandLine(c *flow.Component, options *yaml.Node) (restore func()) {
	before := l.dec.Expr.Params
	restore = func() { l.dec.Expr.Params = before }
	key := "path"
	if c.Traits.Use {
		key = "file"
	}
	if !slices.Contains(optionNames(c.Maker.Options()), key) {
		return restore
	}
	paths := items(options)
	if options.Kind == yaml.MappingNode {
		paths = items(child(options, key))
	}
	for _, n := range paths {
		name, dir, isBound := l.begins(n)
		v, _ := before.Field(name)
		if path := v.Str(); isBound && v.Kind() == value.String && path != "" && !filepath.IsAbs(path) {
			if absolute, err := filepath.Abs(filepath.Join(dir, path)); err == nil {
				l.dec.Expr.Params = l.dec.Expr.Params.With(name, value.OfString(absolute))
			}
		}
	}
	return restore
}

// begins gives the param that a text begins with, and where a relative path in that starts if it was given from outside.
func (l *loader) begins(n *yaml.Node) (name, dir string, ok bool) {
	m := leadingParam().FindStringSubmatch(n.Value)
	if m == nil {
		return "", "", false
	}
	dir, ok = l.bound[m[1]]
	return m[1], dir, ok
}
