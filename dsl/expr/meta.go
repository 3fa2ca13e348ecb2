package expr

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// metaKeys are the fields of `meta`, in order.
var metaKeys = []string{"index", "source", "file", "line", "time", "attempt"}

var metaShape = value.NewShape(metaKeys)

var metaFields = map[string]func(*flow.Meta) value.Value{
	"index":   func(m *flow.Meta) value.Value { return value.OfInt(m.Index) },
	"source":  func(m *flow.Meta) value.Value { return value.OfString(m.Source) },
	"file":    func(m *flow.Meta) value.Value { return value.OfString(m.File) },
	"line":    func(m *flow.Meta) value.Value { return value.OfInt(m.Line) },
	"time":    func(m *flow.Meta) value.Value { return value.OfTime(m.Time) },
	"attempt": func(m *flow.Meta) value.Value { return value.OfInt(int64(max(m.Attempt, 1))) },
}

var noMeta flow.Meta

func metaOf(s *flow.Scope) *flow.Meta {
	if s.Meta == nil {
		return &noMeta
	}
	return s.Meta
}

func metaValue(s *flow.Scope) value.Value {
	v, slots := s.Made.Object(metaShape)
	for i, key := range metaKeys {
		slots[i] = metaFields[key](metaOf(s))
	}
	return v
}
