package operators

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type parseOptions struct {
	place
	As        string   `flow:"as,required,short" enum:"json,csv,regexp,key_value" doc:"What the text is: a JSON value; a row of cells; what pattern matches; or pairs such as level=info msg=\"all well\"."`
	Pattern   string   `flow:"pattern" doc:"Of regexp: what the text must match somewhere (RE2). Its groups become fields by their names, as in (?P<year>\\d+), or a list where none has a name."`
	Columns   []string `flow:"columns" doc:"Of csv: the fields that the cells become; without them, a row is a list."`
	Delimiter string   `flow:"delimiter" default:"\",\"" doc:"Of csv: the character between cells."`
}

// place is what a step that reads and writes text works on.
type place struct {
	Field string `flow:"field" doc:"The field to work on; without it, the item itself."`
	Into  string `flow:"into" doc:"The field that takes the result; without it, that of field, or the item."`
}

func (o *parseOptions) Check(report func(option, message, help string)) {
	if o.As == "regexp" {
		if re, err := regexp.Compile(o.Pattern); err != nil {
			report("pattern", strings.TrimPrefix(err.Error(), "error parsing regexp: "), "")
		} else if re.NumSubexp() == 0 {
			report("pattern", "the pattern has no group to take anything from", "put what you want into brackets: `(?P<name>…)`")
		}
	}
	if n := utf8.RuneCountInString(o.Delimiter); n != 1 || strings.ContainsAny(o.Delimiter, "\"\r\n") {
		report("delimiter", fmt.Sprintf("%q is no delimiter of cells", o.Delimiter), "write one character, such as \";\" or \"\\t\"")
	}
	for i, name := range o.Columns {
		if slices.Contains(o.Columns[:i], name) {
			report("columns", fmt.Sprintf("the column `%s` stands there twice", name), "give each column a name of its own")
		}
	}
	for option, of := range map[string]string{"pattern": "regexp", "columns": "csv"} {
		if o.As != of && (option == "pattern" && o.Pattern != "" || option == "columns" && o.Columns != nil) {
			report(option, fmt.Sprintf("`%s` is of use with `as: %s` only", option, of), "leave it out")
		}
	}
}

func parse() *flow.Component {
	return &flow.Component{
		Name: "parse", Group: "per item",
		Doc:    "Reads a text, a field's or the item itself, as JSON, as a row of CSV, by a regular expression or as key=value pairs. Text that is no such thing is the item's failure (`parse`).",
		Traits: flow.Traits{Stateless: true, Single: true, One: true},
		Gives:  flow.Gives(func(o *parseOptions, t *flow.Typing) flow.Type { return o.gives(t.It(), o.reads()) }),
		Maker:  flow.Makes(func(o *parseOptions, _ *flow.Env) (flow.Op, error) { return newParser(o), nil }),
		Examples: []flow.Example{
			{
				Pipeline: "source: {items: [{id: 1, doc: '{\"a\": [1, 2]}'}]}\nsteps:\n  - parse: {field: doc, as: json}\n  - map: it.doc.a\n",
				Output:   "[1,2]\n",
			},
			{
				Doc:      "Lines of a log.",
				Pipeline: "source: {items: [\"2026-01-02 WARN disk full\"]}\nsteps:\n  - parse:\n      as: regexp\n      pattern: '^(?P<day>\\S+) (?P<level>\\w+) (?P<text>.*)$'\n",
				Output:   "{\"day\":\"2026-01-02\",\"level\":\"WARN\",\"text\":\"disk full\"}\n",
			},
			{
				Pipeline: "source: {items: ['level=info msg=\"all well\" took=3ms']}\nsteps:\n  - parse: key_value\n",
				Output:   "{\"level\":\"info\",\"msg\":\"all well\",\"took\":\"3ms\"}\n",
			},
			{
				Pipeline: "source: {items: ['1;\"a;b\"']}\nsteps:\n  - parse: {as: csv, delimiter: \";\", columns: [id, text]}\n",
				Output:   "{\"id\":\"1\",\"text\":\"a;b\"}\n",
			},
		},
	}
}

// reads gives the type of what a text is read as.
func (o *parseOptions) reads() flow.Type {
	text := flow.Only(value.String)
	switch o.As {
	case "csv":
		if o.Columns == nil {
			return flow.ListOf(text)
		}
		var fields []flow.Member
		for _, name := range o.Columns {
			fields = append(fields, flow.FieldOf(name, text))
		}
		return flow.ObjectOf(true, fields...)
	case "regexp":
		group := text.Or(flow.Only(value.Null)) // null where the pattern matches without it
		m := newMatcher(o.Pattern)
		if m.shape == nil {
			return flow.ListOf(group)
		}
		var fields []flow.Member
		for _, name := range m.shape.Keys() {
			fields = append(fields, flow.FieldOf(name, group))
		}
		return flow.ObjectOf(true, fields...)
	case "key_value":
		return flow.Only(value.Object)
	}
	return flow.Any
}

// gives gives the type of items with a result in its place.
func (p *place) gives(it, result flow.Type) flow.Type {
	into := cmp.Or(p.Into, p.Field)
	if into == "" {
		return result
	}
	return it.Part(value.Object).WithField(into, result)
}

type parser struct {
	work placed
	read func(text string) (value.Value, error)
}

func newParser(o *parseOptions) *parser {
	p := &parser{work: newPlaced("parse", o.place)}
	switch o.As {
	case "json":
		p.read = readJSON
	case "csv":
		p.read = newRow(o).read
	case "regexp":
		p.read = newMatcher(o.Pattern).read
	default:
		p.read = (&pairs{}).read
	}
	return p
}

func (p *parser) Process(it flow.Item, emit flow.Emit) error {
	v, err := p.work.of(it)
	if err != nil {
		return err
	}
	if v.Kind() != value.String && v.Kind() != value.Bytes {
		return p.work.failure(fmt.Errorf("it is %s, and no text", flow.Describe(v)))
	}
	if v, err = p.read(v.Text()); err != nil {
		return p.work.failure(err)
	}
	return p.work.put(it, v, emit)
}

// placed is a step at work on a place of its items.
type placed struct {
	kind string // of failures
	find *value.Finder
	into *setting // nil: the result is the item
}

func newPlaced(kind string, p place) placed {
	out := placed{kind: kind}
	if p.Field != "" {
		out.find = value.NewFinder(p.Field)
	}
	if into := cmp.Or(p.Into, p.Field); into != "" {
		out.into = newSetting(into)
	}
	return out
}

// of gives what to work on.
func (p *placed) of(it flow.Item) (value.Value, error) {
	if p.find == nil {
		return it.Value, nil
	}
	v, _ := p.find.In(it.Value)
	if v.IsNull() {
		if _, has := it.Value.Field(p.find.Key()); !has {
			return v, flow.Typed(p.kind, fmt.Errorf("the item has no field `%s`", p.find.Key()))
		}
	}
	return v, nil
}

// failure is that of an item.
func (p *placed) failure(err error) error {
	if p.find != nil {
		err = fmt.Errorf("%s: %w", p.find.Key(), err)
	}
	return flow.Typed(p.kind, err)
}

// put gives the item with the result in its place.
func (p *placed) put(it flow.Item, result value.Value, emit flow.Emit) error {
	if p.into == nil {
		return emit(it.With(result))
	}
	if err := mustBeObject(it.Value); err != nil {
		return err
	}
	v, slots, at := p.into.room(it.Value)
	slots[at[0]] = result
	return emit(it.With(v))
}
