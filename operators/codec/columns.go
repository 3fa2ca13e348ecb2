package codec

import (
	"io"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// cellKinds are the kinds of the cells of a column, by its type.
var cellKinds = map[string]value.Kind{"int": value.Int, "float": value.Float, "bool": value.Bool, "time": value.Time, "duration": value.Duration}

// Columns gives the type of the rows of a table, from its first lines: any type where they do not tell.
func Columns(name string, r io.Reader, o *ReadOptions) flow.Type {
	rd, err := Open(name, r, o, false)
	if err != nil || rd.table == nil {
		return flow.Any
	}
	defer rd.Close()
	t := rd.table
	if err := t.begin(); err != nil || t.shape == nil {
		return flow.Any
	}
	var fields []flow.Member
	for i, key := range t.shape.Keys() {
		of := flow.Only(value.String)
		if t.types != nil {
			if kind, ok := cellKinds[t.types[i]]; ok {
				of = flow.Only(kind, value.Null)
				if kind == value.Float { // a whole number is an int
					of = flow.Only(kind, value.Int, value.Null)
				}
			}
		}
		fields = append(fields, flow.Member{Name: key, Type: of})
	}
	return flow.ObjectOf(true, fields...)
}
