package lsp

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/lazy"
)

// uriOf gives the address of a file, as editors name it.
func uriOf(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}

// read gives the text of a file that a pipeline uses: as an editor has it, else as it is on the disk.
func (s *server) read(path string) ([]byte, error) {
	if o, ok := s.texts[path]; ok {
		return o.text, nil
	}
	return os.ReadFile(path)
}

// users gives the open pipelines that use a file, or would.
func (s *server) users(path string) (all []*document) {
	for _, d := range s.docs {
		if slices.Contains(d.now.Wanted, path) {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b *document) int { return strings.Compare(a.uri, b.uri) })
	return all
}

// followed opens the files that a document uses and that an editor has already, and gives their addresses.
func (s *server) followed(uri string) (all []string) {
	d := s.docs[uri]
	if d == nil {
		return nil
	}
	for _, path := range d.now.Wanted {
		if o, ok := s.texts[path]; ok && s.docs[o.uri] == nil {
			s.open(o.uri, string(o.text))
			all = append(all, o.uri)
		}
	}
	return all
}

// related points to a place in another file.
type related struct {
	Location location `json:"location"`
	Message  string   `json:"message"`
}

// there shows what is wrong with a file that a document uses, at the step by which it does.
func (d *document) there(x diag.Diagnostic) (lspDiagnostic, bool) {
	if len(x.Used) == 0 {
		return lspDiagnostic{}, false
	}
	at := x.Used[len(x.Used)-1]
	i := slices.IndexFunc(d.now.Used, func(f *diag.File) bool { return f.Name == x.File })
	if at.File != d.path || i < 0 {
		return lspDiagnostic{}, false
	}
	out := diagnosticOf(d.now.File, x)
	out.Range = spanOf(d.now.File, at.Range)
	out.Related = []related{{location{uriOf(x.File), spanOf(d.now.Used[i], x.Range)}, x.Message}}
	out.Message = diag.Place{File: x.File, Range: x.Range}.String() + ": " + out.Message
	return out, true
}

// paramAt gives the param of a used file whose name is under the cursor, and the step that uses it; nil where there is none.
func paramAt(sp *spot) (*dsl.Part, *dsl.Param) {
	if sp == nil || !sp.frame.with || sp.value != nil {
		return nil, nil
	}
	all := sp.frame.part.Uses.Params
	for i := range all {
		if all[i].Option.Name == sp.key.Value {
			return sp.frame.part, &all[i]
		}
	}
	return nil, nil
}

// namesFile reports whether a value is the file that a step uses.
func namesFile(sp *spot) bool {
	p := sp.frame.part
	return p != nil && p.Component != nil && p.Component.Traits.Use && sp.value != nil && sp.option != nil && sp.option.Name == "file"
}

// params are what a used file may be given, as options.
func params(u *dsl.Uses) (options []config.Option) {
	for _, p := range u.Params {
		p.Option.Type += " or template"
		options = append(options, p.Option)
	}
	return options
}

// usesText says what a file is that is used.
func usesText(d *document, u *dsl.Uses) string {
	name, err := filepath.Rel(filepath.Dir(d.path), u.File.Name)
	if err != nil {
		name = u.File.Name
	}
	text := "**" + name + "**"
	if u.Description != "" {
		text += "\n\n" + strings.TrimSpace(u.Description)
	}
	for i, o := range params(u) {
		if i == 0 {
			text += "\n"
		}
		head, doc, _ := strings.Cut(optionText(o), "\n\n")
		text += "\n- " + head
		if doc != "" {
			text += ": " + strings.TrimSpace(doc)
		}
	}
	return text
}

var (
	hasSteps  = lazy.Regexp(`(?m)^steps:`)
	hasSource = lazy.Regexp(`(?m)^(sources?|sinks?):`)
)

// Bounds on where files to use are looked for.
const (
	maxLooked  = 2000 // files and folders
	deepLooked = 4    // folders within folders
)

// files offers the files of steps in the folder of the document and below it, by their paths from there.
func (s *server) files(d *document, sp *spot) []completion {
	root := filepath.Dir(d.path)
	list, looked := []completion{}, 0
	_ = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		looked++
		name, _ := filepath.Rel(root, path)
		switch {
		case looked > maxLooked:
			return fs.SkipAll
		case err != nil:
			return nil // what cannot be looked at is not offered
		case e.IsDir() && path != root && (strings.HasPrefix(e.Name(), ".") || e.Name() == "node_modules" || strings.Count(name, string(filepath.Separator)) >= deepLooked):
			return fs.SkipDir
		case e.IsDir() || path == d.path || filepath.Ext(path) != ".yaml" && filepath.Ext(path) != ".yml":
			return nil
		}
		if text, err := s.read(path); err == nil && hasSteps().Match(text) && !hasSource().Match(text) {
			list = append(list, completion{Label: filepath.ToSlash(name), Kind: completeFile, Edit: d.inPlaceOf(sp, filepath.ToSlash(name))})
		}
		return nil
	})
	return list
}

// inPlaceOf is the change that puts a text in the place of a value; nil where there is no value yet.
func (d *document) inPlaceOf(sp *spot, text string) *edit {
	if sp.value == nil || sp.value == sp.key || sp.value.Value == "" {
		return nil
	}
	return &edit{spanOf(d.now.File, d.now.File.Node(sp.value)), text}
}
