package lsp

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/operators"
)

// editor is a headless client: it writes requests and reads what comes back.
type editor struct {
	t    *testing.T
	to   chan string
	from *bufio.Reader
	exit chan int
	id   int
	diag map[string][]lspDiagnostic
	log  strings.Builder
}

func newEditor(t *testing.T, options string) *editor {
	in, to := io.Pipe()
	from, out := io.Pipe()
	e := &editor{t: t, to: make(chan string, 10), from: bufio.NewReader(from), exit: make(chan int, 1), diag: map[string][]lspDiagnostic{}}
	go func() { // until the session ends
		for text := range e.to {
			_, _ = fmt.Fprintf(to, "Content-Length: %d\r\n\r\n%s", len(text), text) // the server may have gone
		}
	}()
	go func() {
		code, err := Serve(flow.NewRegistry(operators.All()...), in, out)
		if err != nil {
			t.Error(err)
		}
		_ = out.Close()
		e.exit <- code
	}()
	e.ask("initialize", `{"capabilities":{},"initializationOptions":`+options+`}`)
	e.tell("initialized", `{}`)
	return e
}

func (e *editor) send(text string) {
	e.log.WriteString("→ " + text + "\n")
	e.to <- text
}

func (e *editor) tell(method, params string) {
	e.send(fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s}`, method, params))
}

// receive reads one message; of notifications, it keeps the diagnostics.
func (e *editor) receive() (m struct {
	ID     *int            `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *rpcError       `json:"error"`
}) {
	text, err := read(e.from)
	if err != nil {
		e.t.Fatal(err)
	}
	e.log.WriteString("← " + string(text) + "\n")
	if err := json.Unmarshal(text, &m); err != nil {
		e.t.Fatal(err)
	}
	if m.Method == "textDocument/publishDiagnostics" {
		var p struct {
			URI         string          `json:"uri"`
			Diagnostics []lspDiagnostic `json:"diagnostics"`
		}
		if err := json.Unmarshal(m.Params, &p); err != nil {
			e.t.Fatal(err)
		}
		e.diag[p.URI] = p.Diagnostics
	}
	return m
}

// ask sends a request and gives its result, or the error's message.
func (e *editor) ask(method, params string) (result json.RawMessage, failure string) {
	e.id++
	e.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`, e.id, method, params))
	for {
		m := e.receive()
		if m.ID == nil || *m.ID != e.id {
			continue
		}
		if m.Error != nil {
			return nil, m.Error.Message
		}
		return m.Result, ""
	}
}

const uri = "file:///p.flow.yaml"

// open opens a text, or changes to it, and waits for what is wrong with it.
func (e *editor) open(text string) []lspDiagnostic {
	quoted, _ := json.Marshal(text)
	if _, ok := e.diag[uri]; !ok {
		e.tell("textDocument/didOpen", fmt.Sprintf(`{"textDocument":{"uri":%q,"languageId":"yaml","version":1,"text":%s}}`, uri, quoted))
	} else {
		e.tell("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":2},"contentChanges":[{"text":%s}]}`, uri, quoted))
	}
	for e.receive().Method != "textDocument/publishDiagnostics" {
	}
	return e.diag[uri]
}

// at opens a text with the cursor at the mark ‸ and asks there.
func (e *editor) at(method, text, more string) (result json.RawMessage, failure string) {
	before, after, ok := strings.Cut(text, "‸")
	if !ok {
		e.t.Fatalf("no cursor in %s", text)
	}
	e.open(before + after)
	line := strings.Count(before, "\n")
	column := 0
	for _, r := range before[strings.LastIndexByte(before, '\n')+1:] {
		column += width(r)
	}
	return e.ask(method, fmt.Sprintf(`{"textDocument":{"uri":%q},"position":{"line":%d,"character":%d}%s}`, uri, line, column, more))
}

func (e *editor) close() int {
	e.ask("shutdown", "null")
	e.tell("exit", "null")
	close(e.to)
	return <-e.exit
}

func labels(t *testing.T, result json.RawMessage) string {
	t.Helper()
	var list []completion
	if err := json.Unmarshal(result, &list); err != nil {
		t.Fatalf("%s: %v", result, err)
	}
	var out []string
	for _, c := range list {
		out = append(out, c.Label)
	}
	return strings.Join(out, " ")
}

const pipeline = `params:
  least: {type: int, default: 3}
limits:
  api: {concurrency: 2}
sources:
  a: {items: [1, 2]}
  b: {range: {from: 1, to: 3}}
steps:
  - merge: [a, b]
    id: both
  - filter: it > params.least
  - sleep: 10ms
    limits: [api]
    on_error: {to: bad}
sink: {stdout: {}}
sinks:
  bad: {file: bad.jsonl}
`
