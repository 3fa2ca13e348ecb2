package expr

import (
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr/file"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/lazy"
)

const (
	tooEarly     = "a value, or a closing bracket or quote, is missing at the end"
	functionDocs = "the functions are those of https://expr-lang.org/docs/language-definition"
)

var (
	unexpectedToken = lazy.Regexp(`^unexpected token (\w+)\("(.*)"\)`)
	longNumber      = lazy.Regexp(`parsing "(.*)":|: "(.*)"`)
	unrecognized    = lazy.Regexp(`^unrecognized character: \S+ '(.*)'`)
)

// syntaxProblem puts an error of expr-lang's parser into this language's words.
func syntaxProblem(src string, err error) Problem {
	p := Problem{Start: 0, End: len(src), Code: "FR401", Message: err.Error()}
	var at *file.Error
	if errors.As(err, &at) {
		p.Start, p.End = bytesOf(src, at.From, at.To)
		p.Message = at.Message
	}
	p.Message = lower(p.Message)
	switch {
	case strings.Contains(p.Message, "token EOF"), p.Message == "unexpected end of expression":
		p.Message, p.Help = "the expression ends too early", tooEarly
	case p.Message == "literal not terminated":
		p.Message, p.Help = "the text that begins here is never closed", "close it by the same quote"
		p.Start, p.End = openQuote(src), len(strings.TrimRightFunc(src, unicode.IsSpace))
	case p.Message == "unclosed comment":
		p.Message, p.Help = "the comment is never closed", "close it by `*/`"
	case p.Message == "invalid char escape" || strings.HasPrefix(p.Message, "unable to unescape"):
		p.Message, p.Help = "this is no escape of text", "write a backslash twice, or the text between backquotes"
	case unrecognized().MatchString(p.Message):
		p.Message, p.Help = fmt.Sprintf("`%s` is no part of an expression", unrecognized().FindStringSubmatch(p.Message)[1]), "text stands in quotes"
	case strings.Contains(p.Message, "literal: ") || strings.HasPrefix(p.Message, "bad number syntax") || strings.HasSuffix(p.Message, "literal is too large"):
		p.number(src)
	case unexpectedToken().MatchString(p.Message):
		m := unexpectedToken().FindStringSubmatch(p.Message)
		p.unexpected(src, m[1], m[2])
	}
	return p
}

// openQuote gives the offset of the quote that is never closed.
func openQuote(src string) int {
	var quote byte
	open := 0
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case quote == 0 && (c == '"' || c == '\'' || c == '`'):
			quote, open = c, i
		case quote != 0 && c == '\\' && quote != '`':
			i++
		case c == quote:
			quote = 0
		}
	}
	return open
}

// number words the error that a number is none.
func (p *Problem) number(src string) {
	p.Help = "write an int of 64 bits, or a number such as 0.5"
	text := ""
	if m := longNumber().FindStringSubmatch(p.Message); m != nil {
		text = m[1] + m[2]
	}
	if i := strings.Index(src, text); text != "" && i >= 0 {
		p.Start, p.End = i, i+len(text)
		p.Message = fmt.Sprintf("%s is no number that there is", diag.Quote(text))
	}
}

// unexpected words the error that a part of the expression stands where it cannot.
func (p *Problem) unexpected(src, kind, text string) {
	before := strings.TrimRight(src[:p.Start], " ")
	switch {
	case kind == "Bracket" && strings.Contains(")]}", text):
		p.Message, p.Help = fmt.Sprintf("`%s` closes nothing here", text), "take it out, or put a value before it"
	case text == "=":
		p.Message, p.Help = "`=` is no operator", "two values are compared by `==`"
	case text == ":" || text == ",":
		p.Message, p.Help = fmt.Sprintf("`%s` cannot stand here", text), "a mapping within a call stands in brackets: `({a: 1})`"
	case kind == "Operator":
		p.Message, p.Help = fmt.Sprintf("the operator `%s` has no value before it", text), "write the value, or text in quotes"
		if strings.HasSuffix(before, "&") || strings.HasSuffix(before, "|") || strings.HasSuffix(before, "=") {
			p.Message, p.Help = fmt.Sprintf("`%s` cannot follow another operator", text), "write one operator, and a value on each side"
		}
	default:
		p.Message, p.Help = fmt.Sprintf("%s cannot follow here", diag.Quote(text)), "an operator such as `+`, `==` or `and` is missing before it"
	}
}

