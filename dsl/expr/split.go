package expr

import (
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// maxParts is how many parts of a text there may be: each is an element, and a string before.
const maxParts = maxMade / (elementBytes + 16)

// splitting gives split and its like: some makes the parts, and whole says that they are what stands between separators.
func splitting(some func(s, sep string, n int) []string, whole bool) function {
	return function{many: func(args []value.Value) (value.Value, error) {
		s, err := wantString(args, 0)
		if err != nil {
			return args[0], err
		}
		sep, err := wantString(args, 1)
		if err != nil {
			return args[1], err
		}
		n := int64(-1) // all
		if len(args) > 2 {
			if n, err = wantInt(args, 2); err != nil {
				return args[2], err
			}
		}
		if len(s) >= maxParts && (n < 0 || n > maxParts) && strings.Count(s, sep) >= maxParts {
			return args[0], errTooMany
		}
		if whole && n < 0 && sep != "" {
			return value.OfList(parts(s, sep)), nil
		}
		texts := some(s, sep, int(n))
		out := make([]value.Value, len(texts))
		for i, p := range texts {
			out[i] = value.OfString(p)
		}
		return value.OfList(out), nil
	}}
}

// parts gives what stands between the separators.
func parts(s, sep string) []value.Value {
	out := make([]value.Value, strings.Count(s, sep)+1)
	for k := range len(out) - 1 {
		i := strings.Index(s, sep)
		out[k], s = value.OfString(s[:i]), s[i+len(sep):]
	}
	out[len(out)-1] = value.OfString(s)
	return out
}

// splits gives the call of split that a node is, if it is one for all parts of a text.
func splits(n ast.Node) *ast.BuiltinNode {
	if call, ok := n.(*ast.BuiltinNode); ok && call.Name == "split" && len(call.Arguments) == 2 {
		return call
	}
	return nil
}

// part compiles the access to one part of a split text, of which no list is made.
func (c *compiler) part(n *ast.MemberNode, split *ast.BuiltinNode, k int) operand {
	return c.ofParts(split, func(s, sep string) (value.Value, bool) {
		part, ok := nthPart(s, sep, k)
		return value.OfString(part), ok
	}, func(list value.Value) (value.Value, error) { return at(n, list, value.OfInt(int64(k))) })
}

// parts compiles the number of parts of a split text.
func (c *compiler) parts(split *ast.BuiltinNode) operand {
	return c.ofParts(split, func(s, sep string) (value.Value, bool) {
		return value.OfInt(int64(strings.Count(s, sep)) + 1), sep != ""
	}, func(list value.Value) (value.Value, error) { return value.OfInt(int64(list.Len())), nil })
}

// ofParts compiles what is asked of the parts of a split text: quick gives it, or otherwise computes it of the list.
func (c *compiler) ofParts(split *ast.BuiltinNode, quick func(s, sep string) (value.Value, bool), otherwise func(list value.Value) (value.Value, error)) operand {
	looped, args := c.looped(), c.all(split.Arguments)
	s, sep, list := args[0].code, args[1].code, natives["split"].many
	return computedBy(func(scope *flow.Scope) (value.Value, error) {
		a, err := s(scope)
		if err != nil {
			return a, err
		}
		b, err := sep(scope)
		if err != nil {
			return b, err
		}
		if looped {
			if err := spend(scope, split, effort(a)); err != nil {
				return a, err
			}
		}
		if a.IsString() && b.IsString() {
			if v, ok := quick(a.Str(), b.Str()); ok {
				return v, nil
			}
		}
		v, err := list([]value.Value{a, b})
		if err != nil {
			return v, failure("%s: %w", text(split), err)
		}
		if looped {
			if err := spend(scope, split, v.Len()); err != nil {
				return a, err
			}
		}
		return otherwise(v)
	})
}

// nthPart gives the part at k of a split text, or the last where k is -1, if there are so many and it is found without splitting.
func nthPart(s, sep string, k int) (string, bool) {
	if sep == "" || k < -1 {
		return "", false
	}
	if k == -1 {
		return s[strings.LastIndex(s, sep)+1:], len(sep) == 1 // a longer one may overlap with itself
	}
	for ; k > 0; k-- {
		i := strings.Index(s, sep)
		if i < 0 {
			return "", false
		}
		s = s[i+len(sep):]
	}
	if i := strings.Index(s, sep); i >= 0 {
		s = s[:i]
	}
	return s, true
}

// constantIndex gives the int that an index is where it is written down.
func constantIndex(n ast.Node) (int, bool) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return n.Value, true
	case *ast.UnaryNode:
		if k, ok := n.Node.(*ast.IntegerNode); ok && n.Operator == "-" {
			return -k.Value, true
		}
	}
	return 0, false
}
