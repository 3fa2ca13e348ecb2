package value

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"math/big"
	"reflect"
	"slices"
	"sort"
	"strings"
	"time"
)

// Equal reports whether a and b are the same datum: numbers by what they are worth, exactly, whatever their kind;
// objects by their fields, in any order. Unlike kinds are never equal.
func Equal(a, b Value) bool {
	if a.kind == String && b.kind == String {
		return a.text() == b.text()
	}
	return Compare(a, b) == 0
}

// Compare orders all values: first by kind, in the order of the kinds, with all numbers as one; then by what they hold.
// Objects compare by their sorted keys, then by the values in that order. NaN comes before all numbers.
func Compare(a, b Value) int {
	if a.IsNumber() && b.IsNumber() {
		return compareNumbers(a, b)
	}
	ka, kb := a.Kind(), b.Kind()
	if ka != kb {
		return cmp.Compare(ka, kb)
	}
	switch ka {
	case Bool:
		return cmp.Compare(a.n, b.n)
	case String:
		return strings.Compare(a.text(), b.text())
	case Bytes:
		return bytes.Compare(a.Bytes(), b.Bytes())
	case Time:
		return a.Time().Compare(b.Time())
	case Duration:
		return cmp.Compare(int64(a.n), int64(b.n))
	case List:
		return slices.CompareFunc(a.List(), b.List(), Compare)
	case Object:
		ia, ib := sortedKeys(a), sortedKeys(b)
		oa, ob := a.object(), b.object()
		if c := slices.CompareFunc(ia, ib, func(i, j int) int {
			return strings.Compare(oa.shape.keys[i], ob.shape.keys[j])
		}); c != 0 {
			return c
		}
		for k := range ia {
			if c := Compare(oa.slots[ia[k]], ob.slots[ib[k]]); c != 0 {
				return c
			}
		}
	}
	return 0
}

// sortedKeys gives the slots of an object in the order of their keys.
func sortedKeys(v Value) []int {
	keys := v.object().shape.keys
	order := make([]int, len(keys))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(i, j int) bool { return keys[order[i]] < keys[order[j]] })
	return order
}

func compareNumbers(a, b Value) int {
	if a.kind == Int && b.kind == Int {
		return cmp.Compare(int64(a.n), int64(b.n))
	}
	if a.kind == Float && b.kind == Float {
		return cmp.Compare(a.Float(), b.Float())
	}
	if a.kind == number || b.kind == number {
		return compareDecimals(a, b)
	}
	if a.kind == Int {
		return -compareFloatInt(b.Float(), int64(a.n))
	}
	return compareFloatInt(a.Float(), int64(b.n))
}

// compareFloatInt compares without rounding the integer.
func compareFloatInt(f float64, i int64) int {
	switch {
	case math.IsNaN(f):
		return -1
	case f >= 1<<63:
		return 1
	case f < -(1 << 63):
		return -1
	}
	whole := math.Trunc(f)
	if c := cmp.Compare(int64(whole), i); c != 0 {
		return c
	}
	return cmp.Compare(f, whole)
}

// compareDecimals compares numbers of which one at least is text, by their decimal digits.
func compareDecimals(a, b Value) int {
	for i, v := range [2]Value{a, b} {
		if f := v.Float(); v.kind == Float && (math.IsNaN(f) || math.IsInf(f, 0)) {
			c := 1
			if math.IsNaN(f) || f < 0 {
				c = -1
			}
			if i == 1 {
				c = -c
			}
			return c
		}
	}
	return decimalOf(a).compare(decimalOf(b))
}

// decimal is ±0.digits × 10^exp, without leading or trailing zeros among the digits; zero has none.
type decimal struct {
	neg    bool
	digits string
	exp    int64
}

func decimalOf(v Value) decimal {
	var text string
	switch v.kind {
	case number:
		text = v.text()
	case Int:
		text = string(AppendJSON(nil, v))
	default: // the float's exact value
		text = new(big.Float).SetFloat64(v.Float()).Text('e', 800)
	}
	d := decimal{}
	if text[0] == '-' {
		d.neg, text = true, text[1:]
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		d.exp = exponent(text[i+1:])
		text = text[:i]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	digits := whole + fraction
	d.exp += int64(len(whole))
	trimmed := strings.TrimLeft(digits, "0")
	d.exp -= int64(len(digits) - len(trimmed))
	d.digits = strings.TrimRight(trimmed, "0")
	if d.digits == "" {
		return decimal{}
	}
	return d
}

// exponent reads a decimal exponent, saturating.
func exponent(text string) int64 {
	neg := text[0] == '-'
	text = strings.TrimLeft(strings.TrimLeft(text, "+-"), "0")
	var e int64
	for _, c := range text {
		if e = e*10 + int64(c-'0'); e > 1<<56 {
			e = 1 << 56
			break
		}
	}
	if neg {
		return -e
	}
	return e
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.neg:
		return -1
	}
	return 1
}

