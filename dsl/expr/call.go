package expr

import (
	"fmt"
	"maps"
	"reflect"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// function computes a call: that of one argument where it has only that, else that of any number of them, which does
// not keep the slice.
type function struct {
	one  func(a value.Value) (value.Value, error)
	many func(args []value.Value) (value.Value, error)
	deep bool // it goes into the parts of the parts of its arguments

	column columnOp // how it is computed for columns; colItem: not at all
}

// natives are the functions of expr-lang that take no body.
var natives = map[string]function{}

func init() {
	for _, group := range []map[string]function{numberFunctions, textFunctions, listFunctions, objectFunctions, timeFunctions} {
		maps.Copy(natives, group)
	}
}

func (c *compiler) builtin(n *ast.BuiltinNode) operand {
	if _, ok := loops[n.Name]; ok && len(n.Arguments) > 0 {
		return c.loop(n)
	}
	if n.Name == "len" && len(n.Arguments) == 1 && splits(n.Arguments[0]) != nil {
		return c.parts(splits(n.Arguments[0]))
	}
	f, ok := natives[n.Name]
	if len(n.Arguments) > 0 && isLocation(n.Arguments[0]) {
		f, ok = inLocation[n.Name], inLocation[n.Name].many != nil
	}
	if !ok {
		c.problem(n, "FR403", fmt.Sprintf("there is no function `%s`", n.Name), "")
		return constantOf(value.Value{})
	}
	c.varies = c.varies || n.Name == "now"
	return c.apply(n, n.Arguments, f)
}

// isLocation reports whether the checker found an expression to be what timezone() gives.
func isLocation(n ast.Node) bool { return n.Type() == reflect.TypeFor[*time.Location]() }

func (c *compiler) call(n *ast.CallNode) operand {
	switch callee := n.Callee.(type) {
	case *ast.IdentifierNode:
		if c.agg != nil {
			if o, ok := c.agg.call(c, n, callee.Value); ok {
				return o
			}
		}
		if f, ok := extra[callee.Value]; ok {
			c.varies = c.varies || f.varies
			if len(n.Arguments) > 0 && isLocation(n.Arguments[0]) {
				return c.apply(n, n.Arguments, inLocation[callee.Value])
			}
			if f.each != nil {
				return c.apply(n, n.Arguments, f.each())
			}
			return c.apply(n, n.Arguments, f.run)
		}
		if _, ok := builtin.Index[callee.Value]; ok { // an aggregate's name, within its argument
			return c.builtin(&ast.BuiltinNode{Name: callee.Value, Arguments: n.Arguments})
		}
		c.problem(n, "FR403", fmt.Sprintf("there is no function `%s`", callee.Value), "")
	case *ast.MemberNode:
		if name, ok := callee.Property.(*ast.StringNode); ok {
			return c.method(n, callee, name.Value)
		}
		c.problem(n, "FR403", "only functions can be called", "")
	default:
		c.problem(n, "FR403", "only functions can be called", "")
	}
	return constantOf(value.Value{})
}

// apply compiles the call of a function.
func (c *compiler) apply(n ast.Node, nodes []ast.Node, f function) operand {
	looped := c.looped()
	if f.one != nil && len(nodes) == 1 {
		args := c.all(nodes)
		arg, weighed := args[0].code, looped || f.deep && c.shares()
		o := computedBy(func(s *flow.Scope) (value.Value, error) {
			a, err := arg(s)
			if err != nil {
				return a, err
			}
			if weighed {
				if err := affordable(s, n, f, looped, a); err != nil {
					return a, err
				}
			}
			v, err := f.one(a)
			if err != nil {
				return v, failure("%s: %w", text(n), err)
			}
			return v, made(s, n, looped, v)
		})
		o.column, _ = applied(f.column, args)
		return o
	}
	if f.many == nil {
		c.problem(n, "FR403", fmt.Sprintf("`%s` takes one argument", text(n)), "")
		return constantOf(value.Value{})
	}
	first := c.block(len(nodes))
	args := c.all(nodes)
	weighed := looped || f.deep && c.shares()
	o := computedBy(func(s *flow.Scope) (value.Value, error) {
		in := s.Locals[first : first+len(args) : first+len(args)]
		for i := range args {
			v, err := args[i].code(s)
			if err != nil {
				return v, err
			}
			in[i] = v
		}
		if weighed {
			if err := affordable(s, n, f, looped, in...); err != nil {
				return value.Value{}, err
			}
		}
		v, err := f.many(in)
		if err != nil {
			return v, failure("%s: %w", text(n), err)
		}
		return v, made(s, n, looped, v)
	})
	o.column, o.folds = applied(f.column, args)
	return o
}

// affordable is the failure of a call whose arguments are too much for it.
func affordable(s *flow.Scope, n ast.Node, f function, looped bool, args ...value.Value) (err error) {
	for i := 0; i < len(args) && err == nil; i++ {
		switch {
		case f.deep && looped:
			err = spendOn(s, n, args[i])
		case f.deep:
			err = bounded(n, args[i])
		default:
			err = spend(s, n, effort(args[i]))
		}
	}
	return err
}

// made is the failure of a call whose result is too much.
func made(s *flow.Scope, n ast.Node, looped bool, v value.Value) error {
	if v.IsString() && v.Len() > maxText {
		return tooLong(n)
	}
	if looped {
		return spend(s, n, effort(v))
	}
	return nil
}

// wrong is the failure of a function that an argument is of no use to.
func wrong(v value.Value, wanted string) error {
	return fmt.Errorf("the argument is %s, not %s", flow.Describe(v), wanted)
}

// nth names an argument where there are several.
func nth(args []value.Value, i int, wanted string) error {
	if len(args) == 1 {
		return wrong(args[i], wanted)
	}
	return fmt.Errorf("argument %d is %s, not %s", i+1, flow.Describe(args[i]), wanted)
}

func wantString(args []value.Value, i int) (string, error) {
	if !args[i].IsString() {
		return "", nth(args, i, "a string")
	}
	return args[i].Str(), nil
}

func wantInt(args []value.Value, i int) (int64, error) {
	if !args[i].IsInt() {
		return 0, nth(args, i, "an int")
	}
	return args[i].Int(), nil
}

func wantList(args []value.Value, i int) ([]value.Value, error) {
	if args[i].Kind() != value.List {
		return nil, nth(args, i, "a list")
	}
	return args[i].List(), nil
}

// short shortens text for a message.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
