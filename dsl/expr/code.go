package expr

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Bounds on what one evaluation may do.
const (
	maxSteps = 10_000_000 // turns of loops
	maxRange = 1_000_000  // elements of a range
	maxText  = 64 << 20   // bytes of a string that is made
)

// compiler turns a tree into closures.
type compiler struct {
	src      string
	env      Env
	locals   map[string]int // slots of variables
	elements []int          // slots of the elements of the loops around, innermost last: element, index, accumulator
	depth    int            // slots in use
	most     int            // slots in use at once
	varies   bool           // something in the expression is not the same for every item
	meta     bool
	agg      *aggregation // of an aggregate's result
	problems []Problem
}

func (c *compiler) problem(n ast.Node, code, message, help string) {
	start, end := bytesOf(c.src, n.Location().From, n.Location().To)
	c.problems = append(c.problems, Problem{Start: start, End: end, Code: code, Message: message, Help: help})
}

// slot reserves a local variable.
func (c *compiler) slot() int {
	c.depth++
	c.most = max(c.most, c.depth)
	return c.depth - 1
}

// failure is an item error that names the part of the expression.
func failure(format string, args ...any) error {
	return flow.Typed("expression", fmt.Errorf(format, args...))
}

// text gives a part of an expression for a message.
func text(n ast.Node) string {
	s := strings.ReplaceAll(n.String(), "?.", "?.")
	if utf8.RuneCountInString(s) > 60 {
		s = string([]rune(s)[:59]) + "…"
	}
	return s
}

func constant(v value.Value) code {
	return func(*flow.Scope) (value.Value, error) { return v, nil }
}

// errNull ends the chain around a `?.` whose left side is null.
var errNull = errors.New("null in a chain")

