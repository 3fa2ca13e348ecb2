package operators

import (
	"errors"
	"fmt"
	"regexp"
	"sync"

	"github.com/flowrun/flowrun/flow"
)

type routeOptions struct {
	Cases flow.Fields `flow:"cases,required" doc:"The outputs by name, each with a condition: an item goes to the first whose condition is true."`
	Else  string      `flow:"else" default:"output" enum:"output,discard,fail" doc:"Where an item goes that no case takes: to the output else, nowhere, or it fails."`
	All   bool        `flow:"all" doc:"An item goes to every output whose condition is true, not only to the first."`
}

var outputName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\pL_][\pL\pN_-]*$`) })

func (o *routeOptions) Check(report func(option, message, help string)) {
	for _, c := range o.Cases {
		switch {
		case c.Name == "else" || c.Name == "error":
			report("cases", fmt.Sprintf("a case cannot be named %s", c.Name), "`else` is what no case takes, and failed items go where `on_error` says")
		case !outputName().MatchString(c.Name):
			report("cases", fmt.Sprintf("%q cannot be the name of a case", c.Name), "a name is a letter, then letters, digits, `_` and `-`")
		}
	}
}

func (o *routeOptions) Outputs() []string {
	var names []string
	for _, c := range o.Cases {
		names = append(names, c.Name)
	}
	if o.Else == "output" {
		names = append(names, "else")
	}
	return names
}

func route() *flow.Component {
	return &flow.Component{
		Name: "route", Group: "fork",
		Doc: "Sends each item to one of several named outputs, which are read as `from: ID.CASE`; what no case takes is `ID.else`. " +
			"Every output must be read: what is not wanted goes to a `discard` sink, or nowhere by `else: discard`.",
		Maker: flow.Makes(func(o *routeOptions, _ *flow.Env) (flow.Router, error) { return &switcher{opt: o}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [1, 20, 300]}\nsteps:\n  - id: size\n    route:\n      cases:\n        big: it >= 100\n        small: it < 10\n  - {from: size.big, id: big, map: \"'big ' + string(it)\"}\n  - {from: size.small, id: small, map: \"'small ' + string(it)\"}\n  - {from: size.else, id: other, map: \"'other ' + string(it)\"}\n  - merge: [big, small, other]\n  - sort: {}\n",
			Output:   "\"big 300\"\n\"other 20\"\n\"small 1\"\n",
		}},
	}
}

type switcher struct {
	opt   *routeOptions
	scope flow.Scope
	ports []int
}

func (s *switcher) Route(it flow.Item, emit func(port int, it flow.Item) error) error {
	s.ports = s.ports[:0]
	s.scope.Set(it)
	for i, c := range s.opt.Cases {
		ok, err := flow.Bool(c.Expr, &s.scope)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if s.ports = append(s.ports, i); !s.opt.All {
			break
		}
	}
	if len(s.ports) == 0 {
		switch s.opt.Else {
		case "discard":
			return nil
		case "fail":
			return flow.Typed("route", errors.New("no case takes the item"))
		}
		s.ports = append(s.ports, len(s.opt.Cases))
	}
	for _, port := range s.ports {
		if err := emit(port, it); err != nil {
			return err
		}
	}
	return nil
}
