package expr

import (
	"fmt"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// compiler turns a tree into closures.
type compiler struct {
	src      string
	env      Env
	locals   map[string]int  // slots of variables
	lets     map[int]*column // what the variables in them are, where that is a column
	elements []int           // slots of the elements of the loops around, innermost last: element, index, accumulator
	depth    int             // slots in use
	most     int             // slots in use at once
	lowest   int             // the lowest slot that is read
	varies   bool            // something is not the same for every item
	failing  bool            // something fails that is the same for every item
	meta     bool
	agg      *aggregation // of an aggregate's result
	problems []Problem
}

func (c *compiler) problem(n ast.Node, code, message, help string) {
	start, end := bytesOf(c.src, n.Location().From, n.Location().To)
	c.problems = append(c.problems, Problem{Start: start, End: end, Code: code, Message: message, Help: help})
}

// slot reserves a local variable.
func (c *compiler) slot() int { return c.block(1) }

// block reserves neighbouring local variables, and gives the first.
func (c *compiler) block(n int) int {
	c.depth += n
	c.most = max(c.most, c.depth)
	return c.depth - n
}

// compile compiles a part of the expression. What is the same for every item is computed once, here, unless it fails.
func (c *compiler) compile(n ast.Node) operand {
	varies, lowest, depth := c.varies, c.lowest, c.depth
	c.varies, c.lowest = false, depth
	o := c.node(n)
	o.node = n
	if o.place == computed && !c.varies && c.lowest == depth && !c.failing && c.problems == nil {
		v, err := o.code(&flow.Scope{Locals: make([]value.Value, c.most)})
		if err == nil && c.shares() {
			err = bounded(n, v)
		}
		if c.failing = err != nil && err != errNull; err == nil {
			o = constantOf(v)
			o.node = n
		}
	}
	c.varies, c.lowest, c.depth = c.varies || varies, min(c.lowest, lowest), depth
	return o
}

// looped reports whether what is compiled is in the body of a loop.
func (c *compiler) looped() bool { return len(c.elements) > 0 }

// shares reports whether values in the expression can hold the same thing many times, as by loops and lets they can.
func (c *compiler) shares() bool { return c.most > 0 }

func (c *compiler) code(n ast.Node) code { return c.compile(n).code }

func (c *compiler) all(nodes []ast.Node) []operand {
	out := make([]operand, len(nodes))
	for i, n := range nodes {
		out[i] = c.compile(n)
	}
	return out
}

func (c *compiler) node(n ast.Node) operand {
	switch n := n.(type) {
	case *ast.NilNode:
		return constantOf(value.Value{})
	case *ast.IntegerNode:
		return constantOf(value.OfInt(int64(n.Value)))
	case *ast.FloatNode:
		return constantOf(value.OfFloat(n.Value))
	case *ast.BoolNode:
		return constantOf(value.OfBool(n.Value))
	case *ast.StringNode:
		return constantOf(value.OfString(n.Value))
	case *ast.BytesNode:
		return constantOf(value.OfBytes(n.Value))
	case *ast.ConstantNode:
		return constantOf(value.FromGo(n.Value))
	case *ast.IdentifierNode:
		return c.identifier(n)
	case *ast.PointerNode:
		return c.pointer(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ChainNode:
		return c.chain(n)
	case *ast.MemberNode:
		return c.member(n)
	case *ast.SliceNode:
		return computedBy(c.slice(n))
	case *ast.CallNode:
		return c.call(n)
	case *ast.BuiltinNode:
		return c.builtin(n)
	case *ast.PredicateNode:
		return c.compile(n.Node)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.VariableDeclaratorNode:
		return c.variable(n)
	case *ast.SequenceNode:
		return computedBy(c.sequence(n))
	case *ast.ArrayNode:
		return makeList(c.all(n.Nodes))
	case *ast.MapNode:
		return c.object(n)
	}
	c.problem(n, "FR401", fmt.Sprintf("this is no part of the language: %s", text(n)), "")
	return constantOf(value.Value{})
}

func (c *compiler) identifier(n *ast.IdentifierNode) operand {
	if slot, ok := c.locals[n.Value]; ok {
		return c.local(slot)
	}
	for i, name := range c.env.Vars {
		if name == n.Value {
			c.varies = true
			return variableAt(i)
		}
	}
	switch n.Value {
	case "it":
		if c.agg != nil {
			c.problem(n, "FR407", "an aggregate is one value for many items, and `it` is one of them", "say which one: `sum(it.x)`, `first(it.x)`, `max(it.x)`")
		}
		c.varies = true
		return theItem()
	case "meta":
		c.varies, c.meta = true, true
		return computedBy(func(s *flow.Scope) (value.Value, error) { return metaValue(s), nil })
	case "key":
		if c.env.Key != nil {
			*c.env.Key, c.varies = true, true
			return computedBy(groupKey)
		}
	case "params":
		return constantOf(c.env.Params)
	}
	c.problem(n, "FR402", fmt.Sprintf("there is no `%s` here", n.Value), "")
	return constantOf(value.Value{})
}

// groupKey gives the key of the item's group.
func groupKey(s *flow.Scope) (value.Value, error) {
	if s.Meta == nil {
		return value.Value{}, nil
	}
	return s.Meta.Key, nil
}

// local gives the variable in a slot.
func (c *compiler) local(slot int) operand {
	c.lowest = min(c.lowest, slot)
	o := localAt(slot)
	o.column = c.lets[slot]
	return o
}

func (c *compiler) conditional(n *ast.ConditionalNode) operand {
	cond, one, other := c.compile(n.Cond), c.compile(n.Exp1), c.compile(n.Exp2)
	test, yes, no := cond.asTest(), one.code, other.code
	o := computedBy(func(s *flow.Scope) (value.Value, error) {
		ok, err := test(s)
		if err != nil {
			return value.Value{}, err
		}
		if ok {
			return yes(s)
		}
		return no(s)
	})
	o.column, o.folds = chosen(&cond, &one, &other), foldingChoice(&cond, &one, &other)
	return o
}

func (c *compiler) variable(n *ast.VariableDeclaratorNode) operand {
	init := c.compile(n.Value)
	slot := c.slot()
	if c.locals == nil {
		c.locals = map[string]int{}
	}
	c.locals[n.Name] = slot // the checker refuses a name that is taken
	if is := columnOf(&init); is != nil {
		if c.lets == nil {
			c.lets = map[int]*column{}
		}
		c.lets[slot] = is
	}
	body := c.compile(n.Expr)
	is := c.lets[slot]
	delete(c.locals, n.Name)
	delete(c.lets, slot)
	first, then := init.code, body.code
	o := computedBy(func(s *flow.Scope) (value.Value, error) {
		v, err := first(s)
		if err != nil {
			return v, err
		}
		s.Locals[slot] = v
		return then(s)
	})
	if body.column.has(is) { // else it fails where the variable does, all the same
		o.column = body.column
	}
	return o
}

func (c *compiler) sequence(n *ast.SequenceNode) code {
	parts := c.all(n.Nodes)
	return func(s *flow.Scope) (v value.Value, err error) {
		for _, part := range parts {
			if v, err = part.code(s); err != nil {
				return v, err
			}
		}
		return v, nil
	}
}
