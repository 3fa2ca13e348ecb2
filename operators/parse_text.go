package operators

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/flowrun/flowrun/flow/value"
)

func readJSON(text string) (value.Value, error) {
	v, err := value.DecodeJSON([]byte(text))
	if s := (*value.SyntaxError)(nil); errors.As(err, &s) {
		err = fmt.Errorf("column %d: %w", s.Offset+1, err)
	}
	return v, err
}

// row reads a row of CSV. It keeps its reader, which takes one text after another.
type row struct {
	text  strings.Reader
	csv   *csv.Reader
	shape *value.Shape // of the columns; nil: a row is a list
}

func newRow(o *parseOptions) *row {
	r := &row{}
	r.csv = csv.NewReader(&r.text)
	r.csv.Comma = []rune(o.Delimiter)[0]
	r.csv.FieldsPerRecord = -1
	if o.Columns != nil {
		r.shape = value.NewShape(o.Columns)
	}
	return r
}

func (r *row) read(text string) (value.Value, error) {
	r.text.Reset(text)
	cells, err := r.csv.Read()
	if err == nil {
		if _, more := r.csv.Read(); more != io.EOF {
			err = errors.New("the text has more than one row")
		}
	}
	if e := (*csv.ParseError)(nil); errors.As(err, &e) {
		err = fmt.Errorf("column %d: %w", e.Column, e.Err)
	}
	if err == io.EOF {
		err = errors.New("the text is empty")
	}
	for err != nil { // what is left of the text
		if _, end := r.csv.Read(); end == io.EOF {
			return value.Value{}, err
		}
	}
	out := make([]value.Value, len(cells))
	for i, c := range cells {
		out[i] = value.OfString(c)
	}
	if r.shape == nil {
		return value.OfList(out), nil
	}
	if len(out) != len(r.shape.Keys()) {
		return value.Value{}, fmt.Errorf("the row has %d cells, and there are %d columns", len(out), len(r.shape.Keys()))
	}
	return value.OfShape(r.shape, out), nil
}

// matcher takes the groups of a regular expression.
type matcher struct {
	re    *regexp.Regexp
	shape *value.Shape // of the named groups; nil where none has a name
	group []int
}

func newMatcher(pattern string) *matcher {
	m := &matcher{re: regexp.MustCompile(pattern)}
	var names []string
	for i, name := range m.re.SubexpNames() {
		if name != "" {
			names, m.group = append(names, name), append(m.group, i)
		}
	}
	if names != nil {
		m.shape = value.NewShape(names)
		return m
	}
	for i := range m.re.NumSubexp() {
		m.group = append(m.group, i+1)
	}
	return m
}

func (m *matcher) read(text string) (value.Value, error) {
	at := m.re.FindStringSubmatchIndex(text)
	if at == nil {
		return value.Value{}, fmt.Errorf("%s does not match the pattern", shortened(text))
	}
	out := make([]value.Value, len(m.group))
	for i, g := range m.group {
		if start := at[2*g]; start >= 0 {
			out[i] = value.OfString(text[start:at[2*g+1]])
		}
	}
	if m.shape == nil {
		return value.OfList(out), nil
	}
	return value.OfShape(m.shape, out), nil
}

// shortened quotes a text, or its beginning.
func shortened(text string) string {
	if len(text) > 60 {
		text = strings.ToValidUTF8(text[:60], "") + "…"
	}
	return fmt.Sprintf("%q", text)
}

// pairs reads key=value pairs with space between them. A value with space in it stands in quotes, in which \ escapes; a
// key alone is true.
type pairs struct{ out value.Builder }

func (p *pairs) read(text string) (value.Value, error) {
	p.out.Value() // what a failure left
	rest := strings.TrimLeft(text, " \t\r\n")
	for rest != "" {
		end := strings.IndexAny(rest, "= \t\r\n")
		if end < 0 {
			end = len(rest)
		}
		key := rest[:end]
		if key == "" || strings.ContainsRune(key, '"') {
			return value.Value{}, fmt.Errorf("a key is due where %s begins", shortened(rest))
		}
		if rest = rest[end:]; !strings.HasPrefix(rest, "=") {
			p.out.Set(key, value.OfBool(true))
		} else {
			v, after, err := quoted(rest[1:])
			if err != nil {
				return value.Value{}, fmt.Errorf("%s: %w", key, err)
			}
			p.out.Set(key, value.OfString(v))
			rest = after
		}
		rest = strings.TrimLeft(rest, " \t\r\n")
	}
	return p.out.Value(), nil
}

// quoted takes a value, in quotes or up to the next space.
func quoted(text string) (v, rest string, err error) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexAny(text, " \t\r\n")
		if end < 0 {
			end = len(text)
		}
		return text[:end], text[end:], nil
	}
	var out []byte
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return string(out), text[i+1:], nil
		case c == '\\' && i+1 < len(text):
			i++
			if text[i] == 'n' {
				out = append(out, '\n')
			} else if text[i] == 't' {
				out = append(out, '\t')
			} else {
				out = append(out, text[i])
			}
		default:
			out = append(out, c)
		}
	}
	return "", "", errors.New("a quote is not closed")
}
