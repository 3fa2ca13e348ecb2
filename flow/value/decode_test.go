package value

import (
	"bytes"
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// texts draws JSON texts and texts that are nearly JSON.
func texts() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		space := rapid.SampledFrom([]string{"", "", "", " ", "\t", "\r"})
		scalar := rapid.OneOf(
			rapid.SampledFrom([]string{"null", "true", "false", "0", "-0", "-1", "1.10", "1e400", "12345678901234567890", "9007199254740993",
				`""`, `"a"`, `"\u00e9"`, `"\ud83d\ude00"`, `"\ud800"`, `"é"`, "\"\xff\"", `"\n"`, `"0123456789abcdef"`, `"01234567\"9"`}),
			rapid.SampledFrom([]string{"01", "-", "1.", "1e", "nul", `"`, `"\x"`, "\"\x01\"", `"\u12"`, "+1", ".5", "\xff", ""}),
			rapid.Map(rapid.Int64(), func(i int64) string { b, _ := json.Marshal(i); return string(b) }),
			rapid.Map(rapid.String(), func(s string) string { b, _ := json.Marshal(s); return string(b) }),
		)
		var draw func(depth int) string
		draw = func(depth int) string {
			kind := rapid.IntRange(0, 3).Draw(t, "kind")
			if depth == 0 || kind < 2 {
				return scalar.Draw(t, "scalar")
			}
			var parts []string
			for range rapid.IntRange(0, 4).Draw(t, "n") {
				s := space.Draw(t, "space") + draw(depth-1) + space.Draw(t, "space")
				if kind == 3 {
					s = space.Draw(t, "space") + rapid.SampledFrom([]string{`"a"`, `"b"`, `"key"`, `"k\u0065y"`, `"a\""`, `""`, "a"}).Draw(t, "key") + space.Draw(t, "space") + ":" + s
				}
				parts = append(parts, s)
			}
			body := strings.Join(parts, ",")
			if kind == 3 {
				return "{" + body + "}"
			}
			return "[" + body + "]"
		}
		return space.Draw(t, "space") + draw(3) + space.Draw(t, "space")
	})
}

// TestValuesThatStayTextAreTheSame compares values that remember their text with values that are decoded at once.
func TestValuesThatStayTextAreTheSame(t *testing.T) {
	lazy := Decoder{Text: true}
	rapid.Check(t, func(t *rapid.T) { sameAsText(t, &lazy, []byte(texts().Draw(t, "text"))) })
}

func FuzzValuesThatStayText(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":{"c":[1,2,{"d":"e"}]},"a":2}`, `[[],{},[{}]]`, "{\"\xff\":[\"\xff\"]}", `{"a":`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { sameAsText(t, &Decoder{Text: true}, data) })
}

type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

func sameAsText(t tester, lazy *Decoder, data []byte) {
	t.Helper()
	want, wantErr := DecodeJSON(data)
	got, err := lazy.Decode(data)
	if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
		t.Fatalf("%q: %v, want %v", data, err, wantErr)
	}
	if json.Valid(data) != (err == nil) {
		t.Fatalf("%q: %v, and encoding/json says %v", data, err, json.Valid(data))
	}
	if err != nil {
		return
	}
	clone := got.Clone()
	first := AppendJSON(nil, got)
	if !Equal(got, want) || !bytes.Equal(AppendKey(nil, got), AppendKey(nil, want)) || !Equal(clone, want) {
		t.Fatalf("%q: %s and %s, want %s", data, AppendJSON(nil, got), AppendJSON(nil, clone), AppendJSON(nil, want))
	}
	if got.Kind() != want.Kind() || got.Len() != want.Len() || clone.Kind() != want.Kind() {
		t.Fatalf("%q: %v of %d, want %v of %d", data, got.Kind(), got.Len(), want.Kind(), want.Len())
	}
	again, err := DecodeJSON(first)
	if err != nil || !Equal(again, want) || !bytes.Equal(first, AppendJSON(nil, got)) || !bytes.Equal(first, AppendJSON(nil, clone)) {
		t.Fatalf("%q is written as %q: %v", data, first, err)
	}
	if want.Len() > 0 && want.Kind() == Object && Equal(got.With("new", OfInt(1)), got) {
		t.Fatalf("%q does not change", data)
	}
}

