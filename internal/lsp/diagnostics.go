package lsp

import (
	"encoding/json"
	"path/filepath"
	"strings"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/internal/format"
)

type lspDiagnostic struct {
	Range    span   `json:"range"`
	Severity int    `json:"severity"` // 1 error, 2 warning
	Code     string `json:"code"`
	Source   string `json:"source"`
	Message  string `json:"message"`

	Related []related `json:"relatedInformation,omitempty"`
}

// publish tells the editor what is wrong with a document that was opened, changed or closed, and with those that use it.
func (s *server) publish(method string, params json.RawMessage) error {
	if !strings.HasPrefix(method, "textDocument/did") || method == "textDocument/didSave" {
		return nil
	}
	var p place
	if json.Unmarshal(params, &p) != nil {
		return nil
	}
	for _, uri := range append([]string{p.Doc.URI}, s.followed(p.Doc.URI)...) {
		if err := s.show(uri); err != nil {
			return err
		}
	}
	for _, d := range s.users(pathOf(p.Doc.URI)) {
		s.inspect(d)
		if err := s.show(d.uri); err != nil {
			return err
		}
	}
	return nil
}

// show tells the editor what is wrong with a document: of its own, without what the editor shows by the schema, and of the
// files that it uses.
func (s *server) show(uri string) error {
	list := []lspDiagnostic{}
	if d := s.docs[uri]; d != nil {
		for _, x := range d.now.Diags {
			if of, ok := d.there(x); ok && x.File != d.path {
				list = append(list, of)
			} else if x.File == d.path && (s.structure || !bySchema(x)) {
				list = append(list, diagnosticOf(d.now.File, x))
			}
		}
		for i := range list { // paths are shown as the document writes them
			list[i].Message = strings.ReplaceAll(list[i].Message, filepath.Dir(d.path)+string(filepath.Separator), "")
		}
	}
	return s.notify("textDocument/publishDiagnostics", map[string]any{"uri": uri, "diagnostics": list})
}

// bySchema reports whether an editor with the schema says the same: of syntax, and of structure but for expressions.
func bySchema(x diag.Diagnostic) bool {
	return strings.HasPrefix(x.Code, "FR2") && x.Code != "FR207" && x.Code != "FR208"
}

func diagnosticOf(f *diag.File, x diag.Diagnostic) lspDiagnostic {
	out := lspDiagnostic{Range: spanOf(f, x.Range), Severity: 1, Code: x.Code, Source: "flowrun", Message: x.Message}
	if x.Severity == diag.Warning {
		out.Severity = 2
	}
	if x.Help != "" {
		out.Message += "\n" + x.Help
	}
	return out
}

// actions gives quick fixes: what a diagnostic is sure was meant.
func (s *server) actions(params json.RawMessage) (any, error) {
	var p struct {
		place
		Range span `json:"range"`
	}
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, err
	}
	out := []any{}
	d := s.docs[p.Doc.URI]
	if d == nil {
		return out, nil
	}
	from, to := offsetOf(d.now.File, p.Range.Start), offsetOf(d.now.File, p.Range.End)
	for _, x := range d.now.Diags {
		if x.File != d.path || x.Suggest == "" || x.Range.End.Offset < from || x.Range.Start.Offset > to {
			continue
		}
		out = append(out, map[string]any{
			"title": "Write " + x.Suggest, "kind": "quickfix", "isPreferred": true,
			"diagnostics": []lspDiagnostic{diagnosticOf(d.now.File, x)},
			"edit":        changes(d, edit{spanOf(d.now.File, x.Range), x.Suggest}),
		})
	}
	return out, nil
}

// changes is a change of one document.
func changes(d *document, edits ...edit) any {
	return map[string]any{"changes": map[string][]edit{d.uri: edits}}
}

// formatting lays the document out, as `flowrun fmt` does.
func (s *server) formatting(params json.RawMessage) (any, error) {
	var p place
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, err
	}
	d := s.docs[p.Doc.URI]
	if d == nil {
		return nil, nil
	}
	text, err := format.Source(d.text)
	if err != nil || string(text) == string(d.text) {
		return []edit{}, nil
	}
	whole := span{End: positionOf(d.now.File, len(d.text))}
	return []edit{{whole, string(text)}}, nil
}