func lower(s string) string {
	if r, n := utf8.DecodeRuneInString(s); n > 0 && r >= 'A' && r <= 'Z' && (len(s) == 1 || s[1] < 'A' || s[1] > 'Z') {
		return strings.ToLower(s[:n]) + s[n:]
	}
	return s
}

// checkProblem puts an error of expr-lang's checker into this language's words.
func checkProblem(src string, env Env, err error) (Problem, file.Location) {
	var at *file.Error
	if !errors.As(err, &at) {
		return Problem{0, len(src), "FR404", lower(err.Error()), "", ""}, file.Location{}
	}
	p := Problem{Code: "FR404", Message: strings.TrimSpace(lower(strings.ReplaceAll(at.Message, "%!s(<nil>)", "nil")))}
	p.Start, p.End = bytesOf(src, at.From, at.To)
	name, isName := strings.CutPrefix(p.Message, "unknown name ")
	switch {
	case isName && called(src, p.End):
		p.function(name)
	case isName && env.NoItem && (name == "it" || name == "meta"):
		p.Code, p.Message = "FR406", fmt.Sprintf("`%s` is not known here, where there is no single item", name)
		p.Help = "use `params`, or compute the value in a step"
	case isName:
		p.Code, p.Message = "FR402", fmt.Sprintf("there is no `%s` here", name)
		known := append([]string{"params"}, env.Vars...)
		if !env.NoItem {
			known = append(known, "it", "meta")
			if env.Key != nil {
				known = append(known, "key")
			}
		}
		if p.suggest(name, known); p.Suggest == "" {
			p.Help = fmt.Sprintf("in scope: %s; a field of the item is `it.%s`, and text is `'%s'`", strings.Join(known, ", "), name, name)
		}
	case strings.HasPrefix(p.Message, "unknown field "):
		p.field(src, env, strings.TrimPrefix(p.Message, "unknown field "))
	case strings.HasPrefix(p.Message, "error parsing regexp: "):
		p.Message = "this is no regular expression: " + strings.TrimPrefix(p.Message, "error parsing regexp: ")
		p.Help = "the syntax is that of RE2"
	default:
		p.wording()
	}
	return p, at.Location
}

// function words the error that there is no such function.
func (p *Problem) function(name string) {
	p.Code, p.Message = "FR403", fmt.Sprintf("there is no function `%s`", name)
	if p.suggest(name, functionNames()); p.Suggest != "" {
		return
	}
	if other := otherwise[name]; other != "" {
		p.Suggest = other
		p.Help = fmt.Sprintf("did you mean `%s`?", other)
		return
	}
	var added []string
	for _, f := range Functions() {
		added = append(added, f.Name)
	}
	p.Help = functionDocs + ", and " + strings.Join(added, ", ")
}

// otherwise are the names that other languages have for functions.
var otherwise = map[string]string{
	"size": "len", "length": "len", "lowercase": "lower", "uppercase": "upper", "avg": "mean", "average": "mean", "str": "string",
	"number": "float", "strip": "trim", "includes": "any", "some": "any", "every": "all", "exists": "any", "format": "format_time",
	"parse_json": "fromJSON", "to_json": "toJSON", "json": "toJSON", "unique": "uniq", "ceiling": "ceil", "hash": "sha256",
}

