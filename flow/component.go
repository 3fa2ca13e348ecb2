package flow

import (
	"context"
	"fmt"
	"io"
	"net"
	"reflect"
	"sync/atomic"
	"time"
)

// Kind is the role of a component, which decides where in a file it may stand.
type Kind string

// The kinds of components. Op, Call, Join and Router are written as steps.
const (
	KindSource Kind = "source"
	KindOp     Kind = "op"
	KindCall   Kind = "call"
	KindJoin   Kind = "join"
	KindRouter Kind = "router"
	KindSink   Kind = "sink"
)

// Place is where in a file components of this kind stand: source, step or sink.
func (k Kind) Place() string {
	switch k {
	case KindSource, KindSink:
		return string(k)
	}
	return "step"
}

// Component is everything there is to know about a source, an operator or a sink.
type Component struct {
	Name     string   // the key in YAML
	Also     []string // the names that it has in other languages, for those who look for one of these
	Group    string   // where the reference lists it: per item, cut, accumulate, …
	Doc      string   // a first sentence that stands alone, then details; Markdown
	Maker    Maker
	Traits   Traits
	Gives    func(options any, t *Typing) Type            // the type of the items it gives; nil says nothing of it
	Sees     func(options any, t *Typing) map[string]Type // the types of what its expressions name: it, where that is not what comes, and what their scope adds; nil says nothing of it
	Likely   func(options any, t *Typing) Guess           // of a source: what a sample says of the items it gives; nil says nothing of it
	Pace     func(options any) Pace                       // how many items it gives; nil says what the traits say
	Examples []Example
}

// Kind gives the component's role.
func (c *Component) Kind() Kind { return c.Maker.kind }

// PassesOn reports whether what the component gives is the items that come, or some of them, as they are.
func (c *Component) PassesOn() bool {
	return c.Kind() == KindRouter || c.Gives != nil && reflect.ValueOf(c.Gives).Pointer() == reflect.ValueOf(GivesSame).Pointer()
}

// Traits are what the planner may rely on.
type Traits struct {
	Stateless  bool // an Op whose result depends on the one item alone: several copies may share the input
	Single     bool // an Op that gives at most one item for each, while it takes it; a Join that gives no more items than come
	One        bool // an Op or Call that gives exactly one item for each; one that ends early, or fails items, is one still
	Total      bool // an Op whose Flush gives a result over the whole input: a stop by signal leaves it out
	Early      bool // a Total that may give its result, and end, before the input has ended
	Prompt     bool // measures or shapes time: its input edge holds no items
	Serial     bool // a Call that must not run concurrently with itself
	Loops      bool // a Call that makes its own attempts, with Env.Policy
	Network    bool // a Call over a network: the default policy retries it unless the step says otherwise, and it keeps the timeouts connect, header and body
	Beside     bool // a Join that reads the step above, or what from names, as its first input, and those that its options name beside it
	Fresh      bool // an Op that gives new values, with nothing of the item in them but what its expressions read
	Keeps      bool // what it keeps of items counts against the run's memory
	Sequential bool // a Join that reads its inputs one after another: a later one is not opened before
	Cuts       bool // an Op that may end its output before its input ends
	Yields     bool // an Op, Lazy, that never holds up what is before it
	AnyRoom    bool // a Router that gives an item to whichever of its outputs has room
	Buffer     bool // no operator but the bound of the edge in its place; its options are a *BufferOptions
	Use        bool // no operator but the steps of another file in its place; its options are a *UseOptions

	Attempt time.Duration // how long an attempt of a Call may take where the step does not say; 0 is no bound
}

// Example is a small pipeline that runs: in the reference, and in the tests.
type Example struct {
	Doc      string
	Pipeline string            // a whole pipeline file
	Input    string            // standard input
	Output   string            // standard output, exactly
	Files    map[string]string // files beside the pipeline, by name
	Written  map[string]string // files that the run leaves beside the pipeline, by name, exactly
}

// Maker builds a component from its decoded options. Makes gives one.
type Maker struct {
	kind    Kind
	options reflect.Type
	build   func(options any, env *Env) (any, error)
}

// Makes describes how a component is built. O is the options struct; C is Source, Op, Call, Join, Router or Sink, and
// decides the component's kind. Build is called once a run; options are shared by runs and must not be changed.
func Makes[O, C any](build func(o *O, env *Env) (C, error)) Maker {
	m := Maker{options: reflect.TypeFor[O]()}
	switch reflect.TypeFor[C]() {
	case reflect.TypeFor[Source]():
		m.kind = KindSource
	case reflect.TypeFor[Op]():
		m.kind = KindOp
	case reflect.TypeFor[Call]():
		m.kind = KindCall
	case reflect.TypeFor[Join]():
		m.kind = KindJoin
	case reflect.TypeFor[Router]():
		m.kind = KindRouter
	case reflect.TypeFor[Sink]():
		m.kind = KindSink
	default:
		panic(fmt.Sprintf("flow.Makes: %v is no contract", reflect.TypeFor[C]()))
	}
	m.build = func(options any, env *Env) (any, error) { return build(options.(*O), env) }
	return m
}

// Options gives the type of the options struct.
func (m Maker) Options() reflect.Type { return m.options }

