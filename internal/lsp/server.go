// Package lsp is a language server for pipeline files: what is wrong as it is typed, what stands under the cursor, what
// may stand there, and where names come from. It speaks the Language Server Protocol 3.17 over standard input and output.
package lsp

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// server is one session. It handles a message at a time, in order.
type server struct {
	reg       *flow.Registry
	out       io.Writer
	docs      map[string]*document // pipelines, and files of steps, by their addresses
	texts     map[string]opened    // of all open files, by path
	structure bool                 // messages about structure, which an editor with the schema shows by itself
	ready     bool
	down      bool // shutdown was asked for
}

// Serve answers an editor until it ends the session. The exit code is 0 where it ended it in order.
func Serve(reg *flow.Registry, in io.Reader, out io.Writer) (code int, err error) {
	s := &server{reg: reg, out: out, docs: map[string]*document{}, texts: map[string]opened{}, structure: true}
	r := bufio.NewReader(in)
	for {
		text, err := read(r)
		if err == io.EOF {
			return 1, nil
		}
		if err != nil {
			return 1, err
		}
		var m message
		if err := json.Unmarshal(text, &m); err != nil {
			if err := s.reply(nil, nil, &rpcError{parseError, err.Error()}); err != nil {
				return 1, err
			}
			continue
		}
		if m.Method == "exit" {
			if s.down {
				return 0, nil
			}
			return 1, nil
		}
		if err := s.handle(m); err != nil {
			return 1, err
		}
	}
}

// handle answers one message; an error says that the editor cannot be reached.
func (s *server) handle(m message) error {
	if m.Method == "" { // a reply to what was never asked
		return nil
	}
	var result any
	failure := s.allowed(m.Method)
	if failure == nil {
		result, failure = s.answer(m.Method, m.Params)
	}
	if m.ID == nil {
		if failure == nil {
			return s.publish(m.Method, m.Params)
		}
		return nil
	}
	return s.reply(m.ID, result, failure)
}

func (s *server) allowed(method string) *rpcError {
	switch {
	case s.down:
		return &rpcError{invalidRequest, "the server is shut down"}
	case !s.ready && method != "initialize":
		return &rpcError{notInitialized, "the server is not initialized"}
	}
	return nil
}

// answer calls what a method is answered by. A panic is the request's error: the session goes on.
func (s *server) answer(method string, params json.RawMessage) (result any, failure *rpcError) {
	defer func() {
		if p := recover(); p != nil {
			result, failure = nil, &rpcError{internalError, fmt.Sprintf("%s: %v", method, p)}
		}
	}()
	run, ok := methods[method]
	if !ok {
		if strings.HasPrefix(method, "$/") {
			return nil, nil
		}
		return nil, &rpcError{methodNotFound, "there is no method " + method}
	}
	result, err := run(s, params)
	if err != nil {
		return nil, &rpcError{invalidParams, err.Error()}
	}
	return result, nil
}

func (s *server) reply(id *json.RawMessage, result any, failure *rpcError) error {
	null := json.RawMessage("null")
	if id == nil {
		id = &null
	}
	if result == nil && failure == nil {
		result = null
	}
	return write(s.out, message{ID: id, Result: result, Error: failure})
}

func (s *server) notify(method string, params any) error {
	text, err := json.Marshal(params)
	if err != nil {
		return err
	}
	return write(s.out, message{Method: method, Params: text})
}

// methods are what the server answers.
var methods = map[string]func(s *server, params json.RawMessage) (any, error){
	"initialize":                       (*server).initialize,
	"initialized":                      nothing,
	"shutdown":                         (*server).shutdown,
	"textDocument/didOpen":             (*server).opened,
	"textDocument/didChange":           (*server).changed,
	"textDocument/didClose":            (*server).closed,
	"textDocument/didSave":             nothing,
	"workspace/didChangeConfiguration": nothing,
	"workspace/didChangeWatchedFiles":  nothing,
	"textDocument/hover":               at((*server).hover),
	"textDocument/completion":          at((*server).complete),
	"textDocument/definition":          at((*server).definition),
	"textDocument/references":          at((*server).references),
	"textDocument/prepareRename":       at((*server).renamable),
	"textDocument/rename":              (*server).rename,
	"textDocument/documentSymbol":      (*server).symbols,
	"textDocument/codeAction":          (*server).actions,
	"textDocument/formatting":          (*server).formatting,
}

func nothing(*server, json.RawMessage) (any, error) { return nil, nil }

func (s *server) initialize(params json.RawMessage) (any, error) {
	var p struct {
		Options struct {
			Structure *bool `json:"structure"`
		} `json:"initializationOptions"`
	}
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, err
	}
	if p.Options.Structure != nil {
		s.structure = *p.Options.Structure
	}
	s.ready = true
	return map[string]any{
		"capabilities": map[string]any{
			"positionEncoding":           "utf-16",
			"textDocumentSync":           map[string]any{"openClose": true, "change": 1},
			"hoverProvider":              true,
			"completionProvider":         map[string]any{"triggerCharacters": []string{".", " ", "{", "$", "/"}},
			"definitionProvider":         true,
			"referencesProvider":         true,
			"renameProvider":             map[string]any{"prepareProvider": true},
			"documentSymbolProvider":     true,
			"codeActionProvider":         map[string]any{"codeActionKinds": []string{"quickfix"}},
			"documentFormattingProvider": true,
		},
		"serverInfo": map[string]any{"name": "flowrun"},
	}, nil
}

func (s *server) shutdown(json.RawMessage) (any, error) {
	s.down = true
	return nil, nil
}

// place is where an editor asks.
type place struct {
	Doc struct {
		URI string `json:"uri"`
	} `json:"textDocument"`
	Position position `json:"position"`
}

// at makes a method of a function that looks at a place of a document.
func at(f func(s *server, d *document, offset int) (any, error)) func(*server, json.RawMessage) (any, error) {
	return func(s *server, params json.RawMessage) (any, error) {
		var p place
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, err
		}
		d := s.docs[p.Doc.URI]
		if d == nil { // no pipeline
			return nil, nil
		}
		return f(s, d, offsetOf(d.now.File, p.Position))
	}
}
