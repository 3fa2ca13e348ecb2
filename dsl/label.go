package dsl

import (
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// labelWidth is how many characters of a node's options a label shows.
const labelWidth = 60

// label gives options on one line, as they are written; a secret is the expression that names it.
func label(n *yaml.Node) string {
	s := strings.TrimSuffix(strings.TrimPrefix(line(n), "{"), "}")
	if utf8.RuneCountInString(s) > labelWidth {
		s = string([]rune(s)[:labelWidth-1]) + "…"
	}
	return s
}

// line writes a node on one line, in YAML's flow style but for the quotes.
func line(n *yaml.Node) string {
	var parts []string
	switch n.Kind {
	case yaml.MappingNode:
		for key, x := range pairs(n) {
			parts = append(parts, key.Value+": "+line(x))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case yaml.SequenceNode:
		for _, x := range n.Content {
			parts = append(parts, line(x))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	if isNull(n) {
		return ""
	}
	return strings.Join(strings.Fields(n.Value), " ")
}
