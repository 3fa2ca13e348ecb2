package expr

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// TypeOf gives what is known of the values that an expression gives.
func TypeOf(e flow.Expr) flow.Type {
	if x, ok := e.(*expression); ok {
		return x.gives
	}
	return flow.Any
}

// Type gives what is known of the values that the expression gives.
func (e *expression) Type() flow.Type { return e.gives }

// inference follows types through an expression. It never says too much, and finds only what is wrong for every item.
type inference struct {
	c        *compiler
	locals   map[string]flow.Type
	elements []elementTypes         // of the loops around, innermost last
	found    map[ast.Node]flow.Type // of every part; nil where nobody asks
	maybe    int                    // how many parts are around that may not be evaluated, or see to what is null before
	cut      bool                   // a `?.` of the running chain may meet null
}

// elementTypes are the types of `#` and `#acc`.
type elementTypes struct{ element, acc flow.Type }

var (
	null     = flow.Only(value.Null)
	boolean  = flow.Only(value.Bool)
	integer  = flow.Only(value.Int)
	float    = flow.Only(value.Float)
	numeric  = flow.Only(value.Int, value.Float)
	str      = flow.Only(value.String)
	instant  = flow.Only(value.Time)
	span     = flow.Only(value.Duration)
	object   = flow.Only(value.Object)
	aNumber  = []value.Kind{value.Int, value.Float, value.Duration}
	sliced   = []value.Kind{value.List, value.String, value.Bytes}
	metaType = flow.ObjectOf(true, flow.Member{Name: "index", Type: integer}, flow.Member{Name: "source", Type: str},
		flow.Member{Name: "file", Type: str}, flow.Member{Name: "line", Type: integer}, flow.Member{Name: "time", Type: instant},
		flow.Member{Name: "attempt", Type: integer})
)

// infer gives the type of a tree.
func (c *compiler) infer(tree ast.Node) flow.Type {
	return (&inference{c: c, locals: map[string]flow.Type{}}).of(tree)
}

func (x *inference) problem(n ast.Node, code, message, help string) {
	x.c.problem(n, code, message, help)
}

func (x *inference) of(n ast.Node) flow.Type {
	t := x.infer(n)
	if x.found != nil {
		x.found[n] = t
	}
	return t
}

func (x *inference) infer(n ast.Node) flow.Type {
	switch n := n.(type) {
	case *ast.NilNode:
		return null
	case *ast.IntegerNode:
		return integer
	case *ast.FloatNode:
		return float
	case *ast.BoolNode:
		return boolean
	case *ast.StringNode:
		return str
	case *ast.BytesNode:
		return flow.Only(value.Bytes)
	case *ast.ConstantNode:
		return flow.TypeOf(value.FromGo(n.Value))
	case *ast.IdentifierNode:
		return x.identifier(n)
	case *ast.PointerNode:
		return x.pointer(n)
	case *ast.UnaryNode:
		return x.unary(n)
	case *ast.BinaryNode:
		return x.binary(n)
	case *ast.ChainNode:
		return x.chain(n)
	case *ast.MemberNode:
		return x.member(n)
	case *ast.SliceNode:
		x.all(n.From, n.To)
		return x.of(n.Node).Part(sliced...)
	case *ast.ConditionalNode:
		x.of(n.Cond)
		return x.perhaps(n.Exp1).Or(x.perhaps(n.Exp2))
	case *ast.VariableDeclaratorNode:
		x.locals[n.Name] = x.of(n.Value)
		defer delete(x.locals, n.Name)
		return x.of(n.Expr)
	case *ast.SequenceNode:
		types := x.all(n.Nodes...)
		return types[len(types)-1]
	case *ast.PredicateNode:
		return x.of(n.Node)
	case *ast.ArrayNode:
		if len(n.Nodes) == 0 {
			return flow.EmptyList
		}
		return flow.ListOf(union(x.all(n.Nodes...)))
	case *ast.MapNode:
		return x.object(n)
	case *ast.BuiltinNode:
		return x.builtin(n)
	case *ast.CallNode:
		return x.call(n)
	}
	return flow.Any
}

func (x *inference) all(nodes ...ast.Node) []flow.Type {
	var out []flow.Type
	for _, n := range nodes {
		if n != nil {
			out = append(out, x.of(n))
		}
	}
	return out
}

// union gives the type of what is of one of the types; any of none.
func union(types []flow.Type) flow.Type {
	if len(types) == 0 {
		return flow.Any
	}
	out := types[0]
	for _, t := range types[1:] {
		out = out.Or(t)
	}
	return out
}

func (x *inference) identifier(n *ast.IdentifierNode) flow.Type {
	if t, ok := x.locals[n.Value]; ok {
		return t
	}
	switch n.Value {
	case "params":
		t := flow.TypeOf(x.c.env.Params)
		for name, of := range x.c.env.Unknown {
			t = t.WithField(name, of)
		}
		return t
	case "meta":
		return metaType
	}
	return x.c.env.Types[n.Value]
}

func (x *inference) pointer(n *ast.PointerNode) flow.Type {
	if len(x.elements) == 0 {
		return flow.Any
	}
	e := x.elements[len(x.elements)-1]
	switch n.Name {
	case "index":
		return integer
	case "acc":
		return e.acc
	}
	return e.element
}

func (x *inference) unary(n *ast.UnaryNode) flow.Type {
	t := x.of(n.Node)
	if n.Operator == "!" || n.Operator == "not" {
		return boolean
	}
	return t.Part(aNumber...)
}

// perhaps gives the type of a part that is not evaluated for every item.
func (x *inference) perhaps(n ast.Node) flow.Type {
	x.maybe++
	defer func() { x.maybe-- }()
	return x.of(n)
}

func (x *inference) binary(n *ast.BinaryNode) flow.Type {
	l, right := x.of(n.Left), x.of
	switch n.Operator {
	case "and", "&&", "or", "||", "??":
		right = x.perhaps
	}
	r := right(n.Right)
	switch n.Operator {
	case "??":
		switch {
		case l.Must(value.Null):
			return r
		case l.May(value.Null):
			return l.Without(value.Null).Or(r)
		}
		return l
	case "..":
		return flow.ListOf(integer)
	case "<", "<=", ">", ">=":
		if !comparable(l, r) {
			x.mismatch(n, l, r)
		}
		return boolean
	}
	if arithmetic[n.Operator] == nil {
		x.unlisted(n)
		return boolean
	}
	t, ok := combine(n.Operator, l, r)
	if !ok {
		x.mismatch(n, l, r)
	}
	return t
}

// mismatch says that an operator has no meaning for its operands.
func (x *inference) mismatch(n *ast.BinaryNode, l, r flow.Type) {
	if l.Must(value.Null) || r.Must(value.Null) {
		return // it may be seen to before
	}
	x.problem(n, "FR404", fmt.Sprintf("`%s` cannot be used with %s and %s", n.Operator, wording(l), wording(r)), "convert one of them, as by `string(…)`, `int(…)` or `float(…)`")
}

// wording gives a type with its article.
func wording(t flow.Type) string {
	text := t.String()
	switch {
	case t.Must(value.Null), t.Must(value.Bytes), strings.HasPrefix(text, "anything"):
		return text
	case t.Must(value.List):
		return "a list"
	case t.Must(value.Object):
		return "an object"
	case strings.HasPrefix(text, "int"), strings.HasPrefix(text, "any"):
		return "an " + text
	}
	return "a " + text
}
