package diag

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite what the formats are compared with")

// several are diagnostics of every kind: of one character, of more, of several lines, of none, with wide characters and
// tabs before them, without a place.
func several() (List, []*File) {
	a := NewFile("a b.yaml", []byte("source: {itens: [1]}\nsteps:\n  - filter: |\n      it.日本 == 1 and\n\t\titt.x\n"))
	at := func(text string) Range {
		i := strings.Index(string(a.Src), text)
		return a.Range(i, i+len(text))
	}
	b := NewFile("flows/100%,b.yaml", []byte(""))
	return List{
		{File: a.Name, Range: at("itens"), Severity: Error, Code: "FR206", Message: "there is no source `itens`", Help: "did you mean `items`?", Suggest: "items"},
		{File: a.Name, Range: at("日本"), Severity: Warning, Code: "R06", Message: "`日本` is a name", Help: ""},
		{File: a.Name, Range: at("itt"), Severity: Error, Code: "FR402", Message: "there is no `itt` here\nor there", Help: "100%: did you mean `it`?"},
		{File: a.Name, Range: at("|\n      it.日本 == 1 and\n\t\titt.x"), Severity: Error, Code: "FR404", Message: "all of this", Help: ""},
		{File: b.Name, Range: b.Range(0, 0), Severity: Error, Code: "FR106", Message: "the file is empty", Help: ""},
		{File: "nowhere.yaml", Severity: Error, Code: "FR101", Message: "the file cannot be read: no such file", Help: ""},
	}, []*File{a, b}
}

func TestFormats(t *testing.T) {
	list, files := several()
	for name, print := range map[string]func(w *bytes.Buffer) error{
		"text.txt":   func(w *bytes.Buffer) error { Text(w, list, files, false); return nil },
		"color.txt":  func(w *bytes.Buffer) error { Text(w, list[:2], files, true); return nil },
		"list.json":  func(w *bytes.Buffer) error { return JSON(w, list) },
		"none.json":  func(w *bytes.Buffer) error { return JSON(w, nil) },
		"list.sarif": func(w *bytes.Buffer) error { return SARIF(w, list) },
		"none.sarif": func(w *bytes.Buffer) error { return SARIF(w, nil) },
		"github.txt": func(w *bytes.Buffer) error { GitHub(w, list); return nil },
	} {
		var got bytes.Buffer
		if err := print(&got); err != nil {
			t.Fatal(name, err)
		}
		path := filepath.Join("testdata/formats", name)
		if *update {
			if err := os.WriteFile(path, got.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || got.String() != string(want) {
			t.Errorf("%s (%v)\ngot:\n%s\nwant:\n%s", name, err, got.String(), want)
		}
	}
}
