package diag

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/flowrun/flowrun/dsl/lazy"
)

// plainly puts what the YAML library says into plain words. The first match counts.
var plainly = []struct{ says, message, help string }{
	{"did not find expected '-' indicator", "this line lines up with nothing above it", "begin it in the column of the items above, or indent it further than they are"},
	{"did not find expected key", "this line lines up with nothing above it", "begin it in the column of the keys above, or indent it further than they are"},
	{"could not find expected ':'", "a colon is missing after this key", "write `key: value`"},
	{"mapping values are not allowed", "a mapping cannot begin here", "begin it in the column of the keys above, or indent it further than the key it belongs to"},
	{"block sequence entries are not allowed", "a list cannot begin here", "begin its first `- ` on a line of its own"},
	{"mapping keys are not allowed", "a key cannot begin here", "begin it on a line of its own"},
	{"found unexpected end of stream", "the text ends within a value", "close its quotes"},
	{"found a tab character", "a tab stands here, and YAML is indented by spaces", "indent by two spaces"},
	{"found character that cannot start any token", "no value can begin with this character", "write the value in quotes"},
	{"did not find expected ',' or", "the value in braces or brackets is broken here", "write its parts in quotes, and a comma between them"},
	{"did not find expected node content", "a value is missing here", "write it, or leave the comma out"},
	{"found unexpected document indicator", "a line `---` or `...` stands within a value", "close its quotes"},
	{"expected <document start>", "something else follows the end of the document", "indent it as what it belongs to"},
	{"exceeded max depth", "the values are nested too deep", "nest them less"},
}

// syntax reports an error of the YAML library: better by what the outline of the text tells, else at the place that a
// second library finds.
func (p *yamlParser) syntax(err error) {
	line, message := 1, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine().FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = m[2]
	}
	t := p.traps()
	if m := unknownAnchor().FindStringSubmatch(message); m != nil {
		at, found := t.aliases[m[1]]
		r := p.file.Range(at, at+1+len(m[1]))
		if !found {
			r = p.lineRange(line)
		}
		p.report(r, "FR101", fmt.Sprintf("`*%s` is an alias, and there is no anchor `&%s` above it", m[1], m[1]), "quote it if it is an expression")
		return
	}
	if len(p.list) > 0 || t.misplaced() {
		return
	}
	r := p.lineRange(line)
	if at, ok := p.second(); ok {
		r = at
	}
	for _, w := range plainly {
		if strings.Contains(message, w.says) {
			p.report(r, "FR101", w.message, w.help)
			return
		}
	}
	p.report(r, "FR101", "this is no YAML: "+message, "look at the indentation, and at quotes and brackets that are not closed")
}

var (
	yamlLine      = lazy.Regexp(`line (\d+): (.*)`)
	unknownAnchor = lazy.Regexp(`^unknown anchor '(.*)' referenced$`)
)

// lineRange gives the text of a line.
func (p *yamlParser) lineRange(line int) Range {
	at := p.file.Offset(line, 1)
	text := string(p.file.Src[at:p.file.lineEnd(at)])
	lead := len(text) - len(strings.TrimLeft(text, " \t"))
	return p.file.Range(at+lead, at+max(len(strings.TrimRight(text, " \t")), lead))
}

// second gives the place that goccy's parser finds for an error.
func (p *yamlParser) second() (r Range, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	_, err := parser.ParseBytes(p.file.Src, 0)
	var placed interface{ GetToken() *token.Token }
	if !errors.As(err, &placed) || placed.GetToken() == nil || placed.GetToken().Position == nil {
		return r, false
	}
	t := placed.GetToken()
	at := p.file.Offset(t.Position.Line, t.Position.Column)
	return p.file.Range(at, min(at+max(len(strings.TrimSpace(t.Value)), 1), p.file.lineEnd(at))), true
}

// illegal reports the first character that cannot stand in a YAML file, and whether there is one.
func (p *yamlParser) illegal(src []byte) bool {
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			p.report(p.file.Range(i, i+n), "FR101", fmt.Sprintf("the byte 0x%02x is no text in UTF-8", src[i]), "save the file as UTF-8")
			return true
		case r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f || r >= 0x80 && r < 0xa0 && r != 0x85 || r == 0xfffe || r == 0xffff:
			p.report(p.file.Range(i, i+n), "FR101", fmt.Sprintf("the control character U+%04X cannot stand in a YAML file", r), fmt.Sprintf(`remove it, or write it as "\u%04x" in double quotes`, r))
			return true
		}
		i += n
	}
	return false
}

// quoted gives text as a YAML scalar in quotes.
func quoted(text string) string {
	if !strings.ContainsAny(text, `"\`) {
		return `"` + text + `"`
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// quoteHelp says how to write an expression that YAML takes for something else.
func quoteHelp(text string) string {
	return fmt.Sprintf("write `%s`, or the expression on the next line after `key: |`", quoted(text))
}

// unbalanced reports whether a quote or a bracket is left open.
func unbalanced(s string) bool {
	var quote byte
	depth := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0:
			if c == '\\' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		}
	}
	return quote != 0 || depth > 0
}

// endsOpen reports whether an expression ends with an operator.
func endsOpen(s string) bool {
	if s != "" && strings.IndexByte("-+*/%=<>&|?:,([{", s[len(s)-1]) >= 0 {
		return true
	}
	for _, word := range []string{"and", "or", "not", "in", "contains", "matches"} {
		if before, ok := strings.CutSuffix(s, word); ok && (before == "" || !inWord(before[len(before)-1])) {
			return true
		}
	}
	return false
}

func inWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}
