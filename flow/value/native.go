package value

import (
	"math"
	"reflect"
	"sort"
	"strconv"
	"time"
)

// FromGo makes a value of what encoding/json, yaml and expr use: nil, bools, numbers, strings, []byte, times,
// durations, []any and map[string]any (whose keys are sorted). Anything else becomes null.
func FromGo(x any) Value {
	switch x := x.(type) {
	case nil:
		return Value{}
	case Value:
		return x
	case bool:
		return OfBool(x)
	case int:
		return OfInt(int64(x))
	case int64:
		return OfInt(x)
	case float64:
		return OfFloat(x)
	case string:
		return OfString(x)
	case []byte:
		return OfBytes(x)
	case time.Time:
		return OfTime(x)
	case time.Duration:
		return OfDuration(x)
	}
	r := reflect.ValueOf(x)
	switch r.Kind() {
	case reflect.Bool:
		return OfBool(r.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return OfInt(r.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if r.Uint() > math.MaxInt64 {
			return OfNumber(strconv.FormatUint(r.Uint(), 10))
		}
		return OfInt(int64(r.Uint()))
	case reflect.Float32, reflect.Float64:
		return OfFloat(r.Float())
	case reflect.String:
		return OfString(r.String())
	case reflect.Slice, reflect.Array:
		items := make([]Value, r.Len())
		for i := range items {
			items[i] = FromGo(r.Index(i).Interface())
		}
		return OfList(items)
	case reflect.Map:
		keys := r.MapKeys()
		sort.Slice(keys, func(i, j int) bool { return keyText(keys[i]) < keyText(keys[j]) })
		b := Builder{}
		for _, k := range keys {
			b.Set(keyText(k), FromGo(r.MapIndex(k).Interface()))
		}
		return b.Value()
	}
	return Value{}
}

func keyText(k reflect.Value) string { return FromGo(k.Interface()).Text() }

// ToGo gives v as Go data: nil, bool, int, float64, string, []byte, time.Time, time.Duration, []any, map[string]any.
func (v Value) ToGo() any {
	switch v.Kind() {
	case Bool:
		return v.Bool()
	case Int:
		return int(v.Int())
	case Float:
		return v.Float()
	case String:
		return v.Str()
	case Bytes:
		return v.Bytes()
	case Time:
		return v.Time()
	case Duration:
		return v.Duration()
	case List:
		items := make([]any, v.Len())
		for i, item := range v.List() {
			items[i] = item.ToGo()
		}
		return items
	case Object:
		m := make(map[string]any, v.Len())
		slots := v.Slots()
		for i, key := range v.Shape().keys {
			m[key] = slots[i].ToGo()
		}
		return m
	}
	return nil
}
