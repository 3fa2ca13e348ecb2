package dsl

import (
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/runtime/policy"
)

// last gives what stands for a step where its output is read: the step itself, or the last of the file that it uses.
func (d *draft) last() *draft {
	for d != nil && d.fragment != nil {
		d = d.fragment.end
	}
	return d
}

// flat gives the steps that a step stands for: itself, or those of the file that it uses.
func (d *draft) flat() []*draft {
	if d.fragment == nil {
		return []*draft{d}
	}
	return d.fragment.flat()
}

// flat gives the drafts with those of used files in place of the steps that use them.
func (l *loader) flat() (all []*draft) {
	for _, d := range l.drafts {
		if l.use == nil || d.node.Component != graph.Entry {
			all = append(all, d.flat()...)
		}
	}
	return all
}

// splice puts the steps of used files in the place of the steps that use them.
func (l *loader) splice() []*draft {
	for _, d := range l.drafts {
		if d.fragment == nil {
			continue
		}
		entry := d.fragment.drafts[0].node
		for _, x := range d.flat() {
			x.node.ID = d.node.ID + "/" + x.node.ID
			var inputs []graph.Input
			for _, in := range x.node.In {
				if in.From != entry {
					inputs = append(inputs, in)
					continue
				}
				for _, given := range d.node.In {
					given.Port = in.Port
					inputs = append(inputs, given)
				}
			}
			x.node.In = inputs
		}
	}
	return l.flat()
}

// gather adds what used files declare to the plan, the id of the step that uses one before each name.
func (l *loader) gather(p *graph.Plan, prefix string) {
	p.Meta = p.Meta || l.dec.Meta
	if l.use != nil {
		adopt(l, prefix, l.limits.list, &p.Limits, func(x *policy.Limit, name string) { x.Name = name })
		adopt(l, prefix, l.breakers.list, &p.Breakers, func(x *policy.Breaker, name string) { x.Name = name })
		adopt(l, prefix, l.retries.list, &p.Retries, func(x *policy.Retry, name string) { x.Name = name })
		adopt(l, prefix, l.budgets.list, &p.Budgets, func(x *policy.Budget, name string) { x.Name = name })
	}
	for _, d := range l.drafts {
		if d.fragment != nil {
			d.fragment.gather(p, prefix+d.node.ID+"/")
		}
	}
	for _, in := range l.inners {
		in.gather(p, in.step.ID+"/")
	}
}

// adopt adds the policies of a used file to those of the plan.
func adopt[T any](l *loader, prefix string, own []graph.Named[T], into *[]graph.Named[T], rename func(p T, name string)) {
	for _, x := range own {
		x.Name, x.File = prefix+x.Name, l.file.Name
		rename(x.Policy, x.Name)
		*into = append(*into, x)
	}
}
