package value

import (
	"bytes"
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// lines draws lines of JSON, most of which are much like the first.
func lines() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		model := []byte(rapid.OneOf(texts(), rapid.Map(texts(), func(s string) string { return `{"a":` + s + `, "b": [1,"two",{}],"a longer key than that": {"c":"d"}}` })).Draw(t, "model"))
		var all []byte
		for range rapid.IntRange(1, 20).Draw(t, "lines") {
			line := bytes.Clone(model)
			for range rapid.IntRange(0, 2).Draw(t, "changes") {
				at := rapid.IntRange(0, len(line)).Draw(t, "at")
				until := rapid.IntRange(at, min(at+3, len(line))).Draw(t, "until")
				with := rapid.SampledFrom([]string{"", "1", "-", "0", ".", "e", `"`, `\`, `\u00`, "é", "\xff", ",", ":", "{", "}", "[", "]", " ", "\r", "\x00", "null", "true", `"a"`, `"b":2,`, "[]", "{}", "12345678901234567890"}).Draw(t, "with")
				line = append(append(bytes.Clone(line[:at]), with...), line[until:]...)
			}
			all = append(append(all, line...), '\n')
		}
		return all
	})
}

// sameLines compares lines that are read one after another with each decoded alone.
func sameLines(t tester, text []byte) {
	t.Helper()
	d := Decoder{Text: true}
	for range 2 { // the second time, everything was seen before
		for rest := text; len(rest) > 0; {
			end := bytes.IndexByte(rest, '\n')
			if end < 0 {
				break
			}
			line := rest[:end]
			v, n, ok := d.Line(rest)
			switch trimmed := bytes.TrimLeft(line, " \t\r"); {
			case ok && (n != end+1 || !json.Valid(line)):
				t.Fatalf("%q is a record of %d bytes", line, n)
			case !ok && bytes.HasPrefix(line, []byte("{")) && json.Valid(line) && bytes.Equal(line, bytes.ToValidUTF8(line, nil)):
				t.Fatalf("%q is no record", trimmed)
			}
			want, err := DecodeJSON(line)
			if ok && (err != nil || !Equal(v, want) || !bytes.Equal(AppendKey(nil, v), AppendKey(nil, want)) || !Equal(v.Clone(), want)) {
				t.Fatalf("%q is %s, want %s, %v", line, AppendJSON(nil, v), AppendJSON(nil, want), err)
			}
			if ok {
				if again, err := DecodeJSON(AppendJSON(nil, v)); err != nil || !Equal(again, want) || !equalKeys(v, want) {
					t.Fatalf("%q is written as %s", line, AppendJSON(nil, v))
				}
			}
			rest = rest[end+1:]
		}
	}
}

// TestElementsAreReadAsTheyAreAlone compares the records of a list with each line decoded alone, and where their fields end with
// where reading over them does.
func TestElementsAreReadAsTheyAreAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := []byte("[")
		var alone []Value
		for line := range bytes.Lines(lines().Draw(t, "lines")) {
			line = bytes.ToValidUTF8(bytes.TrimSuffix(line, []byte("\n")), nil)
			if v, err := DecodeJSON(line); err == nil && !bytes.ContainsRune(line, '\n') {
				list, alone = append(append(list, line...), ','), append(alone, v)
			}
		}
		list = append(bytes.TrimSuffix(list, []byte(",")), ']')
		d := Decoder{Text: true}
		v, err := d.Decode(append(append([]byte(`{"list":`), list...), '}'))
		if err != nil {
			t.Fatalf("%s: %v", list, err)
		}
		got := v.At(0).List()
		if !Equal(OfList(got), OfList(alone)) {
			t.Fatalf("%s is %s", list, OfList(got).Text())
		}
		for _, x := range got {
			if x.kind == record {
				for f, slot := (*fields)(x.p), 0; slot < int(f.n); slot++ {
					if want := skip(bytesOf(f.text), f.start(slot), 0); f.end(slot) != want {
						t.Fatalf("%s: slot %d ends at %d, want %d", f.text, slot, f.end(slot), want)
					}
				}
			}
			if x.kind == unreadObject && x.Len() > 0 {
				t.Fatalf("%s is no record", x.Text())
			}
		}
	})
}

func equalKeys(a, b Value) bool {
	return bytes.Equal(AppendJSON(nil, OfShape(a.Shape(), make([]Value, a.Len()))), AppendJSON(nil, OfShape(b.Shape(), make([]Value, b.Len()))))
}

func TestLinesAreReadAsTheyAreAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { sameLines(t, lines().Draw(t, "lines")) })
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("{\"id\":1000000,\"tags\":[\"a\",\"b\"],\"nested\":{\"city\":\"Kyoto\",\"geo\":{\"lat\":-18.85777336,\"lon\":154.0}},\"ok\":true}\n" +
		"{\"id\":1000001,\"tags\":[\"c\"],\"nested\":{\"city\":\"S\u00e3o Paulo\",\"geo\":{\"lat\":18.8,\"lon\":null}},\"ok\":false}\n{\"id\":1,\"tags\":[],\"nested\":{}}\n"))
	f.Add([]byte("{\"\":\"00000\xd700\"}\n{\"a\":\"\xff\\n\",\"b\":\"日本\\u00e9\"}\n"))
	f.Fuzz(func(t *testing.T, text []byte) { sameLines(t, text) })
}

// TestOfManyShapesFewAreRemembered reads records of more keys and of more levels than a decoder remembers.
func TestOfManyShapesFewAreRemembered(t *testing.T) {
	d := Decoder{Text: true}
	for i := range 3 * maxPlaces {
		line, _ := json.Marshal(map[string]any{
			"a" + string(rune('a'+i%26)): i, "b" + json.Number(string(rune('0'+i%10))).String() + string(rune(0x4e00+i)): map[string]any{"x": []int{i}, "y": "z"}, "c": "d",
		})
		deep := bytes.Repeat([]byte(`{"a":[`), i%100)
		line = append(append(append(line[:len(line)-1], `,"deep":`...), append(deep, '1')...), bytes.Repeat([]byte(`]}`), i%100)...)
		line = append(append(line, "}\n"...), line[:20]...)
		v, _, ok := d.Line(line)
		want, err := DecodeJSON(line[:bytes.IndexByte(line, '\n')])
		if !ok || err != nil || !Equal(v, want) || !equalKeys(v, want) {
			t.Fatalf("%s: %v, %v, %s", line, ok, err, AppendJSON(nil, v))
		}
	}
	if d.places > maxPlaces {
		t.Fatalf("%d places", d.places)
	}
}
