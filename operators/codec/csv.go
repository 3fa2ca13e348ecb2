package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// sample is how many rows the types of columns are inferred from.
const sample = 100

// table reads rows of cells by RFC 4180: cells in quotes may hold delimiters, line ends and doubled quotes. Empty lines
// are left out.
type table struct {
	in     *input
	enc    Encoding
	opt    *ReadOptions
	comma  byte
	shape  *value.Shape // nil: items are lists
	types  []string     // of the columns; nil: all are text
	ready  bool
	ahead  []row // read for the sample
	cells  []string
	infers bool
}

type row struct {
	cells []string
	line  int64
	err   error // the row is wrong
}

func newTable(in *input, e Encoding, o *ReadOptions) *table {
	return &table{in: in, enc: e, opt: o, comma: e.delimiter(), infers: o.Infer}
}

func (t *table) next() (value.Value, error) {
	if !t.ready {
		if err := t.begin(); err != nil {
			return value.Value{}, err
		}
	}
	if len(t.ahead) > 0 {
		r := t.ahead[0]
		t.ahead = t.ahead[1:]
		t.in.began = r.line
		if r.err != nil {
			return value.Value{}, r.err
		}
		return t.item(r.cells)
	}
	cells, err := t.read()
	if err != nil {
		return value.Value{}, err
	}
	return t.item(cells)
}

// begin finds the columns' names and types.
func (t *table) begin() error {
	t.ready = true
	names := t.enc.names()
	if names == nil && t.enc.Header.Bool() {
		header, err := t.read()
		if d := (*DecodeError)(nil); errors.As(err, &d) {
			d.Final = true // without its header, no row is known
		}
		if err != nil {
			return err
		}
		for _, name := range header {
			names = append(names, strings.Clone(name))
		}
	}
	if names != nil {
		for i, name := range names {
			if slices.Contains(names[:i], name) {
				return t.fail(fmt.Sprintf("the header names the column `%s` twice: name the columns by `header: [...]`", name), true)
			}
		}
		t.shape = value.NewShape(names)
	}
	for column := range t.opt.Types {
		if t.shape == nil || t.shape.Slot(column) < 0 {
			return t.fail(fmt.Sprintf("`types` names the column `%s`, which the file does not have: it has %s", column, strings.Join(names, ", ")), true)
		}
	}
	if len(t.opt.Types) > 0 || t.infers {
		t.types = make([]string, len(names))
	}
	if t.infers && t.shape != nil {
		if err := t.infer(); err != nil {
			return err
		}
	}
	for column, typ := range t.opt.Types {
		t.types[t.shape.Slot(column)] = typ
	}
	return nil
}

// infer takes the types of columns from the first rows.
func (t *table) infer() error {
	for len(t.ahead) < sample {
		cells, err := t.read()
		if err == io.EOF {
			break
		}
		if d := (*DecodeError)(nil); err != nil && (!errors.As(err, &d) || d.Final) {
			return err
		}
		t.ahead = append(t.ahead, row{slices.Clone(cells), t.in.began, err})
	}
	for i := range t.types {
		for _, typ := range []string{"int", "float", "bool"} {
			some, all := false, true
			for _, r := range t.ahead {
				if i < len(r.cells) && r.cells[i] != "" {
					some = true
					_, err := cell(r.cells[i], typ)
					all = all && err == nil && (typ == "bool" || canonical(r.cells[i]))
				}
			}
			if some && all {
				t.types[i] = typ
				break
			}
		}
	}
	return nil
}

// canonical reports whether a number is written as JSON would: 007 is not.
func canonical(s string) bool {
	v, err := value.DecodeJSON([]byte(s))
	return err == nil && v.IsNumber()
}