// Build makes the component from a pointer to its options.
func (m Maker) Build(options any, env *Env) (any, error) { return m.build(options, env) }

// Env is what a component may know of the run it is built for.
type Env struct {
	Step   string                    // the id of the step
	Dir    string                    // relative paths of the pipeline file start here
	Stdin  io.Reader                 // reads end when the run is stopped
	Waits  func(io.Reader) io.Reader // gives a reader whose reads may wait, and end when the run is stopped
	Stdout io.Writer
	Meta   bool // whether anything downstream reads File and Line of Meta; sources leave Meta nil otherwise
	Live   bool // a sink must show each item at once rather than commit all at the end
	Memory *Memory
	Reject func(it Item, err error) error // a source says that text is no item; nil: go on, else return the error
	Log    func(message string)           // a line for people, on standard error; may be nil
	Dial   Dial                           // makes connections; nil: the system's network
	Unheld bool                           // of a Join that is Sparing: what it left where it is would bring all to a standstill
	Ended  func() error                   // whether the run is being stopped at once: what an Op that works long without emitting then returns; may be nil

	// Of calls.
	Policy      Policy   // of a Call with the trait Loops
	Timeouts    Timeouts // those within an attempt are the call's to keep
	Concurrency int      // how many calls run at once at most; 0 is no bound
}

// Dial makes connections, as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, addr string) (net.Conn, error)

// Memory bounds what a run's operators may hold, all together.
type Memory struct {
	Limit   int64 // bytes
	used    atomic.Int64
	sharers atomic.Int64
}

// Take reserves n bytes. Over the limit it reserves nothing and returns a fatal error that says what to change.
func (m *Memory) Take(n int64) error {
	if m == nil || m.Limit <= 0 {
		return nil
	}
	if used := m.used.Add(n); used > m.Limit {
		m.used.Add(-n)
		return Fatal(Typed("memory", fmt.Errorf("holds more than the run's memory of %s: raise `memory`, or hold less", Size(m.Limit))))
	}
	return nil
}

// Give returns n bytes.
func (m *Memory) Give(n int64) {
	if m != nil {
		m.used.Add(-n)
	}
}

// Join counts one more operator that writes to disk what is too much to hold, and Leave one less.
func (m *Memory) Join() {
	if m != nil {
		m.sharers.Add(1)
	}
}

// Leave is the opposite of Join.
func (m *Memory) Leave() {
	if m != nil {
		m.sharers.Add(-1)
	}
}

// Spills reports whether such an operator, which holds so many bytes, should write them to disk before it takes n more:
// all of these leave half of the memory to those that cannot. Less than a 64th of it is not worth a file.
func (m *Memory) Spills(held, n int64) bool {
	if m == nil || m.Limit <= 0 || held < m.Limit/64 || held == 0 {
		return false
	}
	return held+n > m.Limit/2/max(m.sharers.Load(), 1) || m.used.Load()+n > m.Limit
}

// Endless is implemented by the options of a source that may never end by itself.
type Endless interface {
	Endless() bool
}

// Periodic is implemented by the options of a source that asks, or ticks, again and again: from one beginning to the next it
// is this long; 0 where it does so once.
type Periodic interface {
	Period() time.Duration
}

// Branched is implemented by the options of a Router, and of an Op with outputs beside its main one: it gives their names,
// by which they are read as STEP.NAME. Each output of a Router must be read.
type Branched interface {
	Outputs() []string
}

// Sized is implemented by the options of a source that says how many items it gives; ok is false where it cannot.
type Sized interface {
	Size() (n int64, ok bool)
}

// Grows is implemented by the options of an operator that remembers keys: whether nothing bounds them but the run's memory.
type Grows interface {
	Grows() bool
}

// Exclusive is implemented by options that need something for themselves, such as a file to write: it gives its name,
// or "" for nothing.
type Exclusive interface {
	Exclusive() string
}

// LiveChecker is implemented by options of a sink that cannot always show each item at once, as one that failed items go
// to must. CheckLive reports as Check does.
type LiveChecker interface {
	CheckLive(report func(option, message, help string))
}

// Checker is implemented by options that have rules beyond their types. Check reports each fault by the option's name
// as YAML writes it ("" for the whole, `option.name` for what has this name in an option that is a mapping), what is wrong,
// and what to do.
type Checker interface {
	Check(report func(option, message, help string))
}

// Registry is a set of components, found by where they stand and by name.
type Registry struct {
	list  []*Component
	index map[[2]string]*Component
}

// NewRegistry gives a registry of the components; a later one replaces an earlier one of the same place and name.
func NewRegistry(components ...*Component) *Registry {
	r := &Registry{index: map[[2]string]*Component{}}
	for _, c := range components {
		key := [2]string{c.Kind().Place(), c.Name}
		if old := r.index[key]; old != nil {
			for i := range r.list {
				if r.list[i] == old {
					r.list[i] = c
				}
			}
		} else {
			r.list = append(r.list, c)
		}
		r.index[key] = c
	}
	return r
}

// Lookup finds the component by its place (source, step or sink) and name; nil if there is none.
func (r *Registry) Lookup(place, name string) *Component { return r.index[[2]string{place, name}] }

// All gives every component in the order of registration, not to be changed.
func (r *Registry) All() []*Component { return r.list }
