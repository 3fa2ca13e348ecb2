package value

// Slab makes objects many at a time, which costs a fraction of making each alone. Its zero value is ready. The first
// object comes alone, and each lot is twice the one before, up to slabObjects; whoever keeps few of many objects clones
// them, as always, or keeps the rest of their lot with them. A slab serves one goroutine at a time, and is not copied.
type Slab struct {
	_       pinned
	objects []object
	slots   []Value
	lot     int

	pick   *Pick  // the last one
	refit  *refit // and its own
	refits map[*Pick]*refit
}

// slabObjects is the most objects of a lot, and slabSlots the most fields of all of them.
const (
	slabObjects = 32
	slabSlots   = 512
)

// Object gives an object with these keys, and its slots, null, to be filled before anybody else sees it.
func (b *Slab) Object(s *Shape) (Value, []Value) {
	n := len(s.keys)
	if len(b.objects) == 0 || len(b.slots) < n {
		b.grow(n)
	}
	o := &b.objects[0]
	o.shape, o.slots = s, b.slots[:n:n]
	b.objects, b.slots = b.objects[1:], b.slots[n:]
	return ofObject(o), o.slots
}

func (b *Slab) grow(n int) {
	b.lot = max(min(2*b.lot, slabObjects, slabSlots/max(n, 1)), 1)
	b.objects = make([]object, b.lot)
	b.slots = make([]Value, b.lot*n)
}

// turn makes ready for the objects of another pick.
func (b *Slab) turn(p *Pick) {
	b.pick, b.refit = p, b.refits[p]
	if b.refit != nil {
		return
	}
	if b.refits == nil {
		b.refits = map[*Pick]*refit{}
	}
	b.refit = &refit{}
	b.refits[p] = b.refit
}

// pinned has vet refuse copies of what contains it.
type pinned struct{}

func (*pinned) Lock()   {}
func (*pinned) Unlock() {}