// item makes an item of a row.
func (t *table) item(cells []string) (value.Value, error) {
	if t.shape == nil {
		out := make([]value.Value, len(cells))
		for i, c := range cells {
			out[i] = value.OfString(c)
		}
		return value.OfList(out), nil
	}
	keys := t.shape.Keys()
	if len(cells) != len(keys) {
		return value.Value{}, t.fail(fmt.Sprintf("the row has %s, and the header %d", plural(len(cells), "cell"), len(keys)), false)
	}
	slots := make([]value.Value, len(cells))
	for i, c := range cells {
		if t.types == nil || t.types[i] == "" || t.types[i] == "string" {
			slots[i] = value.OfString(c)
			continue
		}
		v, err := cell(c, t.types[i])
		if err != nil {
			help := ""
			if t.opt.Types[keys[i]] == "" {
				help = fmt.Sprintf(": the first %d rows looked like it; write `types: {%s: string}`", sample, keys[i])
			}
			return v, t.fail(fmt.Sprintf("the cell %q of the column `%s` is no %s%s", c, keys[i], t.types[i], help), false)
		}
		slots[i] = v
	}
	return value.OfShape(t.shape, slots), nil
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// cell reads a cell as a type. An empty one is null.
func cell(s, typ string) (value.Value, error) {
	if s == "" {
		return value.Value{}, nil
	}
	switch typ {
	case "int":
		i, err := strconv.ParseInt(s, 10, 64)
		return value.OfInt(i), err
	case "float":
		if canonical(s) {
			v := value.OfNumber(s)
			return v, nil
		}
		f, err := strconv.ParseFloat(s, 64)
		return value.OfFloat(f), err
	case "bool":
		switch strings.ToLower(s) {
		case "true":
			return value.OfBool(true), nil
		case "false":
			return value.OfBool(false), nil
		}
		return value.Value{}, fmt.Errorf("no bool")
	case "duration":
		d, err := flow.ParseDuration(s)
		return value.OfDuration(d), err
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateTime, time.DateOnly} {
		if at, err := time.Parse(layout, s); err == nil {
			return value.OfTime(at), nil
		}
	}
	return value.Value{}, fmt.Errorf("no time")
}

func (t *table) fail(msg string, final bool) error {
	return &DecodeError{Name: t.in.name, Line: t.in.began, Msg: msg, Final: final}
}

// read gives the cells of the next row; the slice is used again.
func (t *table) read() ([]string, error) {
	for {
		line, err := t.in.line()
		if err != nil {
			return nil, err
		}
		if len(line) == 0 {
			continue
		}
		t.cells = t.cells[:0]
		if bytes.IndexByte(line, '"') < 0 {
			for {
				i := bytes.IndexByte(line, t.comma)
				if i < 0 {
					t.cells = append(t.cells, text(line))
					return t.cells, nil
				}
				t.cells = append(t.cells, text(line[:i]))
				line = line[i+1:]
			}
		}
		return t.quoted(line)
	}
}

// quoted splits a line with quotes in it, and the lines that follow where a cell goes on.
func (t *table) quoted(line []byte) ([]string, error) {
	began := t.in.began
	defer func() { t.in.began = began }()
	for {
		if len(line) == 0 || line[0] != '"' {
			i := bytes.IndexByte(line, t.comma)
			whole := line
			if i >= 0 {
				whole = line[:i]
			}
			if bytes.IndexByte(whole, '"') >= 0 {
				return nil, t.fail("a quote within a cell: put the cell in quotes, and double the quote", false)
			}
			t.cells = append(t.cells, text(whole))
			if i < 0 {
				return t.cells, nil
			}
			line = line[i+1:]
			continue
		}
		content, rest, err := t.inQuotes(line[1:])
		if err != nil {
			t.in.began = began
			return nil, err
		}
		t.cells = append(t.cells, text(content))
		if len(rest) == 0 {
			return t.cells, nil
		}
		if rest[0] != t.comma {
			return nil, t.fail(fmt.Sprintf("%q after a cell in quotes, where the delimiter is due", rest[0]), false)
		}
		line = rest[1:]
	}
}

// inQuotes gives the content of a cell up to its closing quote, and what follows.
func (t *table) inQuotes(line []byte) (content, rest []byte, err error) {
	var joined []byte // where the content is no span of one line
	for {
		i := bytes.IndexByte(line, '"')
		switch {
		case i < 0:
			joined = append(append(joined, line...), '\n')
			if len(joined) > t.in.max {
				return nil, nil, t.fail("a cell is larger than max_item: is a quote not closed?", true)
			}
			line, err = t.in.line()
			if err == io.EOF {
				return nil, nil, t.fail("the file ends within a cell in quotes", true)
			}
			if err != nil {
				return nil, nil, err
			}
		case i+1 < len(line) && line[i+1] == '"':
			joined = append(joined, line[:i+1]...)
			line = line[i+2:]
		case joined == nil:
			return line[:i], line[i+1:], nil
		default:
			return append(joined, line[:i]...), line[i+1:], nil
		}
	}
}
