package operators

import (
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
		Traits: flow.Traits{Stateless: true, One: true},
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
	place
	write func(v value.Value) (string, error)
}

func newFormatter(o *formatOptions) *formatter {
	f := &formatter{place: o.place}
	switch o.As {
	case "json":
		f.write = func(v value.Value) (string, error) { return string(value.AppendJSON(nil, v)), nil }
	case "csv":
		f.write = func(v value.Value) (string, error) {
			w := codec.NewWriter(codec.Encoding{Format: "csv", Delimiter: o.Delimiter, Header: value.OfBool(false)})
			err := w.Append(flow.Item{Value: v})
			return strings.TrimSuffix(string(w.Buf), "\n"), err
		}
	default:
		f.write = writePairs
	}
	return f
}

func (f *formatter) Process(it flow.Item, emit flow.Emit) error {
	return f.apply("format", it, emit, func(v value.Value) (value.Value, error) {
		text, err := f.write(v)
		return value.OfString(text), err
	})
}

func writePairs(v value.Value) (string, error) {
	if v.Kind() != value.Object {
		return "", fmt.Errorf("it is %s, and pairs are made of an object", flow.Describe(v))
	}
	var out strings.Builder
	for i, key := range v.Shape().Keys() {
		if key == "" || strings.ContainsAny(key, "= \t\r\n\"") {
			return "", fmt.Errorf("%q cannot be a key", key)
		}
		if i > 0 {
			out.WriteByte(' ')
		}
		out.WriteString(key + "=")
		text := v.Slots()[i].Text()
		if text == "" || strings.ContainsAny(text, " \t\r\n\"\\") {
			text = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(text) + `"`
		}
		out.WriteString(text)
	}
	return out.String(), nil
}
