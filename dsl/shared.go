package dsl

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/runtime/policy"
)

// named is the policies of one kind that stand at the top of a file, to be used by their names.
type named[T any] struct {
	noun, section string
	sample        string                // how one is written
	at            map[string]*yaml.Node // the names that are declared, also wrongly
	list          []graph.Named[T]
}

// shared decodes the policies that steps share.
func (l *loader) shared(root *yaml.Node) {
	l.limits.noun, l.limits.section, l.limits.sample = "limit", "limits", "{concurrency: 3}"
	l.retries.noun, l.retries.section, l.retries.sample = "retry policy", "retries", "{max_attempts: 4}"
	l.breakers.noun, l.breakers.section, l.breakers.sample = "breaker", "breakers", "{failure_ratio: 0.5}"
	l.budgets.noun, l.budgets.section, l.budgets.sample = "budget", "budgets", "{ratio: 0.2}"
	declare(l, &l.limits, root, (*limit).policy)
	declare(l, &l.budgets, root, (*budget).policy)
	declare(l, &l.breakers, root, (*breaker).policy)
	declare(l, &l.retries, root, func(r *retry, name string) *policy.Retry {
		p := r.policy()
		p.Name = name
		l.budget(p, r.Budget, child(child(child(root, "retries"), name), "budget"))
		return p
	})
	l.plan.Limits, l.plan.Retries, l.plan.Breakers, l.plan.Budgets = l.limits.list, l.retries.list, l.breakers.list, l.budgets.list
}

// declare decodes one section.
func declare[O, T any](l *loader, into *named[T], root *yaml.Node, policy func(o *O, name string) T) {
	into.at = map[string]*yaml.Node{}
	for key, x := range pairs(l.section(root, into.section)) {
		into.at[key.Value] = key
		if l.strayed(key, x, into.section) {
			continue
		}
		l.name(key, into.noun)
		if key.Value == "none" && into.section != "limits" && into.section != "budgets" {
			l.dec.At(key, "FR208", fmt.Sprintf("`none` cannot be the name of a %s: on a step it says that there is none", into.noun), "choose another name")
		}
		if o := new(O); l.dec.Decode(x, o, key.Value) {
			into.list = append(into.list, graph.Named[T]{Name: key.Value, Pos: l.pos(key), Policy: policy(o, key.Value)})
		}
	}
}

// find gives the policy of a name. Where there is none, that is reported, here or where it is declared.
func find[T any](l *loader, in *named[T], name string, at *yaml.Node) (policy T, ok bool) {
	*l.references = append(*l.references, Reference{in.section, name, at, nil})
	if i := slices.IndexFunc(in.list, func(n graph.Named[T]) bool { return n.Name == name }); i >= 0 {
		return in.list[i].Policy, true
	}
	if in.at[name] != nil || name == "" {
		return policy, false
	}
	var names []string
	for known := range in.at {
		names = append(names, known)
	}
	slices.Sort(names)
	help := fmt.Sprintf("declare it at the top of the file: `%s: {%s: %s}`", in.section, name, in.sample)
	near := diag.Nearest(name, names)
	if near != "" {
		help = fmt.Sprintf("did you mean `%s`?", near)
	}
	l.report(at, "FR303", fmt.Sprintf("there is no %s `%s`", in.noun, name), help, near)
	return policy, false
}

// alone reports options beside `use`, which stands for all of them.
func (l *loader) alone(n *yaml.Node, section string) {
	use := child(n, "use")
	for key := range pairs(n) {
		if use != nil && key.Value != "use" {
			l.dec.At(key, "FR208", fmt.Sprintf("`use: %s` stands for the whole, and here is `%s` beside it", use.Value, key.Value), fmt.Sprintf("leave `use` out, or change what stands under `%s`", section))
			return
		}
	}
}

// spot gives the node of an option, the whole where it stands alone in its short form.
func spot(n *yaml.Node, option string) *yaml.Node {
	if x := child(n, option); x != nil {
		return x
	}
	return n
}
