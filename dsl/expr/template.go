package expr

import (
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// IsTemplate reports whether text has an expression in it, or an escaped one.
func IsTemplate(src string) bool { return strings.Contains(src, "${") }

// part is a piece of a template: text as it is, or an expression.
type part struct {
	text string
	expr flow.Expr
}

// CompileTemplate compiles text with `${ expression }` in it; the expression gives a string. `$${` stands for `${`.
func CompileTemplate(src string, env Env) (flow.Expr, []Problem) {
	parts, problems := split(src, env)
	if problems != nil {
		return nil, problems
	}
	e := &expression{src: src, konst: true}
	var fixed []byte
	for _, p := range parts {
		if p.expr == nil {
			fixed = append(fixed, p.text...)
			continue
		}
		inner := p.expr.(*expression)
		e.meta = e.meta || inner.meta
		if !inner.konst {
			if e.konst {
				e.prefix = string(fixed)
			}
			e.konst = false
			continue
		}
		if inner.val.IsNull() {
			at := strings.Index(src, inner.src)
			return nil, []Problem{{at, at + len(inner.src), "FR405", inner.src + " is null, and null is no text", "write `?? ''` where it may be null", ""}}
		}
		fixed = value.AppendText(fixed, inner.val)
	}
	e.val = value.OfString(string(fixed))
	e.run = func(s *flow.Scope) (value.Value, error) {
		var out []byte
		for _, p := range parts {
			if p.expr == nil {
				out = append(out, p.text...)
				continue
			}
			v, err := p.expr.Eval(s)
			if err != nil {
				return v, err
			}
			if v.IsNull() {
				return v, failure("%s is null, and null is no text: write `?? ''` where it may be", p.expr)
			}
			if out = value.AppendText(out, v); len(out) > maxText {
				return v, failure("the template makes text of more than 64 MiB")
			}
		}
		return value.OfString(string(out)), nil
	}
	return e, nil
}

// split takes a template apart.
func split(src string, env Env) (parts []part, problems []Problem) {
	literal := func(s string) {
		if s != "" {
			parts = append(parts, part{text: s})
		}
	}
	start := 0
	for {
		i := strings.Index(src[start:], "${")
		if i < 0 {
			literal(src[start:])
			return parts, problems
		}
		i += start
		if i > start && src[i-1] == '$' {
			literal(src[start:i-1] + "${")
			start = i + 2
			continue
		}
		literal(src[start:i])
		end := closing(src, i+2)
		if end < 0 {
			return parts, append(problems, Problem{i, len(src), "FR405", "`${` is not closed", "write `}` after the expression, or `$${` for the text `${`", ""})
		}
		e, wrong := Compile(src[i+2:end], env)
		for _, p := range wrong {
			p.Start += i + 2
			p.End += i + 2
			problems = append(problems, p)
		}
		parts = append(parts, part{expr: e})
		start = end + 1
	}
}

// closing gives the offset of the brace that closes an expression, or -1.
func closing(src string, at int) int {
	depth := 0
	var quote byte
	for ; at < len(src); at++ {
		c := src[at]
		switch {
		case quote != 0:
			if c == '\\' && quote != '`' {
				at++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth == 0:
			return at
		case c == '}':
			depth--
		}
	}
	return -1
}
