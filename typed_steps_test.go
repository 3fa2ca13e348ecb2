package flowrun_test

import (
	"fmt"

	"github.com/flowrun/flowrun/flow/value"
)

// grow adds a step, or several, behind a stream; the streams that come out replace it.
func (a *author) grow(s stream) []stream {
	w := &phrases{t: a.t, scope: []part{field("it", s.of)}}
	key := w.scalar(scalars[a.pick(4)], 1)
	switch a.pick(5) {
	case 0, 1:
		return []stream{a.reshape(s, w)}
	case 2:
		return []stream{a.step(s, s.of, "%s", a.pass(w, key))}
	case 3:
		return []stream{a.gather(s, w, key)}
	}
	return a.connect(s, w, key)
}

// pass draws a step that passes items, or leaves them out.
func (a *author) pass(w *phrases, key string) string {
	condition := code(w.scalar(value.Bool, 2))
	all := []string{
		"filter: " + condition, "take_while: " + condition, "skip_while: " + condition, "take: 3", "skip: 1", "first: " + condition,
		"sort: " + code(key), "top: {n: 3, by: " + code(key) + "}", "distinct: " + code(key), "changes: " + code(key), "tap: {}", "sample: {ratio: 0.5}",
		"throttle: 1/ms", "delay: 5ms", "debounce: 1ms", "buffer: 3", "sleep: 1ms", "at_most: 100", "take_until: " + condition, "conflate: {}",
	}
	return all[a.pick(len(all))]
}

// reshape draws a step that makes something else of each item.
func (a *author) reshape(s stream, w *phrases) stream {
	src, of := w.any(3)
	condition := code(w.scalar(value.Bool, 1))
	switch n := a.pick(16); {
	case n <= 2:
		return a.step(s, of, "map: %s", code(src))
	case n == 3:
		other, second := w.any(2)
		return a.step(s, objectOf(field("a", of), field("z", objectOf(field("y", second)))), "map: {a: %s, z: {y: %s}}", code(src), code(other))
	case n == 4:
		list, elem := w.list(2)
		return a.step(s, elem, "flat_map: %s", code(list))
	case n == 5:
		return a.step(s, either(s.of, of), "map: %s, when: %s", code(src), condition)
	case n == 6:
		return a.step(s, objectOf(field("index", only(value.Int)), field("value", s.of)), "enumerate: {}")
	case n == 7:
		return a.step(s, of, "map_while: %s", code(src))
	case n == 8:
		return a.step(s, unknown, "map: %s, on_error: emit", code(a.risky(w, src)))
	case n == 9:
		fall, other := (&phrases{t: a.t, scope: []part{field("it", s.of), field("error", objectOf(field("type", only(value.String)), field("attempts", only(value.Int))))}}).any(2)
		return a.step(s, either(of, other), "map: %s, on_error: {value: %s}", code(a.risky(w, src)), code(fall))
	case n == 10:
		return a.step(s, of, "%s: {steps: [{probe: {}}, {map: %s}]}", []string{"flat_map", "each"}[a.pick(2)], code(src))
	case n == 11:
		return a.step(s, unknown, "expand: {children: %s, max_depth: 2}", code("["+src+"]"))
	case n == 12:
		return a.step(s, only(value.String), "format: json")
	case s.of.isObject():
		return a.fields(s, w, of, src)
	}
	return a.step(s, of, "map: %s", code(src))
}

// risky makes an expression one that fails for some items.
func (a *author) risky(w *phrases, src string) string {
	return fmt.Sprintf("%s ? %s : int('x' + toJSON(it))", w.scalar(value.Bool, 1), src)
}

