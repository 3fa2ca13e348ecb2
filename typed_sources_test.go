package flowrun_test

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow/value"
)

// author draws pipelines in which every expression is right.
type author struct {
	t       *rapid.T
	sources []string
	steps   []string
	files   map[string]string
	n       int
}

// stream is what may be read: of a step or source, or one of its outputs.
type stream struct {
	id string
	of *shape
}

func (a *author) id() string {
	a.n++
	return fmt.Sprintf("s%d", a.n)
}

func (a *author) pick(n int) int { return rapid.IntRange(0, n-1).Draw(a.t, "pick") }

// yaml gives the pipeline, whose loose ends go nowhere.
func (a *author) yaml(ends []stream) string {
	var ids []string
	for _, s := range ends {
		ids = append(ids, s.id)
	}
	return fmt.Sprintf("defaults: {on_error: skip}\nsources:\n  %s\nsteps:\n  %s\nsinks:\n  nowhere: {discard: {}, from: [%s]}\n",
		strings.Join(a.sources, "\n  "), strings.Join(a.steps, "\n  "), strings.Join(ids, ", "))
}

// probed puts a probe behind most streams.
func (a *author) probed(s stream) stream {
	if a.pick(4) == 0 {
		return s
	}
	id := a.id()
	a.steps = append(a.steps, fmt.Sprintf("- {id: %s, from: %s, probe: {}}", id, s.id))
	return stream{id, s.of}
}

// step adds a step that reads a stream.
func (a *author) step(s stream, gives *shape, format string, args ...any) stream {
	id := a.id()
	a.steps = append(a.steps, fmt.Sprintf("- {id: %s, from: %s, %s}", id, s.id, fmt.Sprintf(format, args...)))
	return a.probed(stream{id, gives})
}

// joined adds a step that names itself what it reads.
func (a *author) joined(gives *shape, format string, args ...any) stream {
	id := a.id()
	a.steps = append(a.steps, fmt.Sprintf("- {id: %s, %s}", id, fmt.Sprintf(format, args...)))
	return a.probed(stream{id, gives})
}

// source adds a source of items.
func (a *author) source() stream {
	id, of, text := a.id(), (*shape)(nil), ""
	switch a.pick(8) {
	case 0:
		of, text = only(value.Int), "range: {from: 1, to: 5}"
	case 1:
		w := &phrases{t: a.t, scope: []part{field("state", only(value.Int))}}
		src, s := w.any(2)
		of, text = s, fmt.Sprintf("generate: {state: 0, while: state < 4, next: state + 1, emit: %s}", code(src))
	case 2:
		of, text = only(value.String), fmt.Sprintf("file: %s", a.file(id+".txt", strings.Join(texts, "\n")))
	case 3, 4:
		of, text = a.table(id)
	case 5:
		of = record(a.t, 2)
		path := a.file(id+".jsonl", strings.Join(a.data(of), "\n"))
		text = []string{"file: " + path, fmt.Sprintf("file: {path: %s, infer: 2}", path), fmt.Sprintf("file: %s, schema: %s", path, of.schema())}[a.pick(3)]
	default:
		if of = record(a.t, 2); a.pick(3) == 0 {
			of = anyShape(a.t, 2)
		}
		if text = fmt.Sprintf("items: [%s]", strings.Join(a.data(of), ", ")); a.pick(4) == 0 {
			text += ", schema: " + of.schema()
		}
		if a.pick(6) == 0 { // of which no item is, so that another stands in its place
			of, text = unknown, fmt.Sprintf("items: [%s], schema: {none: [time]}, on_error: {value: error.attempts}", strings.Join(a.data(objectOf(part{"none", &shape{kind: value.Int}, true})), ", "))
		}
	}
	a.sources = append(a.sources, id+": {"+text+"}")
	return a.probed(stream{id, of})
}

// data draws items, of which the first has everything that any may have.
func (a *author) data(of *shape) []string {
	out := []string{datum(a.t, of, true)}
	for range a.pick(5) {
		out = append(out, datum(a.t, of, false))
	}
	return out
}

func (a *author) file(name, text string) string {
	a.files[name] = text
	return name
}

// table draws a file of CSV, whose columns have types that are written or inferred.
func (a *author) table(id string) (*shape, string) {
	of, header, types := objectOf(), []string{}, []string{}
	var rows [4][]string
	infer := a.pick(2) == 0
	for _, name := range names[:1+a.pick(3)] {
		k := []value.Kind{value.Int, value.Float, value.Bool, value.String}[a.pick(4)]
		s := &shape{kind: k, null: k != value.String}
		for i := range rows {
			cell := strings.Trim(datum(a.t, only(k), true), `"`)
			if strings.Contains(cell, ",") || k == value.String && (infer || cell == "") {
				cell = "text"
			}
			if k != value.String && i > 0 && a.pick(4) == 0 {
				cell = ""
			}
			rows[i] = append(rows[i], cell)
		}
		of.fields, header, types = append(of.fields, field(name, s)), append(header, name), append(types, fmt.Sprintf("%s: %s", name, k))
	}
	text := strings.Join(header, ",") + "\n"
	for _, r := range rows {
		if line := strings.Join(r, ","); line != "" {
			text += line + "\n"
		}
	}
	if path := a.file(id+".csv", text); infer {
		return of, fmt.Sprintf("file: {path: %s, infer: true}", path)
	} else {
		return of, fmt.Sprintf("file: {path: %s, types: {%s}}", path, strings.Join(types, ", "))
	}
}