// phrases puts what the checker says into plain words; $1 and the like are parts of it.
var phrases = []struct {
	says    func() *regexp.Regexp
	message string
	help    string
}{
	{lazy.Regexp(`^not enough arguments to call (\S+)$`), "`$1` has too few arguments", functionDocs},
	{lazy.Regexp(`^too many arguments to call (\S+)$`), "`$1` has too many arguments", functionDocs},
	{lazy.Regexp(`^invalid number of arguments \(expected (\d+), got (\d+)\)$`), "this function takes $1 arguments, and here are $2", ""},
	{lazy.Regexp(`^expected at least (\d+) arguments$`), "this function takes $1 arguments or more", ""},
	{lazy.Regexp(`^cannot use (\S+) as argument \(type bool\) to call ` + choiceOf + `$`), "a condition is a bool, and this is %1", "compare it, as by `!= 0`"},
	{lazy.Regexp(`^cannot use (\S+) as type (\S+) in array$`), "%1 is never in this list, whose elements are each %2", "convert one of them, as by `string(…)`, `int(…)` or `float(…)`"},
	{lazy.Regexp(`^cannot get (first|last) element from (\S+)$`), "`$1` takes a list, and this is %2", ""},
	{lazy.Regexp(`^cannot use (\S+) as argument \(type (\S+)\) to call (\S+)$`), "`$3` takes %2 here, and this is %1", "convert it, as by `string(…)`, `int(…)` or `float(…)`"},
	{lazy.Regexp(`^invalid argument for (\S+) \(type (\S+)\)$`), "`$1` cannot take %2", ""},
	{lazy.Regexp(`^builtin (\S+) takes only array \(got (\S+)\)$`), "`$1` takes a list, and this is %2", ""},
	{lazy.Regexp(`^invalid operation: (\S+) \(mismatched types (\S+) and (\S+)\)$`), "`$1` cannot be used with %2 and %3", "convert one of them, as by `string(…)`, `int(…)` or `float(…)`"},
	{lazy.Regexp(`^invalid operation: (\S+) \(mismatched type (\S+)\)$`), "`$1` cannot be used with %2", ""},
	{lazy.Regexp(`^type (\S+) has no field (\S+)$`), "%1 has no field `$2`", ""},
	{lazy.Regexp(`^type (\S+) has no method (\S+)$`), "%1 has no method `$2`", "functions stand before their value: `$2(…)`"},
	{lazy.Regexp(`^type (\S+) does not support indexing$`), "%1 has no elements", ""},
	{lazy.Regexp(`^non-bool expression \(type (\S+)\) used as condition$`), "a condition is a bool, and this is %1", "compare it, as by `!= 0`"},
	{lazy.Regexp(`^predicate should return boolean \(got (\S+)\)$`), "the condition on the elements is a bool, and this gives %1", "compare it, as by `!= 0`"},
	{lazy.Regexp(`^predicate should has (?:one|two) input and one output param$`), "this gives no value for an element", "write what to compute of each, as in `map(it.xs, # * 2)`"},
	{lazy.Regexp(`^cannot use pointer accessor outside predicate$`), "`#` and a leading `.` are the element of a list within `map`, `filter` and the like", "the item is `it`"},
}

// goTypes are the names that the checker has for types, with the language's own.
var goTypes = map[string]string{
	"int": "an int", "int64": "an int", "float64": "a float", "string": "a string", "bool": "a bool", "nil": "null", "unknown": "something of unknown type", "array": "a list", "map": "an object",
	"time.Time": "a time", "time.Duration": "a duration", "[]interface {}": "a list", "map[string]interface {}": "an object", "[]any": "a list", "[]string": "a list", "[]int": "a list", "map[interface {}]interface {}": "an object",
}

// wording puts the message into plain words where it is known.
func (p *Problem) wording() {
	for _, phrase := range phrases {
		m := phrase.says().FindStringSubmatch(p.Message)
		if m == nil {
			continue
		}
		p.Message, p.Help = reworded(phrase.message, m), reworded(phrase.help, m)
		return
	}
}

// reworded puts the parts of a match in place of $1 and, as types with their articles, of %1.
func reworded(text string, m []string) string {
	for i, part := range m {
		typ, ok := goTypes[part]
		if !ok {
			typ = "a " + part
		}
		text = strings.ReplaceAll(strings.ReplaceAll(text, fmt.Sprintf("$%d", i), part), fmt.Sprintf("%%%d", i), typ)
	}
	return text
}

// field words the error that params or meta has no such field.
func (p *Problem) field(src string, env Env, field string) {
	if strings.HasSuffix(strings.TrimRight(src[:p.Start], " .?"), "meta") {
		p.Code, p.Message = "FR402", fmt.Sprintf("`meta` has no field `%s`", field)
		if p.suggest(field, metaKeys); p.Suggest == "" {
			p.Help = "it has " + strings.Join(metaKeys, ", ")
		}
		return
	}
	var known []string
	known = append(known, env.Params.Shape().Keys()...)
	for key := range env.Unknown {
		known = append(known, key)
	}
	sort.Strings(known)
	p.Code, p.Message = "FR302", fmt.Sprintf("there is no param `%s`", field)
	if p.suggest(field, known); p.Suggest == "" {
		p.Help = fmt.Sprintf("declare it at the top of the file: `params: {%s: {type: string}}`", field)
	}
}

func (p *Problem) suggest(name string, among []string) {
	if p.Suggest = diag.Nearest(name, among); p.Suggest != "" {
		p.Help = fmt.Sprintf("did you mean `%s`?", p.Suggest)
	}
}

// called reports whether an opening bracket follows.
func called(src string, end int) bool {
	return strings.HasPrefix(strings.TrimLeft(src[end:], " "), "(")
}
