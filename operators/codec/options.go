// Package codec turns files of the usual formats into items, and items into files.
package codec

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Encoding is what reading and writing have in common.
type Encoding struct {
	Format      string      `flow:"format" enum:"jsonl,json,csv,tsv,lines,bytes" doc:"How items are written: jsonl (a JSON value a line), json (one array, or values one after another), csv, tsv, lines (a text a line) or bytes. Guessed from the name unless given."`
	Compression string      `flow:"compression" enum:"none,gzip,zstd" doc:"How the file is compressed. Guessed from the name unless given."`
	Header      value.Value `flow:"header" default:"true" doc:"Of csv and tsv: whether the first row names the columns (then items are objects, else lists); or a list of the columns' names, for a source of a file without such a row, for a sink of what to write."`
	Delimiter   string      `flow:"delimiter" doc:"Of csv and tsv: the character between cells, a comma or a tab unless given."`
}

// ReadOptions are the options of sources that read files.
type ReadOptions struct {
	Encoding
	Types   map[string]string `flow:"types" doc:"Of csv and tsv: columns whose cells are int, float, bool, time or duration. An empty cell of these is null. The others are text."`
	Infer   flow.Sample       `flow:"infer" doc:"How many items to look at first; true is 100. Of csv and tsv: take a column for int, float or bool where all of its cells in these rows are; 007 stays text. Of jsonl and json files: the checker and the editor know the fields of these items, and warn of others; a run takes the items as they are."`
	Split   bool              `flow:"split" default:"true" doc:"Of json: give the elements of an array one by one."`
	MaxItem flow.Size         `flow:"max_item" default:"64MiB" doc:"The size of an item's text, such as a line or a row, past which the run fails."`
}

// WriteOptions are the options of sinks that write files.
type WriteOptions struct {
	Encoding
}

var formats = map[string]string{
	".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".txt": "lines", ".log": "lines",
}

var compressions = map[string]string{".gz": "gzip", ".gzip": "gzip", ".zst": "zstd", ".zstd": "zstd"}

// For completes the encoding by what the name of a file tells.
func (e Encoding) For(name string) Encoding {
	ext := strings.ToLower(filepath.Ext(name))
	if c, ok := compressions[ext]; ok {
		if e.Compression == "" {
			e.Compression = c
		}
		name = name[:len(name)-len(ext)]
		ext = strings.ToLower(filepath.Ext(name))
	}
	if e.Format == "" {
		e.Format = formats[ext]
	}
	return e
}

// Unknown gives the error that a format cannot be guessed from a name.
func Unknown(name string) error {
	return fmt.Errorf("the format of %s cannot be told from its name: give `format`, such as jsonl", filepath.Base(name))
}

// CheckEncoding reports options that cannot be. The files are the names of what is read or written, as far as they are
// known.
func (e *Encoding) CheckEncoding(report func(option, message, help string), files ...string) {
	formats := e.formats(files)
	table := func(option string) {
		only(report, formats, option, "csv", "tsv")
	}
	if e.Delimiter != "" {
		table("delimiter")
		if n := utf8.RuneCountInString(e.Delimiter); n != 1 || len(e.Delimiter) != 1 || strings.ContainsAny(e.Delimiter, "\"\n\r") {
			report("delimiter", fmt.Sprintf("%q is no delimiter of cells", e.Delimiter), "write one character of ASCII, such as \";\" or \"\\t\"")
		}
	}
	if e.Header.Kind() == value.Bool {
		if !e.Header.Bool() {
			table("header")
		}
		return
	}
	table("header")
	names := e.names()
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			report("header", fmt.Sprintf("the column `%s` stands twice in the header", name), "give each column a name of its own")
		}
	}
	if len(names) == 0 || slices.ContainsFunc(e.Header.List(), func(v value.Value) bool { return v.Kind() != value.String }) {
		report("header", "the header is true, false, or a list of names", "")
	}
}

// formats gives what the files with these names hold; "" for what is not known.
func (e *Encoding) formats(names []string) []string {
	if len(names) == 0 {
		return []string{e.Format}
	}
	var out []string
	for _, name := range names {
		out = append(out, e.For(name).Format)
	}
	return out
}

// only reports an option that no file can use.
func only(report func(option, message, help string), formats []string, option string, wanted ...string) {
	for _, f := range formats {
		if f == "" || slices.Contains(wanted, f) {
			return
		}
	}
	report(option, fmt.Sprintf("`%s` is of %s, and the format is %s", option, listed(wanted), formats[0]), "leave it out, or change `format`")
}

// listed gives words as a sentence lists them.
func listed(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// CheckRead reports options that cannot be. The files are the names of what is read, as far as they are known.
func (o *ReadOptions) CheckRead(report func(option, message, help string), files ...string) {
	o.CheckEncoding(report, files...)
	formats := o.formats(files)
	if len(o.Types) > 0 {
		only(report, formats, "types", "csv", "tsv")
		if o.Header.Kind() == value.Bool && !o.Header.Bool() {
			report("types", "the columns have no names, as `header` is false", "give `header` a list of names")
		}
	}
	for _, column := range slices.Sorted(maps.Keys(o.Types)) {
		if names := o.names(); names != nil && !slices.Contains(names, column) {
			report("types", fmt.Sprintf("there is no column `%s`: the header has %s", column, strings.Join(names, ", ")), "")
		}
		if t := o.Types[column]; !slices.Contains(cellTypes, t) {
			report("types", fmt.Sprintf("the column `%s` cannot be of the type `%s`", column, t), "one of "+strings.Join(cellTypes, ", "))
		}
	}
	if o.Infer > 0 {
		wanted := []string{"csv", "tsv"}
		if len(files) > 0 { // of which a sample can be taken
			wanted = append(wanted, "jsonl", "json")
		}
		only(report, formats, "infer", wanted...)
	}
	if !o.Split {
		only(report, formats, "split", "json")
	}
	if o.MaxItem < 1 {
		report("max_item", "an item has some size", "write a size such as 64MiB")
	}
}

var cellTypes = []string{"string", "int", "float", "bool", "time", "duration"}

func (e Encoding) delimiter() byte {
	switch {
	case e.Delimiter != "":
		return e.Delimiter[0]
	case e.Format == "tsv":
		return '\t'
	}
	return ','
}

// names gives the columns' names that the options list; nil where the first row gives them, or nothing does.
func (e Encoding) names() []string {
	var out []string
	for _, v := range e.Header.List() {
		out = append(out, v.Str())
	}
	return out
}