func (d decimal) compare(o decimal) int {
	if d.sign() != o.sign() || d.digits == "" {
		return cmp.Compare(d.sign(), o.sign())
	}
	c := cmp.Compare(d.exp, o.exp)
	if c == 0 {
		c = strings.Compare(d.digits, o.digits)
	}
	if d.neg {
		return -c
	}
	return c
}

// AppendKey appends bytes that are equal for two values exactly when Equal says so, for use as a map's key.
func AppendKey(dst []byte, v Value) []byte {
	switch v.kind {
	case Null:
		return append(dst, 'n')
	case Bool:
		return append(dst, 'b', byte(v.n))
	case Int:
		dst = append(dst, 'i')
		return binary.BigEndian.AppendUint64(dst, v.n)
	case Float, number:
		return appendNumberKey(dst, v)
	case String:
		return appendBlock(append(dst, 's'), v.text())
	case Bytes:
		return appendBlock(append(dst, 'y'), string(v.Bytes()))
	case Time:
		t := v.Time()
		dst = binary.BigEndian.AppendUint64(append(dst, 't'), uint64(t.Unix()))
		return binary.BigEndian.AppendUint32(dst, uint32(t.Nanosecond()))
	case Duration:
		return binary.BigEndian.AppendUint64(append(dst, 'd'), v.n)
	case List, unreadList:
		dst = binary.AppendUvarint(append(dst, 'l'), uint64(v.Len()))
		for _, item := range v.List() {
			dst = AppendKey(dst, item)
		}
		return dst
	}
	dst = binary.AppendUvarint(append(dst, 'o'), uint64(v.Len()))
	o := v.object()
	for _, i := range sortedKeys(v) {
		dst = appendBlock(dst, o.shape.keys[i])
		dst = AppendKey(dst, o.slots[i])
	}
	return dst
}

func appendBlock(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// appendNumberKey gives integers of 64 bits the key of an Int, and anything else that of its decimal digits.
func appendNumberKey(dst []byte, v Value) []byte {
	if v.kind == Float {
		f := v.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return binary.BigEndian.AppendUint64(append(dst, 'f'), math.Float64bits(f))
		}
		if f == math.Trunc(f) && f >= -(1<<63) && f < 1<<63 {
			return AppendKey(dst, OfInt(int64(f)))
		}
	}
	d := decimalOf(v)
	if n := int64(len(d.digits)); d.exp >= n && d.exp <= 19 || n == 0 {
		text := d.digits + strings.Repeat("0", int(max(d.exp-n, 0)))
		if d.neg {
			text = "-" + text
		}
		if text == "" {
			text = "0"
		}
		if i := OfNumber(text); i.kind == Int {
			return AppendKey(dst, i)
		}
	}
	dst = append(dst, 'm', byte(d.sign()+1))
	dst = binary.BigEndian.AppendUint64(dst, uint64(d.exp))
	return appendBlock(dst, d.digits)
}

func fromGo(x any) Value {
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
			return OfFloat(float64(r.Uint()))
		}
		return OfInt(int64(r.Uint()))
	case reflect.Float32, reflect.Float64:
		return OfFloat(r.Float())
	case reflect.String:
		return OfString(r.String())
	case reflect.Slice, reflect.Array:
		items := make([]Value, r.Len())
		for i := range items {
			items[i] = fromGo(r.Index(i).Interface())
		}
		return OfList(items)
	case reflect.Map:
		keys := r.MapKeys()
		sort.Slice(keys, func(i, j int) bool { return keyText(keys[i]) < keyText(keys[j]) })
		b := Builder{}
		for _, k := range keys {
			b.Set(keyText(k), fromGo(r.MapIndex(k).Interface()))
		}
		return b.Value()
	}
	return Value{}
}

func keyText(k reflect.Value) string { return fromGo(k.Interface()).Text() }

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
		o := v.object()
		for i, key := range o.shape.keys {
			m[key] = o.slots[i].ToGo()
		}
		return m
	}
	return nil
}
