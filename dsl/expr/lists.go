package expr

import (
	"fmt"
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

var listFunctions = map[string]function{
	"len": {one: func(a value.Value) (value.Value, error) {
		switch a.Kind() {
		case value.String, value.Bytes, value.List, value.Object:
			return value.OfInt(int64(length(a))), nil
		}
		return a, wrong(a, "a string, a list or an object")
	}},
	"type":  {one: func(a value.Value) (value.Value, error) { return value.OfString(typeName(a.Kind())), nil }},
	"first": {one: func(a value.Value) (value.Value, error) { return end(a, 0) }},
	"last":  {one: func(a value.Value) (value.Value, error) { return end(a, -1) }},
	"get":   {many: get},
	"take": {many: func(args []value.Value) (value.Value, error) {
		list, err := wantList(args, 0)
		if err != nil {
			return args[0], err
		}
		n, err := wantInt(args, 1)
		if err == nil && n < 0 {
			err = fmt.Errorf("argument 2 is %d, and no list has so few elements", n)
		}
		if err != nil {
			return args[1], err
		}
		return value.OfList(list[:min(n, int64(len(list)))]), nil
	}},
	"reverse": onList(func(list []value.Value) []value.Value {
		out := make([]value.Value, len(list))
		for i, x := range list {
			out[len(list)-1-i] = x
		}
		return out
	}),
	"uniq": deep(onList(func(list []value.Value) []value.Value {
		var out []value.Value
		if len(list) <= fewMembers {
			for _, x := range list {
				if !slices.ContainsFunc(out, func(y value.Value) bool { return equal(x, y) }) {
					out = append(out, x)
				}
			}
			return out
		}
		seen := map[string]bool{}
		var key []byte
		for _, x := range list {
			if key = value.AppendKey(key[:0], x); !seen[string(key)] || x.IsNaN() {
				seen[string(key)] = true
				out = append(out, x)
			}
		}
		return out
	})),
	"flatten": deep(onList(flat)),
	"concat": {many: func(args []value.Value) (value.Value, error) {
		var out []value.Value
		for i := range args {
			list, err := wantList(args, i)
			if err != nil {
				return args[i], err
			}
			if len(out)+len(list) > maxMade/elementBytes {
				return args[i], errTooMany
			}
			out = append(out, list...)
		}
		return value.OfList(out), nil
	}},
	"sort": {deep: true, many: func(args []value.Value) (value.Value, error) {
		list, err := wantList(args, 0)
		if err != nil {
			return args[0], err
		}
		descending := false
		if len(args) > 1 {
			if descending, err = isDescending(args[1]); err != nil {
				return args[1], err
			}
		}
		return sorted(list, list, descending), nil
	}},
}

func deep(f function) function {
	f.deep = true
	return f
}

func typeName(k value.Kind) string {
	switch k {
	case value.Null:
		return "nil"
	case value.List:
		return "array"
	case value.Object:
		return "map"
	}
	return k.String()
}

// end gives the element at a place of a list, counted from its end where negative; null where there is none.
func end(v value.Value, i int64) (value.Value, error) {
	if v.Kind() != value.List {
		if v.IsNull() {
			return v, nil
		}
		return v, wrong(v, "a list")
	}
	if i < 0 {
		i += int64(v.Len())
	}
	if i < 0 || i >= int64(v.Len()) {
		return value.Value{}, nil
	}
	return v.Index(int(i)), nil
}

// get gives a field or an element, null where there is none.
func get(args []value.Value) (value.Value, error) {
	v, k := args[0], args[1]
	switch v.Kind() {
	case value.Object:
		name, err := wantString(args, 1)
		if err != nil {
			return k, err
		}
		x, _ := v.Field(name)
		return x, nil
	case value.List:
		i, err := wantInt(args, 1)
		if err != nil {
			return k, err
		}
		return end(v, i)
	case value.String:
		i, err := wantInt(args, 1)
		if err != nil {
			return k, err
		}
		return character(v.Str(), i), nil
	}
	return value.Value{}, nil
}

func onList(f func([]value.Value) []value.Value) function {
	return function{one: func(a value.Value) (value.Value, error) {
		if a.Kind() != value.List {
			return a, wrong(a, "a list")
		}
		return value.OfList(f(a.List())), nil
	}}
}

// flat gives the values with the elements of lists in their place, however deep.
func flat(values []value.Value) []value.Value { return appendFlat(nil, values) }

func appendFlat(out, values []value.Value) []value.Value {
	for _, x := range values {
		if x.Kind() == value.List {
			out = appendFlat(out, x.List())
		} else {
			out = append(out, x)
		}
	}
	return out
}

func isDescending(order value.Value) (bool, error) {
	switch order.Str() {
	case "asc":
		return false, nil
	case "desc":
		return true, nil
	}
	return false, fmt.Errorf("the order is %s, not 'asc' or 'desc'", short(order.Text()))
}

var objectFunctions = map[string]function{
	"keys": onObject(func(o value.Value) []value.Value {
		keys := o.Keys()
		out := make([]value.Value, len(keys))
		for i, key := range keys {
			out[i] = value.OfString(key)
		}
		return out
	}),
	"values": onObject(value.Value.Slots),
	"toPairs": onObject(func(o value.Value) []value.Value {
		keys := o.Keys()
		out, pairs := make([]value.Value, len(keys)), make([]value.Value, 2*len(keys))
		for i, key := range keys {
			pair := pairs[2*i : 2*i+2 : 2*i+2]
			pair[0], pair[1] = value.OfString(key), o.At(i)
			out[i] = value.OfList(pair)
		}
		return out
	}),
	"fromPairs": {one: func(a value.Value) (value.Value, error) {
		if a.Kind() != value.List {
			return a, wrong(a, "a list of pairs")
		}
		b := value.Builder{}
		for i, p := range a.List() {
			if p.Len() != 2 || p.Kind() != value.List {
				return a, fmt.Errorf("element %d is no list of a key and a value", i)
			}
			key := p.List()[0]
			if k := key.Kind(); k == value.Null || k == value.List || k == value.Object {
				return a, fmt.Errorf("the key of element %d is %s, and names no field", i, flow.Describe(key))
			}
			b.Set(key.Text(), p.List()[1])
		}
		return b.Value(), nil
	}},
}

func onObject(f func(value.Value) []value.Value) function {
	return function{one: func(a value.Value) (value.Value, error) {
		if a.Kind() != value.Object {
			return a, wrong(a, "an object")
		}
		return value.OfList(f(a)), nil
	}}
}
