package value

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// keyTexts are keys as they may be written, and some that nearly are others.
var keyTexts = []string{`"a"`, `"b"`, `"ab"`, `"key"`, `"k\u0065y"`, `"x\"key"`, `"x\\"`, `"\\"`, `""`, `"é"`, `"\u00e9"`, `"a:b"`, `"\":"`, `","`, `"\ud800"`,
	`"a key that is longer than a gap that is remembered"`, `"a key that is longer than a gap that is remembered, too"`, `"\/"`, `"/"`, "\"\xff\"", `"{\"a\":1,\"b\":2}"`}

// records draws the text of an object with keys in any order, some of which may come again.
func records() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		space := rapid.SampledFrom([]string{"", "", "", "", " ", "  ", "\t"})
		value := rapid.SampledFrom([]string{"1", "-0", "2.50", "1e400", "true", "null", `"a"`, `"\u0041\"b\":1"`, `"é"`, `{}`, `[ ]`, `{"a":[1, {"b" : "c"}],"b":2}`, `[",\"a\":"]`})
		if rapid.IntRange(0, 9).Draw(t, "any") == 0 {
			value = texts()
		}
		var fields []string
		for range rapid.IntRange(0, 12).Draw(t, "fields") {
			fields = append(fields, space.Draw(t, "s")+rapid.SampledFrom(keyTexts).Draw(t, "key")+space.Draw(t, "s")+":"+space.Draw(t, "s")+value.Draw(t, "value")+space.Draw(t, "s"))
		}
		return "{" + strings.Join(fields, ",") + space.Draw(t, "s") + "}"
	})
}

// sameAsLoose compares an object that is read as a loose record with one that is decoded at once.
func sameAsLoose(t tester, d *Decoder, text []byte) {
	t.Helper()
	want, end, wantErr := new(Decoder).Prefix(text)
	text = text[:end]
	got, n, ok := d.loose(append(bytes.Clone(text), " more"...))
	switch {
	case !ok && wantErr == nil && bytes.Equal(text, bytes.ToValidUTF8(text, nil)) && bytes.IndexByte(text, '\n') < 0:
		t.Fatalf("%q is no record", text)
	case !ok:
		return
	case wantErr != nil || n != len(text):
		t.Fatalf("%q is a record of %d bytes: %v", text, n, wantErr)
	}
	packer := Packer{}
	unpacked, _ := packer.Unpack(packer.Pack(nil, got))
	for _, v := range []Value{got, got.Clone(), unpacked} {
		if string(AppendJSON(nil, v)) != string(text) && v.Len() > 0 {
			t.Fatalf("%q is written as %s", text, AppendJSON(nil, v))
		}
		for _, key := range append(want.Shape().Keys(), "none", "e", `\`, "k\\u0065y") {
			x, has := want.Field(key)
			y, found := v.Field(key)
			z, _ := NewFinder(key).In(v)
			if has != found || !Equal(x, y) || !Equal(x, z) {
				t.Fatalf("%q: %q is %s, %v, and %s, want %s, %v", text, key, y.Text(), found, z.Text(), x.Text(), has)
			}
		}
		keys, first, again := v.Keys(), v.Shape(), v.Shape()
		if !slices.Equal(keys, want.Shape().Keys()) || !slices.Equal(first.Keys(), keys) || first != again || v.Len() != want.Len() {
			t.Fatalf("%q has the keys %q, want %q", text, first.Keys(), want.Shape().Keys())
		}
		for i, x := range v.Slots() {
			if !Equal(x, want.At(i)) || !Equal(v.At(i), want.At(i)) {
				t.Fatalf("%q has %s at %d, want %s", text, x.Text(), i, want.At(i).Text())
			}
		}
		if !Equal(v, want) || !bytes.Equal(AppendKey(nil, v), AppendKey(nil, want)) {
			t.Fatalf("%q is %s", text, v.Text())
		}
	}
}

// TestKeysWithQuotesAreOfOneField looks for keys that stand in the text from one quote to another, over fields between.
func TestKeysWithQuotesAreOfOneField(t *testing.T) {
	d := Decoder{Text: true}
	v, _, ok := d.loose([]byte(`{"x":"y","z":1,"a\"b":2}`))
	if !ok {
		t.Fatal("no record")
	}
	patched, _, _ := NewKeep([]string{"x"}, false).Of(v)
	for _, v := range []Value{v, patched} {
		for _, key := range []string{`y","z`, `x":"y","z`, `b`, `"b`} {
			if x, has := v.Field(key); has {
				t.Errorf("%q is %s", key, x.Text())
			}
		}
		if x, _ := v.Field(`a"b`); x.Int() != 2 {
			t.Errorf("a key with a quote is %s", x.Text())
		}
	}
}

