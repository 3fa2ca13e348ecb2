package dsl

import (
	"fmt"
	"iter"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/lazy"
)

// child gives the value of a mapping's key; nil if it has none, or is no mapping.
func child(n *yaml.Node, key string) *yaml.Node {
	for k, x := range pairs(n) {
		if k.Value == key {
			return x
		}
	}
	return nil
}

// pairs gives the keys and values of a mapping; none of any other node.
func pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, x *yaml.Node) bool) {
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// items gives the items of a list; of any other node, the node alone.
func items(n *yaml.Node) []*yaml.Node {
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.SequenceNode:
		return n.Content
	}
	return []*yaml.Node{n}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// section gives the mapping under a top-level key; nil if there is none, or it is something else, which is reported.
func (l *loader) section(root *yaml.Node, key string) *yaml.Node {
	n := child(root, key)
	if n == nil || n.Kind == yaml.MappingNode {
		return n
	}
	l.dec.At(n, "FR203", fmt.Sprintf("`%s` is a mapping of names, and this is %s", key, diag.KindName(n)), fmt.Sprintf("write `%s:`, and `NAME: …` on the lines below it", key))
	return nil
}

var word = lazy.Regexp(`^[\pL_][\pL\pN_-]*$`)

// name checks that a name can be written where it is used.
func (l *loader) name(n *yaml.Node, noun string) bool {
	if word().MatchString(n.Value) {
		return true
	}
	l.dec.At(n, "FR208", fmt.Sprintf("%s cannot be the name of a %s", diag.Quote(n.Value), noun), "a name is a letter, then letters, digits, `_` and `-`")
	return false
}