func (c *compiler) compile(n ast.Node) code {
	switch n := n.(type) {
	case *ast.NilNode:
		return constant(value.Value{})
	case *ast.IntegerNode:
		return constant(value.OfInt(int64(n.Value)))
	case *ast.FloatNode:
		return constant(value.OfFloat(n.Value))
	case *ast.BoolNode:
		return constant(value.OfBool(n.Value))
	case *ast.StringNode:
		return constant(value.OfString(n.Value))
	case *ast.BytesNode:
		return constant(value.OfBytes(n.Value))
	case *ast.ConstantNode:
		return constant(value.FromGo(n.Value))
	case *ast.IdentifierNode:
		return c.identifier(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ChainNode:
		inner := c.compile(n.Node)
		return func(s *flow.Scope) (value.Value, error) {
			v, err := inner(s)
			if err == errNull {
				return value.Value{}, nil
			}
			return v, err
		}
	case *ast.MemberNode:
		return c.member(n)
	case *ast.SliceNode:
		return c.slice(n)
	case *ast.CallNode:
		return c.call(n)
	case *ast.BuiltinNode:
		return c.builtin(n)
	case *ast.PredicateNode:
		return c.compile(n.Node)
	case *ast.PointerNode:
		return c.pointer(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.VariableDeclaratorNode:
		return c.variable(n)
	case *ast.SequenceNode:
		return c.sequence(n)
	case *ast.ArrayNode:
		items := c.all(n.Nodes)
		return func(s *flow.Scope) (value.Value, error) {
			out := make([]value.Value, len(items))
			for i, item := range items {
				v, err := item(s)
				if err != nil {
					return v, err
				}
				out[i] = v
			}
			return value.OfList(out), nil
		}
	case *ast.MapNode:
		return c.object(n)
	}
	c.problem(n, "FR401", fmt.Sprintf("this is no part of the language: %s", text(n)), "")
	return constant(value.Value{})
}

func (c *compiler) all(nodes []ast.Node) []code {
	out := make([]code, len(nodes))
	for i, n := range nodes {
		out[i] = c.compile(n)
	}
	return out
}

func (c *compiler) identifier(n *ast.IdentifierNode) code {
	if slot, ok := c.locals[n.Value]; ok {
		return func(s *flow.Scope) (value.Value, error) { return s.Locals[slot], nil }
	}
	for i, name := range c.env.Vars {
		if name == n.Value {
			c.varies = true
			return func(s *flow.Scope) (value.Value, error) {
				if i >= len(s.Vars) {
					return value.Value{}, nil
				}
				return s.Vars[i], nil
			}
		}
	}
	switch n.Value {
	case "it":
		if c.agg != nil {
			c.problem(n, "FR407", "an aggregate is one value for many items, and `it` is one of them", "say which one: `sum(it.x)`, `first(it.x)`, `max(it.x)`")
		}
		c.varies = true
		return func(s *flow.Scope) (value.Value, error) { return s.It, nil }
	case "meta":
		c.varies, c.meta = true, true
		return func(s *flow.Scope) (value.Value, error) { return metaValue(s.Meta), nil }
	case "params":
		return constant(c.env.Params)
	}
	c.problem(n, "FR402", fmt.Sprintf("there is no `%s` here", n.Value), "")
	return constant(value.Value{})
}

var metaShape = value.NewShape([]string{"index", "source", "file", "line", "time", "attempt"})

func metaValue(m *flow.Meta) value.Value {
	if m == nil {
		m = &flow.Meta{}
	}
	return value.OfShape(metaShape, []value.Value{
		value.OfInt(m.Index), value.OfString(m.Source), value.OfString(m.File), value.OfInt(m.Line), value.OfTime(m.Time),
		value.OfInt(int64(max(m.Attempt, 1))),
	})
}

func (c *compiler) conditional(n *ast.ConditionalNode) code {
	cond, yes, no := c.compile(n.Cond), c.compile(n.Exp1), c.compile(n.Exp2)
	what := n.Cond
	return func(s *flow.Scope) (value.Value, error) {
		v, err := cond(s)
		if err != nil {
			return v, err
		}
		if v.Kind() != value.Bool {
			return v, failure("%s is %s, not a bool", text(what), flow.Describe(v))
		}
		if v.Bool() {
			return yes(s)
		}
		return no(s)
	}
}

func (c *compiler) variable(n *ast.VariableDeclaratorNode) code {
	init := c.compile(n.Value)
	slot := c.slot()
	if c.locals == nil {
		c.locals = map[string]int{}
	}
	outer, shadowed := c.locals[n.Name]
	c.locals[n.Name] = slot
	body := c.compile(n.Expr)
	delete(c.locals, n.Name)
	if shadowed {
		c.locals[n.Name] = outer
	}
	return func(s *flow.Scope) (value.Value, error) {
		v, err := init(s)
		if err != nil {
			return v, err
		}
		s.Locals[slot] = v
		return body(s)
	}
}

func (c *compiler) sequence(n *ast.SequenceNode) code {
	parts := c.all(n.Nodes)
	return func(s *flow.Scope) (v value.Value, err error) {
		for _, part := range parts {
			if v, err = part(s); err != nil {
				return v, err
			}
		}
		return v, nil
	}
}

func (c *compiler) object(n *ast.MapNode) code {
	var keys []string
	var fixed []code
	constantKeys := true
	var keyCodes, valueCodes []code
	for _, p := range n.Pairs {
		pair := p.(*ast.PairNode)
		valueCodes = append(valueCodes, c.compile(pair.Value))
		if k, ok := pair.Key.(*ast.StringNode); ok {
			keys = append(keys, k.Value)
			keyCodes = append(keyCodes, constant(value.OfString(k.Value)))
		} else {
			constantKeys = false
			keyCodes = append(keyCodes, c.compile(pair.Key))
		}
	}
	if constantKeys && distinct(keys) {
		fixed = valueCodes
		return build(value.NewShape(keys), fixed)
	}
	return func(s *flow.Scope) (value.Value, error) {
		b := value.Builder{}
		for i, key := range keyCodes {
			k, err := key(s)
			if err != nil {
				return k, err
			}
			v, err := valueCodes[i](s)
			if err != nil {
				return v, err
			}
			b.Set(k.Text(), v)
		}
		return b.Value(), nil
	}
}

// build makes an object of a known shape.
func build(shape *value.Shape, fields []code) code {
	return func(s *flow.Scope) (value.Value, error) {
		slots := make([]value.Value, len(fields))
		for i, f := range fields {
			v, err := f(s)
			if err != nil {
				return v, err
			}
			slots[i] = v
		}
		return value.OfShape(shape, slots), nil
	}
}

func distinct(keys []string) bool {
	seen := map[string]bool{}
	for _, k := range keys {
		if seen[k] {
			return false
		}
		seen[k] = true
	}
	return true
}