func TestLooseRecordsAreTheSame(t *testing.T) {
	d := Decoder{Text: true}
	rapid.Check(t, func(t *rapid.T) { sameAsLoose(t, &d, []byte(records().Draw(t, "text"))) })
}

func FuzzLooseRecords(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":{"c":[1,2,{"d":"e"}]},"\u0061":2}`, `{"x\"a":1,"a":2}`, "{\"\xff\":[\"\xff\"]}", `{ "a" : 1 , "a key longer than those that are remembered":2}`, `{"a":`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 0 && text[0] == '{' {
			sameAsLoose(t, &Decoder{Text: true}, text)
		}
	})
}

// TestRecordsOfManyKindsAreFound reads records with ever other keys, among records that are all alike, with the same
// decoder and the same finder.
func TestRecordsOfManyKindsAreFound(t *testing.T) {
	d := Decoder{Text: true}
	find := NewFinder("k7")
	random := rand.New(rand.NewPCG(1, 2))
	loose := 0
	for i := range 20_000 {
		var members []string
		want, has := -1, false
		if i%1000 < 100 {
			members, want, has = []string{`"k1":0`, fmt.Sprintf(`"k7":%d`, i)}, i, true
		} else {
			for _, k := range random.Perm(12) {
				if random.IntN(3) > 0 {
					members = append(members, fmt.Sprintf(`"k%d":%d`, k, i*12+k))
					if k == 7 {
						want, has = i*12+k, true
					}
				}
			}
			members = append(members, fmt.Sprintf(`"only%d":"k7"`, i))
		}
		text := "{" + strings.Join(members, ",") + "}\n"
		v, n, ok := d.Line([]byte(text))
		x, _ := find.In(v)
		if !ok || n != len(text) || v.Len() != len(members) || x.IsInt() != has || has && x.Int() != int64(want) {
			t.Fatalf("%s: %v, %s", text, ok, x.Text())
		}
		if v.kind == record && (*fields)(v.p).shape == nil {
			loose++
		}
	}
	if loose < 10_000 {
		t.Errorf("only %d records are loose", loose)
	}
	if d.named > 2*maxNames {
		t.Errorf("the names take %d bytes", d.named)
	}
}

// TestLooseRecordsAllocateLittle holds that records with ever other sets of known keys cost no memory but for their fields.
func TestLooseRecordsAllocateLittle(t *testing.T) {
	d := Decoder{Text: true}
	random := rand.New(rand.NewPCG(1, 2))
	var texts [][]byte
	for range 2000 {
		m := map[string]int{}
		for k := range 30 {
			if random.IntN(5) < 3 {
				m[fmt.Sprint("key", k)] = k
			}
		}
		text, _ := json.Marshal(m)
		texts = append(texts, text)
	}
	find, i := NewFinder("key17"), 0
	one := func() {
		v, err := d.Decode(texts[i%len(texts)])
		if _, ok := find.In(v); err != nil || !ok {
			t.Fatal(err)
		}
		i++
	}
	for range texts {
		one()
	}
	if n := testing.AllocsPerRun(len(texts), one); n > 0.5 {
		t.Errorf("%v allocations a record", n)
	}
}

func BenchmarkLooseRecord(b *testing.B) {
	line := []byte(`{"id":17,"user":"user00042","ts":"2026-01-02T03:04:05Z","amount":12.50,"tags":["a12","b12","tag"],"nested":{"city":"City 431","zip":"01234","geo":{"lat":12.3456,"lon":123.4567}},"status":"ok"}                 `)
	d := Decoder{Text: true}
	for b.Loop() {
		if _, _, ok := d.loose(line); !ok {
			b.Fatal("no record")
		}
	}
}
