// Package format writes a pipeline file in its canonical form: the same text, evenly laid out.
//
// The order of keys, the quoting and the comments stay. What changes is white space: two spaces for each level, a list
// within its key by two, one space after a colon or a dash, no two blank lines in a row, a line end at the end.
package format

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// ErrSyntax says that the text is no YAML; checking the file tells where.
var ErrSyntax = errors.New("the file cannot be read as YAML")

// Source gives the canonical form of a file. It holds the same values and comments; where that cannot be kept, because
// the layout carries meaning in a way that this package does not know, the text stays as it is.
func Source(src []byte) ([]byte, error) {
	if !utf8.Valid(src) || bytes.IndexByte(src, 0) >= 0 {
		return nil, ErrSyntax
	}
	src = bytes.ReplaceAll(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")), []byte("\r\n"), []byte("\n"))
	src = bytes.ReplaceAll(src, []byte("\r"), []byte("\n")) // a line end, to YAML
	before, err := parse(src)
	if err != nil {
		return nil, ErrSyntax
	}
	text := src
	for range 3 { // the layout settles at once but for rare cases
		next := layout(text)
		after, err := parse(next)
		if err != nil || !same(before, after) {
			return src, nil
		}
		if bytes.Equal(next, text) {
			return text, nil
		}
		text = next
	}
	return src, nil
}

// parse gives the documents of a text.
func parse(src []byte) (docs []*yaml.Node, err error) {
	defer func() {
		if recover() != nil {
			err = ErrSyntax
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(src))
	for {
		n := &yaml.Node{}
		if err := dec.Decode(n); err != nil {
			if err.Error() == "EOF" {
				return docs, nil
			}
			return nil, err
		}
		docs = append(docs, n)
	}
}

// same reports whether documents hold the same values in the same style, and the same comments.
func same(a, b []*yaml.Node) bool {
	var left, right strings.Builder
	for _, n := range a {
		describe(&left, n)
	}
	for _, n := range b {
		describe(&right, n)
	}
	return left.String() == right.String() && comments(a) == comments(b)
}

func describe(w *strings.Builder, n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		w.WriteString("*" + n.Value + "\x00")
		return
	}
	w.WriteByte(byte('0' + n.Kind))
	w.WriteByte(byte('0' + n.Style))
	w.WriteString(n.Anchor + "\x00" + n.Tag + "\x00" + n.Value + "\x00")
	for _, c := range n.Content {
		describe(w, c)
	}
	w.WriteByte('.')
}

// comments gives all comments, in order. Which node each belongs to is YAML's guess, and may change with the layout.
func comments(nodes []*yaml.Node) string {
	var all []string
	var collect func(n *yaml.Node)
	collect = func(n *yaml.Node) {
		all = append(all, n.HeadComment, n.LineComment)
		for _, c := range n.Content {
			collect(c)
		}
		all = append(all, n.FootComment)
	}
	for _, n := range nodes {
		collect(n)
	}
	return strings.Join(strings.Fields(strings.Join(all, "\n")), " ")
}