// fields draws a step that changes fields.
func (a *author) fields(s stream, w *phrases, of *shape, src string) stream {
	name, some := names[a.pick(4)], map[string]bool{names[a.pick(4)]: true}
	field := names[a.pick(4)]
	for other := range some {
		field = other
	}
	switch a.pick(7) {
	case 0:
		return a.step(s, s.of.with(name, of), "set: {%s: %s}", name, code(src))
	case 1:
		return a.step(s, s.of.fieldsIn(some, true), "keep: [%s]", field)
	case 2:
		return a.step(s, s.of.fieldsIn(some, false), "drop: [%s]", field)
	case 3:
		return a.step(s, s.of.with(name, only(value.Int)), "enumerate: {into: %s}", name)
	case 4:
		return a.step(s, s.of.with("e", of), "each: {steps: [{map: %s}]}, into: e", code(src))
	case 5:
		return a.parsed(a.step(s, s.of.with("t", only(value.String)), "set: {t: %s}", code(w.scalar(value.String, 2))))
	}
	return a.step(s, s.of.with("t", only(value.String)), "format: {as: json, into: t}")
}

// parsed draws a step that reads text.
func (a *author) parsed(s stream) stream {
	text := &shape{kind: value.String, null: true}
	switch a.pick(4) {
	case 0:
		return a.step(s, s.of.with("t", objectOf(field("x", text), field("y", text))), "parse: {as: regexp, field: t, pattern: '(?P<x>.)(?P<y>-)?'}")
	case 1:
		return a.step(s, s.of.with("t", objectOf(field("x", only(value.String)), field("y", only(value.String)))), "parse: {as: csv, field: t, columns: [x, y]}")
	case 2:
		return a.step(s, s.of.with("u", listOf(text)), "parse: {as: regexp, field: t, into: u, pattern: '(.)(-)?'}")
	}
	return a.step(s, s.of.with("t", unknown), "parse: {as: %s, field: t}", []string{"json", "key_value"}[a.pick(2)])
}

// gather draws a step that makes something of several items.
func (a *author) gather(s stream, w *phrases, key string) stream {
	n, list := only(value.Int), listOf(s.of)
	acc := &phrases{t: a.t, scope: []part{field("it", s.of), field("acc", n)}}
	in := &phrases{t: a.t, scope: w.scope, plain: true}
	values := fmt.Sprintf("values: {n: count(), t: %s, f: %s, l: collect(it)}", code("sum("+in.scalar(value.Int, 2)+")"), code("max("+in.scalar(value.Int, 1)+") ?? 0"))
	group := objectOf(field("k", unknown), field("n", n), field("f", n), field("l", list))
	switch a.pick(14) {
	case 12:
		return a.step(s, s.of, "expand: {children: \"[it]\", max_depth: 1}")
	case 13:
		acc.scope[1] = field("acc", s.of)
		return a.step(s, s.of, "conflate: %s", code(acc.scalar(value.Bool, 1)+" ? it : acc"))
	case 0:
		return a.step(s, n, "fold: {init: 0, next: %s}", code("acc + "+acc.scalar(value.Int, 2)))
	case 1:
		return a.step(s, n, "scan: {init: 1, next: %s}", code(acc.scalar(value.Int, 2)))
	case 2:
		of := objectOf(field("s", only(value.String)), field("n", n))
		acc.scope[1] = field("acc", of)
		return a.step(s, of, "fold: {init: {s: \"''\", n: 0}, next: {s: %s, n: %s}}", code(acc.scalar(value.String, 2)), code(acc.scalar(value.Int, 2)))
	case 3:
		acc.scope[1] = field("acc", s.of)
		return a.step(s, s.of, "reduce: %s", code(acc.scalar(value.Bool, 1)+" ? it : acc"))
	case 4:
		return a.step(s, list, "chunks: 2")
	case 5:
		return a.step(s, list, "ready_chunks: {max: 3}")
	case 6:
		return a.step(s, list, "collect: {}")
	case 7:
		return a.step(s, n, "count: {}")
	case 8:
		return a.step(s, only(value.Bool), "%s: %s", []string{"any", "all"}[a.pick(2)], code(w.scalar(value.Bool, 2)))
	case 9:
		return a.step(s, group, "aggregate: {by: {k: %s}, %s}", code(key), values)
	case 10:
		return a.step(s, group.with("start", only(value.Time)).with("end", only(value.Time)), "window: {size: 1s, by: {k: %s}, %s}", code(key), values)
	}
	return a.step(s, objectOf(field("k", unknown), field("n", n)), "group_by: {key: %s, steps: [{count: {}}, {probe: {}}, {map: {k: key, n: it}}]}", code(key))
}

