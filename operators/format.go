package operators

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/operators/codec"
)

type formatOptions struct {
	place
	As        string `flow:"as,required,short" enum:"json,csv,key_value" doc:"What text to make: JSON on one line, a row of cells (of a list, or of an object's values), or pairs such as level=info msg=\"all well\"."`
	Delimiter string `flow:"delimiter" default:"\",\"" doc:"Of csv: the character between cells."`
}

func (o *formatOptions) Check(report func(option, message, help string)) {
	e := codec.Encoding{Delimiter: o.Delimiter, Header: value.OfBool(false)}
	e.CheckEncoding(report)
}

func format() *flow.Component {
	return &flow.Component{
		Name: "format", Group: "per item",
		Doc:    "Makes text of a field, or of the item itself: JSON, a row of CSV or key=value pairs. What `parse` reads.",
		Traits: flow.Traits{Stateless: true, Single: true, One: true},
		Gives:  flow.Gives(func(o *formatOptions, t *flow.Typing) flow.Type { return o.gives(t.It(), flow.Only(value.String)) }),
		Maker:  flow.Makes(func(o *formatOptions, _ *flow.Env) (flow.Op, error) { return newFormatter(o), nil }),
		Examples: []flow.Example{
			{
				Pipeline: "source: {items: [{id: 1, doc: {a: [1, 2]}}]}\nsteps:\n  - format: {field: doc, as: json}\n",
				Output:   "{\"id\":1,\"doc\":\"{\\\"a\\\":[1,2]}\"}\n",
			},
			{
				Pipeline: "source: {items: [{level: info, msg: all well}]}\nsteps:\n  - format: {as: key_value, into: line}\n  - map: it.line\nsink: {stdout: {format: lines}}\n",
				Output:   "level=info msg=\"all well\"\n",
			},
		},
	}
}

type formatter struct {
	work  placed
	write func(dst []byte, v value.Value) ([]byte, error)
	buf   []byte // of the text at work
}

func newFormatter(o *formatOptions) *formatter {
	f := &formatter{work: newPlaced("format", o.place)}
	switch o.As {
	case "json":
		f.write = func(dst []byte, v value.Value) ([]byte, error) { return value.AppendJSON(dst, v), nil }
	case "csv":
		e := codec.Encoding{Format: "csv", Delimiter: o.Delimiter, Header: value.OfBool(false)}
		f.write = func(dst []byte, v value.Value) ([]byte, error) {
			dst, err := e.AppendRow(dst, v)
			return bytes.TrimSuffix(dst, []byte("\n")), err
		}
	default:
		f.write = appendPairs
	}
	return f
}

func (f *formatter) Process(it flow.Item, emit flow.Emit) error {
	v, err := f.work.of(it)
	if err != nil {
		return err
	}
	if f.buf, err = f.write(f.buf[:0], v); err != nil {
		return f.work.failure(err)
	}
	return f.work.put(it, value.OfString(string(f.buf)), emit)
}

// escapes are the characters that make a value of a pair stand in quotes, but for the space; and how they stand there.
var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`)

func appendPairs(dst []byte, v value.Value) ([]byte, error) {
	if v.Kind() != value.Object {
		return dst, fmt.Errorf("it is %s, and pairs are made of an object", flow.Describe(v))
	}
	for i, key := range v.Shape().Keys() {
		if key == "" || hasAny(key, '=', '"') {
			return dst, fmt.Errorf("%q cannot be a key", key)
		}
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(append(dst, key...), '=')
		start := len(dst)
		dst = value.AppendText(dst, v.At(i))
		if text := dst[start:]; len(text) == 0 || hasAny(text, '"', '\\') {
			quoted := escapes.Replace(string(text))
			dst = append(append(append(dst[:start], '"'), quoted...), '"')
		}
	}
	return dst, nil
}

// hasAny reports whether a text has white space in it, or one of two characters.
func hasAny[T string | []byte](text T, a, b byte) bool {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case ' ', '\t', '\r', '\n', a, b:
			return true
		}
	}
	return false
}
