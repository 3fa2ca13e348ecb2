// Package codec turns files of the usual formats into items, and items into files.
package codec

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Encoding is what reading and writing have in common.
type Encoding struct {
	Format      string      `flow:"format" enum:"jsonl,json,csv,tsv,lines,bytes" doc:"How items are written: jsonl (a JSON value a line), json (one array, or values one after another), csv, tsv, lines (a text a line) or bytes. Guessed from the name unless given."`
	Compression string      `flow:"compression" enum:"none,gzip,zstd" doc:"How the file is compressed. Guessed from the name unless given."`
	Header      value.Value `flow:"header" default:"true" doc:"Of csv and tsv: whether the first row names the columns, or a list of their names. Without names, items are lists."`
	Delimiter   string      `flow:"delimiter" doc:"Of csv: the character between cells, a comma unless given."`
}

// ReadOptions are the options of sources that read files.
type ReadOptions struct {
	Encoding
	Types   map[string]string `flow:"types" doc:"Of csv and tsv: columns whose cells are int, float, bool, time or duration. An empty cell of these is null. The others are text."`
	Infer   bool              `flow:"infer" doc:"Of csv and tsv: take a column for int, float or bool where all of its first 100 cells are; 007 stays text."`
	Split   bool              `flow:"split" default:"true" doc:"Of json: give the elements of an array one by one."`
	MaxItem flow.Size         `flow:"max_item" default:"64MiB" doc:"The size of an item, such as a line, past which the run fails."`
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

// CheckEncoding reports options that cannot be.
func (e *Encoding) CheckEncoding(report func(option, message, help string)) {
	if n := utf8.RuneCountInString(e.Delimiter); e.Delimiter != "" && (n != 1 || len(e.Delimiter) != 1 || strings.ContainsAny(e.Delimiter, "\"\n\r")) {
		report("delimiter", fmt.Sprintf("%q is no delimiter of cells", e.Delimiter), "write one character of ASCII, such as \";\" or \"\\t\"")
	}
	if k := e.Header.Kind(); k != value.Bool {
		ok := k == value.List && e.Header.Len() > 0
		for _, name := range e.Header.List() {
			ok = ok && name.Kind() == value.String
		}
		if !ok {
			report("header", "the header is true, false, or a list of names", "")
		}
	}
}

// CheckRead reports options that cannot be.
func (o *ReadOptions) CheckRead(report func(option, message, help string)) {
	o.CheckEncoding(report)
	for column, t := range o.Types {
		if !cellTypes[t] {
			report("types", fmt.Sprintf("the column `%s` cannot be of the type `%s`", column, t), "one of int, float, bool, time, duration, string")
		}
	}
	if o.MaxItem < 1 {
		report("max_item", "an item has some size", "write a size such as 64MiB")
	}
}

var cellTypes = map[string]bool{"int": true, "float": true, "bool": true, "time": true, "duration": true, "string": true}

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
