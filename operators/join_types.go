package operators

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// sees gives the types of an item and of another one. A time is that of either.
func (o *joinOptions) sees(t *flow.Typing) map[string]flow.Type {
	if len(t.In) != 2 {
		return nil
	}
	it, other := t.In[itemsPort], t.In[otherPort]
	if o.Time != nil {
		it = it.Or(other)
	}
	if o.Kind != "inner" {
		other = other.Or(flow.Only(value.Null))
	}
	return map[string]flow.Type{"it": it, "other": other}
}

func (o *joinOptions) gives(t *flow.Typing) flow.Type {
	switch {
	case o.To.Expr != nil:
		return t.TypeOf(o.To.Expr)
	case len(t.In) != 2:
		return flow.Any
	case o.Kind == "anti":
		return t.In[itemsPort]
	}
	out := together(t.In[itemsPort], t.In[otherPort])
	if o.Kind == "left" || t.In[otherPort].May(value.Null) {
		return out.Or(t.In[itemsPort])
	}
	return out
}

// together gives the type of items with those fields of others that they do not have; of what are no objects, of lists of both.
func together(it, other flow.Type) flow.Type {
	if !it.Must(value.Object) || !other.Must(value.Object) {
		return flow.ListOf(it.Or(other)).Or(flow.Only(value.Object)).Or(it)
	}
	fields, closed := it.Fields()
	others, otherClosed := other.Fields()
	var out []flow.Member
	for _, f := range fields {
		if of, has := other.Field(f.Name); has && f.Optional {
			f.Type = f.Type.Or(of)
		}
		out = append(out, f)
	}
	for _, f := range others {
		switch _, has := it.Member(f.Name); {
		case has:
		case closed:
			out = append(out, f)
		default: // it may have one of its own
			out = append(out, flow.Member{Name: f.Name, Optional: f.Optional})
		}
	}
	return flow.ObjectOf(closed && otherClosed, out...)
}
