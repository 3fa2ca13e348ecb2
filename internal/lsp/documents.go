package lsp

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/lazy"
)

// opened is the text of an open file, whatever it is.
type opened struct {
	uri  string
	text []byte
}

// document is an open file that is a pipeline, or that one uses.
type document struct {
	uri  string
	path string
	text []byte
	now  *dsl.Inspection // of the text
	good *dsl.Inspection // of the last text that could be read as YAML
}

func (s *server) open(uri, text string) {
	path := pathOf(uri)
	s.texts[path] = opened{uri, []byte(text)}
	d := s.docs[uri]
	if !isPipeline(path, []byte(text)) && len(s.users(path)) == 0 {
		delete(s.docs, uri)
		return
	}
	if d == nil {
		d = &document{uri: uri, path: path}
		s.docs[uri] = d
	}
	d.text = []byte(text)
	s.inspect(d)
}

// inspect looks at a document anew.
func (s *server) inspect(d *document) {
	d.now = dsl.Inspect(d.path, d.text, dsl.Settings{Registry: s.reg, Env: os.LookupEnv, Unbound: true, Read: s.read})
	if d.now.Root != nil || d.good == nil {
		d.good = d.now
	}
}

func pathOf(uri string) string {
	if u, err := url.Parse(uri); err == nil && u.Scheme == "file" {
		return u.Path
	}
	return uri
}

var modeline = lazy.Regexp(`(?m)^# *yaml-language-server: *\$schema=(\S+)`)

// isPipeline reports whether a YAML file is a pipeline, by its name or by the schema that its first lines name.
func isPipeline(path string, text []byte) bool {
	if strings.HasSuffix(path, ".flow.yaml") || strings.HasSuffix(path, ".flow.yml") {
		return true
	}
	m := modeline().FindSubmatch(text[:min(len(text), 1000)])
	if m == nil {
		return false
	}
	schema := string(m[1])
	if strings.Contains(schema, "flowrun") {
		return true
	}
	if !filepath.IsAbs(schema) {
		schema = filepath.Join(filepath.Dir(path), schema)
	}
	start, err := os.ReadFile(schema)
	return err == nil && bytes.Contains(start[:min(len(start), 1000)], []byte(`"flowrun pipeline"`))
}

func (s *server) opened(params json.RawMessage) (any, error) {
	var p struct {
		Doc struct {
			URI  string `json:"uri"`
			Text string `json:"text"`
		} `json:"textDocument"`
	}
	err := json.Unmarshal(params, &p)
	if err == nil {
		s.open(p.Doc.URI, p.Doc.Text)
	}
	return nil, err
}

func (s *server) changed(params json.RawMessage) (any, error) {
	var p struct {
		place
		Changes []struct {
			Text string `json:"text"`
		} `json:"contentChanges"`
	}
	err := json.Unmarshal(params, &p)
	if n := len(p.Changes); err == nil && n > 0 {
		s.open(p.Doc.URI, p.Changes[n-1].Text)
	}
	return nil, err
}

func (s *server) closed(params json.RawMessage) (any, error) {
	var p place
	err := json.Unmarshal(params, &p)
	delete(s.docs, p.Doc.URI)
	delete(s.texts, pathOf(p.Doc.URI))
	return nil, err
}