func TestUntouchedTextIsWrittenAsItWas(t *testing.T) {
	const line = `{ "a": 1.10,"b":[1 , 2],"c":{"d":1e2,"d":"\u0041"}, "big":12345678901234567890}`
	d := Decoder{Text: true}
	v, err := d.Decode([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(AppendJSON(nil, v)); got != line {
		t.Errorf("the whole: %s", got)
	}
	c, _ := v.Field("c")
	if x, _ := c.Field("d"); x.Str() != "A" {
		t.Errorf("the last of a duplicate: %v", x.Text())
	}
	const want = `{"a":1.10,"b":[1 , 2],"c":{"d":1e2,"d":"\u0041"},"big":12345678901234567890,"e":true}`
	if got := string(AppendJSON(nil, v.With("e", OfBool(true)))); got != want {
		t.Errorf("with a field more: %s", got)
	}
}

func TestDecodingARecordAllocatesLessThanOneObject(t *testing.T) {
	d := Decoder{Text: true}
	line := []byte(`{"id":17,"user":"user00042","ts":"2026-01-02T03:04:05Z","amount":12.50,"tags":["a","b"],"nested":{"city":"X","zip":"1"},"status":"ok"}`)
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := d.Decode(line); err != nil {
			t.Fatal(err)
		}
	}); n > 0.2 {
		t.Errorf("%v allocations a record", n)
	}
}

// TestFewOfTheTextsDecodedAreHeld holds that a decoder, and the last value, hold on to few texts of the values before.
func TestFewOfTheTextsDecodedAreHeld(t *testing.T) {
	const texts, size = 1000, 64 << 10
	for _, text := range []bool{false, true} {
		d := Decoder{Text: text}
		var last Value
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range texts {
			data := append([]byte(`{"a":[{"b":"c"},{"b":"c"}`+strings.Repeat(`,{"b":["d"]}`, i%7)+`],"long":"`), bytes.Repeat([]byte("x"), size)...)
			v, err := d.Decode(append(data, `"}`...))
			if err != nil {
				t.Fatal(err)
			}
			last = v
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if held := int(after.HeapAlloc-before.HeapAlloc) / size; held > 2*slabSize {
			t.Errorf("with Text %v, %d of %d texts are held", text, held, texts)
		}
		runtime.KeepAlive(&d)
		runtime.KeepAlive(last)
	}
}

func BenchmarkDecodeRecord(b *testing.B) {
	line := []byte(`{"id":17,"user":"user00042","ts":"2026-01-02T03:04:05Z","amount":12.50,"tags":["a12","b12","tag"],"nested":{"city":"City 431","zip":"01234","geo":{"lat":12.3456,"lon":123.4567}},"status":"ok"}`)
	for _, text := range []bool{false, true} {
		b.Run(map[bool]string{false: "whole", true: "text"}[text], func(b *testing.B) {
			d := Decoder{Text: text}
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Decode(line); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestAValueIsBoundedByMoreThanItsText decodes texts whose values take just as much as they may, and a little more.
func TestAValueIsBoundedByMoreThanItsText(t *testing.T) {
	for _, part := range []string{`1`, `[]`, `{}`, `[1,[2]]`, `{"a":{"b":1}}`} {
		text := []byte("[" + part + strings.Repeat(","+part, 999) + "]")
		want, err := DecodeJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		takes := want.Size()
		if v, err := DecodeJSONUpTo(text, takes+takes/2); err != nil || !Equal(v, want) {
			t.Errorf("%s: %v", part, err)
		}
		if _, err := DecodeJSONUpTo(text, takes/2); err != ErrTooLarge {
			t.Errorf("%s in half of what it takes: %v", part, err)
		}
		if _, err := DecodeJSON(text); err != nil {
			t.Errorf("%s after that: %v", part, err)
		}
	}
}
