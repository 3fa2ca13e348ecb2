package value

import "strings"

// shapeNode is a trie of keys: the path to a node is a sequence of keys, whose Shape it holds.
type shapeNode struct {
	shape  *Shape
	last   *shapeNode // the child that was taken last time
	above  *shapeNode // the node of the keys before
	key    string
	quoted string // the key as it is mostly written, with its colon
	depth  int    // how many keys lead here
	next   map[string]*shapeNode
	place  *place // where its values stand in a record
}

// keys gives the keys that lead to the node.
func (n *shapeNode) keys() []string {
	out := make([]string, n.depth)
	for ; n.depth > 0; n = n.above {
		out[n.depth-1] = n.key
	}
	return out
}

// slot gives the position of a key among those that lead to the node; -1 if none of them is it.
func (n *shapeNode) slot(key string) int {
	for ; n.depth > 0; n = n.above {
		if n.key == key {
			return n.depth - 1
		}
	}
	return -1
}

// key reads a key and its colon, and gives the node after node by it; nil if the object has the key already, at the
// slot twice.
func (d *Decoder) key(node *shapeNode) (next *shapeNode, twice int, err error) {
	if last := node.last; last != nil {
		if q := last.quoted; len(d.data)-d.pos >= len(q) && string(d.data[d.pos:d.pos+len(q)]) == q {
			d.pos += len(q)
			d.space()
			return last, 0, nil
		}
	}
	if d.pos >= len(d.data) || d.data[d.pos] != '"' {
		return nil, 0, d.fail("a key in double quotes")
	}
	key, err := d.str()
	if err != nil {
		return nil, 0, err
	}
	d.space()
	if d.pos >= len(d.data) || d.data[d.pos] != ':' {
		return nil, 0, d.fail("`:`")
	}
	d.pos++
	d.space()
	next, twice = d.child(node, key)
	return next, twice, nil
}

var emptyShape = NewShape(nil)

// child gives the node after node by key; nil if the path has the key already, at the slot twice. Past the bound on
// remembered shapes, nodes are made and forgotten.
func (d *Decoder) child(node *shapeNode, key string) (next *shapeNode, twice int) {
	if last := node.last; last != nil && last.key == key {
		return last, 0
	}
	if next := node.next[key]; next != nil {
		node.last = next
		return next, 0
	}
	if twice := node.slot(key); twice >= 0 {
		return nil, twice
	}
	next = &shapeNode{above: node, key: strings.Clone(key), depth: node.depth + 1}
	next.quoted = string(appendString(nil, key)) + ":"
	if d.count < maxShapes {
		d.count++
		if node.next == nil {
			node.next = map[string]*shapeNode{}
		}
		node.next[next.key] = next
		node.last = next
	}
	return next, 0
}
