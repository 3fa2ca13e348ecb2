package flow

// Typing is what a component knows of a pipeline when it says what it gives.
type Typing struct {
	In     []Type          // of its inputs, in the order of ports; none of a source
	Dir    string          // relative paths of the pipeline file start here
	TypeOf func(Expr) Type // what an expression of its options gives
	Again  bool            // the types of the expressions know already what Sees said before
}

// State gives the type of what an expression makes of itself again and again, beginning with values of a type.
func (t *Typing) State(first, next Type) Type {
	if !t.Again {
		return first
	}
	return first.Or(next)
}

// It gives the type of the items that come, whichever input they come by.
func (t *Typing) It() Type {
	if len(t.In) == 0 {
		return Any
	}
	it := t.In[0]
	for _, other := range t.In[1:] {
		it = it.Or(other)
	}
	return it
}

// Gives makes a component say what it gives, from its options and what comes.
func Gives[O any](f func(o *O, t *Typing) Type) func(options any, t *Typing) Type {
	return func(options any, t *Typing) Type { return f(options.(*O), t) }
}

// Sees makes a component say what its expressions see, from its options and what comes.
func Sees[O any](f func(o *O, t *Typing) map[string]Type) func(options any, t *Typing) map[string]Type {
	return func(options any, t *Typing) map[string]Type { return f(options.(*O), t) }
}

// FieldOf gives a field that all objects of a type have.
func FieldOf(name string, of Type) Member { return Member{Name: name, Type: of} }

// Guess is what is likely of a source's items, and what says so; nothing where By is "".
type Guess struct {
	Type Type
	By   string
}

// Likely makes a source say what is likely of the items it gives.
func Likely[O any](f func(o *O, t *Typing) Guess) func(options any, t *Typing) Guess {
	return func(options any, t *Typing) Guess { return f(options.(*O), t) }
}

// GivesSame is for a component that gives the items that come.
func GivesSame(_ any, t *Typing) Type { return t.It() }

// WithField gives the type of objects of this type with a field set to values of another.
func (t Type) WithField(name string, of Type) Type {
	fields, closed := t.Fields()
	out := append([]Member(nil), fields...)
	for i := range out {
		if out[i].Name == name {
			out[i] = Member{Name: name, Type: of}
			return ObjectOf(closed, out...)
		}
	}
	return ObjectOf(closed, append(out, Member{Name: name, Type: of})...)
}
