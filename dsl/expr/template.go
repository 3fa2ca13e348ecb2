package expr

import (
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// IsTemplate reports whether text has an expression in it, or an escaped one.
func IsTemplate(src string) bool { return strings.Contains(src, "${") }

// piece is a piece of a template: text as it is, or an expression.
type piece struct {
	text string
	expr *expression
}

// CompileTemplate compiles text with `${ expression }` in it; the expression gives a string. `$${` stands for `${`.
func CompileTemplate(src string, env Env) (flow.Expr, []Problem) {
	pieces, problems := split(src, env)
	if problems != nil {
		return nil, problems
	}
	varies, meta, prefix := false, false, ""
	var reads []string
	for i, p := range pieces {
		if p.expr == nil {
			if !varies {
				prefix += p.text
			}
			continue
		}
		meta, reads = meta || p.expr.meta, append(reads, p.expr.reads...)
		v := p.expr.value
		switch {
		case p.expr.place != constant:
			varies = true
		case v.IsNull():
			at := strings.Index(src, p.expr.src)
			return nil, []Problem{{at, at + len(p.expr.src), "FR405", p.expr.src + " is null, and null is no text", "write `?? ''` where it may be null", ""}}
		default:
			pieces[i] = piece{text: v.Text()}
			if !varies {
				prefix += v.Text()
			}
		}
	}
	run := fillIn(pieces)
	o := computedBy(run)
	if !varies {
		v, _ := run(&flow.Scope{}) // of text
		o = constantOf(v)
	}
	e := newExpr(src, o)
	e.meta, e.prefix, e.gives, e.reads = meta, prefix, str, reads
	return e, nil
}

// fillIn makes the text of a template.
//
//go:noinline
func fillIn(pieces []piece) code {
	return func(s *flow.Scope) (value.Value, error) {
		var short [128]byte
		out := short[:0]
		for _, p := range pieces {
			if p.expr == nil {
				out = append(out, p.text...)
				continue
			}
			v, err := p.expr.code(s)
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
}

// split takes a template apart.
func split(src string, env Env) (pieces []piece, problems []Problem) {
	literal := func(s string) {
		if s != "" {
			pieces = append(pieces, piece{text: s})
		}
	}
	start := 0
	for {
		i := strings.Index(src[start:], "${")
		if i < 0 {
			literal(src[start:])
			return pieces, problems
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
			return pieces, append(problems, Problem{i, len(src), "FR405", "`${` is not closed", "write `}` after the expression, or `$${` for the text `${`", ""})
		}
		e, wrong := Compile(src[i+2:end], env)
		for _, p := range wrong {
			p.Start += i + 2
			p.End += i + 2
			problems = append(problems, p)
		}
		if wrong == nil {
			pieces = append(pieces, piece{expr: e.(*expression)})
		}
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