// connect draws a step with several inputs or outputs.
func (a *author) connect(s stream, w *phrases, key string) []stream {
	switch a.pick(10) {
	case 0:
		id := a.id()
		a.steps = append(a.steps, fmt.Sprintf("- {id: %s, from: %s, route: {cases: {yes: %s}}}", id, s.id, code(w.scalar(value.Bool, 2))))
		return []stream{a.probed(stream{id + ".yes", s.of}), a.probed(stream{id + ".else", s.of})}
	case 1:
		id := a.id()
		a.steps = append(a.steps, fmt.Sprintf("- {id: %s, from: %s, partition: {n: 2, by: %s}}", id, s.id, code(key)))
		return []stream{a.probed(stream{id + ".0", s.of}), a.probed(stream{id + ".1", s.of})}
	case 2:
		one, two := a.reshape(s, w), a.reshape(s, w)
		return []stream{a.joined(either(one.of, two.of), "merge: [%s, %s]", one.id, two.id)}
	case 3:
		src, of := w.any(3)
		bad := a.id()
		good := a.step(s, of, "map: %s, on_error: {to: %s}", code(a.risky(w, src)), bad)
		inner := objectOf(field("item", s.of), field("error", objectOf(field("type", only(value.String)), field("message", only(value.String)), field("step", only(value.String)), field("attempts", only(value.Int)), field("at", only(value.Time)))))
		src, of = (&phrases{t: a.t, scope: []part{field("it", inner)}}).any(2)
		a.steps = append(a.steps, fmt.Sprintf("- {id: %s, map: %s}", bad, code(src)))
		return []stream{good, a.probed(stream{bad, of})}
	}
	other := a.source()
	both := []part{field("it", s.of), field("other", other.of)}
	switch a.pick(7) {
	case 0:
		return []stream{a.joined(listOf(either(s.of, other.of)), "zip: [%s, %s]", s.id, other.id)}
	case 1:
		return []stream{a.joined(&shape{kind: value.List, elem: unknown}, "zip: {inputs: [%s, %s], end: all}", s.id, other.id)}
	case 2:
		return []stream{a.joined(listOf(either(s.of, other.of)), "zip_latest: [%s, %s]", s.id, other.id)}
	case 3:
		return []stream{a.joined(either(s.of, other.of), "%s: [%s, %s]", []string{"concat", "interleave", "merge"}[a.pick(3)], s.id, other.id)}
	}
	on := code(fmt.Sprintf("%s == %s", w.scalar(value.Int, 1), (&phrases{t: a.t, scope: both[1:]}).scalar(value.Int, 1)))
	src, of := (&phrases{t: a.t, scope: both}).any(2)
	switch a.pick(4) {
	case 0:
		return []stream{a.step(s, of, "join: {with: %s, on: %s, to: %s}", other.id, on, code(src))}
	case 1:
		other.of.null = true
		src, of = (&phrases{t: a.t, scope: both}).any(2)
		return []stream{a.step(s, of, "join: {with: %s, on: %s, kind: left, to: %s}", other.id, on, code(src))}
	case 2:
		return []stream{a.step(s, s.of, "join: {with: %s, on: %s, kind: anti}", other.id, on)}
	}
	if !s.of.isObject() || !other.of.isObject() {
		return []stream{a.step(s, unknown, "join: {with: %s, on: %s}", other.id, on)}
	}
	return []stream{a.step(s, s.of, "join: {with: %s, on: %s, kind: left}", other.id, on)}
}
