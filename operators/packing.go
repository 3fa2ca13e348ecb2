package operators

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// packing turns items, with what they are sorted by, into bytes and back: the key, where it is not the value itself, the
// value, and the Meta.
type packing struct {
	order  ordering
	keys   bool // stand before the values
	packer value.Packer
}

// ordering is how items are sorted: whether the greatest comes first.
type ordering bool

// rank gives a number that is less for one key than for another only if the key comes first.
func (o ordering) rank(key value.Value) uint64 {
	if o {
		return ^value.Rank(key)
	}
	return value.Rank(key)
}

// compare puts in order what ranks alike.
func (o ordering) compare(a, b value.Value) int {
	if o {
		a, b = b, a
	}
	return value.Compare(a, b)
}

// pack appends an item.
func (p *packing) pack(dst []byte, key value.Value, it flow.Item) []byte {
	if p.keys {
		dst = p.packer.Pack(dst, key)
	}
	dst = p.packer.Pack(dst, it.Value)
	return p.packer.Pack(dst, ofMeta(it.Meta))
}

// key gives the key of an item. It refers to data.
func (p *packing) key(data []byte) value.Value {
	key, _ := p.packer.Unpack(data)
	return key
}

// item gives an item. It refers to data.
func (p *packing) item(data []byte) flow.Item {
	if p.keys {
		_, data = p.packer.Unpack(data)
	}
	v, data := p.packer.Unpack(data)
	meta, _ := p.packer.Unpack(data)
	return flow.Item{Value: v, Meta: metaOf(meta)}
}

// ofMeta gives an item's Meta as a value; null for none.
func ofMeta(m *flow.Meta) value.Value {
	if m == nil {
		return value.Value{}
	}
	lineage := make([]value.Value, len(m.Lineage))
	for i, n := range m.Lineage {
		lineage[i] = value.OfInt(n)
	}
	return value.OfList([]value.Value{
		value.OfInt(m.Index), value.OfString(m.Source), value.OfString(m.File), value.OfInt(m.Line), value.OfTime(m.Time),
		value.OfInt(int64(m.Attempt)), m.Key, value.OfList(lineage), value.OfBool(m.Gone), value.OfBool(m.Failed),
	})
}

// metaOf is the opposite of ofMeta.
func metaOf(v value.Value) *flow.Meta {
	if v.IsNull() {
		return nil
	}
	f := v.List()
	m := &flow.Meta{
		Index: f[0].Int(), Source: f[1].Str(), File: f[2].Str(), Line: f[3].Int(), Time: f[4].Time(),
		Attempt: int(f[5].Int()), Key: f[6], Gone: f[8].Bool(), Failed: f[9].Bool(),
	}
	for _, n := range f[7].List() {
		m.Lineage = append(m.Lineage, n.Int())
	}
	return m
}
