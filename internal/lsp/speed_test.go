package lsp

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/operators"
)

// long is a pipeline of so many steps.
func long(n int) string {
	var b strings.Builder
	b.WriteString("limits: {rps: {rate: 50/s}}\nsource: {items: [{id: 1, name: a}]}\nsteps:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - id: step_%d\n    http: {get: \"http://localhost/%d/${it.id}\"}\n    into: reply\n    limits: rps\n    timeout: {attempt: 10s, item: 5m}\n  - keep: [id, name]\n", i, i)
	}
	return b.String()
}

// BenchmarkKey is one key pressed in a file of 300 steps, and what an editor asks for then. Of texts that are no YAML, the
// hover and the completions are those of the last one that was.
func BenchmarkKey(b *testing.B) {
	text := long(150)
	broken := strings.Replace(text, "    into: reply\n", "     into: reply\n", 1)
	s := &server{reg: flow.NewRegistry(operators.All()...), out: io.Discard, docs: map[string]*document{}, texts: map[string]opened{}, structure: true, ready: true}
	const uri = "file:///x.flow.yaml"
	s.open(uri, text)
	line := strings.Count(text, "\n") - 4
	at := func(line, column int) string {
		return fmt.Sprintf(`{"textDocument":{"uri":%q},"position":{"line":%d,"character":%d}}`, uri, line, column)
	}
	change := func(text string) string {
		quoted, err := json.Marshal(text)
		if err != nil {
			b.Fatal(err)
		}
		return fmt.Sprintf(`{"textDocument":{"uri":%q},"contentChanges":[{"text":%s}]}`, uri, quoted)
	}
	for _, ask := range []struct{ name, method, params string }{
		{"diagnostics", "textDocument/didChange", change(text + "#")},
		{"diagnostics of broken text", "textDocument/didChange", change(broken)},
		{"hover", "textDocument/hover", at(line-1, 35)},
		{"completion of fields", "textDocument/completion", at(line-1, 39)},
		{"completion of keys", "textDocument/completion", at(line, 4)},
		{"definition", "textDocument/definition", at(line+1, 14)},
		{"symbols", "textDocument/documentSymbol", at(0, 0)},
	} {
		b.Run(ask.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := s.handle(message{Method: ask.method, ID: new(json.RawMessage), Params: json.RawMessage(ask.params)}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
