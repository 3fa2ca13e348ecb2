package value

import (
	"fmt"
	"unsafe"
)

func (d *Decoder) enter() error {
	if d.depth++; d.depth > MaxDepth {
		return &SyntaxError{Offset: d.pos, Msg: fmt.Sprintf("nested deeper than %d", MaxDepth)}
	}
	d.pos++
	d.space()
	return nil
}

func (d *Decoder) list() (Value, error) {
	if err := d.enter(); err != nil {
		return Value{}, err
	}
	base := len(d.stack)
	if d.pos < len(d.data) && d.data[d.pos] == ']' {
		d.pos++
		d.depth--
		return OfList(nil), nil
	}
	for {
		v, err := d.value()
		if err != nil {
			return Value{}, err
		}
		if d.stack = append(d.stack, v); len(d.stack) > d.room {
			return Value{}, ErrTooLarge
		}
		d.space()
		if d.pos >= len(d.data) {
			return Value{}, d.fail("`,` or `]`")
		}
		switch d.data[d.pos] {
		case ',':
			d.pos++
			d.space()
		case ']':
			d.pos++
			d.depth--
			return OfList(d.cut(base)), nil
		default:
			return Value{}, d.fail("`,` or `]`")
		}
	}
}

// cut takes the values above base off the stack, into memory of their own.
func (d *Decoder) cut(base int) []Value {
	n := len(d.stack) - base
	d.room -= n
	if n > len(d.values) {
		if n > slabSize {
			out := append([]Value(nil), d.stack[base:]...)
			d.stack = d.stack[:base]
			return out
		}
		d.values = make([]Value, 2*slabSize)
	}
	out := d.values[:n:n]
	d.values = d.values[n:]
	copy(out, d.stack[base:])
	d.stack = d.stack[:base]
	return out
}

func (d *Decoder) object() (Value, error) {
	if err := d.enter(); err != nil {
		return Value{}, err
	}
	d.room -= int(unsafe.Sizeof(object{}) / unsafe.Sizeof(Value{})) // more than a value without parts takes
	base := len(d.stack)
	node := &d.shapes
	if d.pos < len(d.data) && d.data[d.pos] == '}' {
		d.pos++
		d.depth--
		return OfShape(emptyShape, nil), nil
	}
	for {
		next, twice, err := d.key(node)
		if err != nil {
			return Value{}, err
		}
		v, err := d.value()
		if err != nil {
			return Value{}, err
		}
		if next != nil {
			node = next
			if d.stack = append(d.stack, v); len(d.stack) > d.room {
				return Value{}, ErrTooLarge
			}
		} else {
			d.stack[base+twice] = v
		}
		d.space()
		if d.pos >= len(d.data) {
			return Value{}, d.fail("`,` or `}`")
		}
		switch d.data[d.pos] {
		case ',':
			d.pos++
			d.space()
		case '}':
			d.pos++
			d.depth--
			return d.shaped(node, d.cut(base)), nil
		default:
			return Value{}, d.fail("`,` or `}`")
		}
	}
}

// shaped gives the object of the keys that lead to a node.
func (d *Decoder) shaped(node *shapeNode, slots []Value) Value {
	if node.shape == nil {
		node.shape = shapeOf(node.keys())
	}
	if len(d.objects) == 0 {
		d.objects = make([]object, slabSize)
	}
	o := &d.objects[0]
	d.objects = d.objects[1:]
	o.shape, o.slots = node.shape, slots
	return ofObject(o)
}
