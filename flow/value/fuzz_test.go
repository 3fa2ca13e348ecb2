package value_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/flowrun/flowrun/flow/value"
)

// FuzzJSON holds the decoder against encoding/json: both accept the same texts, and read the same from them. What is
// written is JSON that reads back as the same, text by text.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2.50,-0,1e400,null,true],"b":{"c":"d\n\u00e9\ud83d\ude00"},"a":12345678901234567890}`,
		"[\"\xff\xc3\xe2\x82 \\ud800\\udc00\", \"\\ud800\"]", ` [ ] `, `{"":{}}`, `"a`, `[1,]`, `{"a":1,"\u0061":2}`, "1.5e-7", "\xef\xbb\xbf1", "truE",
	} {
		f.Add([]byte(seed))
	}
	var shared value.Decoder
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := shared.Decode(bytes.Clone(text))
		if valid := json.Valid(text); (err == nil) != valid {
			t.Fatalf("encoding/json says %v, and this %v", valid, err)
		}
		if err != nil {
			var s *value.SyntaxError
			if !errors.As(err, &s) || s.Offset < 0 || s.Offset > len(text) || s.Incomplete() && s.Offset != len(text) {
				t.Fatalf("%#v", err)
			}
			return
		}
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		want := reference(t, dec)
		out := value.AppendJSON(nil, v)
		if got := value.AppendJSON(nil, want); !bytes.Equal(got, out) || !value.Equal(v, want) {
			t.Fatalf("got  %s\nwant %s", out, got)
		}
		again, err := value.DecodeJSON(out)
		if err != nil || !value.Equal(again, v) || !bytes.Equal(value.AppendJSON(nil, again), out) {
			t.Fatalf("%s reads back as %s, %v", out, value.AppendJSON(nil, again), err)
		}
		whole(t, bytes.TrimSpace(text))
	})
}

// reference reads a value as encoding/json's tokens give it: in the order of the text, numbers as they are written.
func reference(t *testing.T, dec *json.Decoder) value.Value {
	token, err := dec.Token()
	if err != nil {
		t.Fatal(err)
	}
	switch token := token.(type) {
	case json.Delim:
		var items []value.Value
		b := value.Builder{}
		for dec.More() {
			if token == '[' {
				items = append(items, reference(t, dec))
				continue
			}
			key, _ := dec.Token()
			b.Set(key.(string), reference(t, dec))
		}
		if _, err := dec.Token(); err != nil {
			t.Fatal(err)
		}
		if token == '[' {
			return value.OfList(items)
		}
		return b.Value()
	case json.Number:
		return value.OfNumber(token.String())
	}
	return value.FromGo(token)
}

// whole holds that a text that is cut short is told from one that is wrong, so that its rest can be waited for.
func whole(t *testing.T, text []byte) {
	if len(text) > 200 || text[0] != '{' && text[0] != '[' && text[0] != '"' {
		return
	}
	for i := range text {
		var s *value.SyntaxError
		if _, _, err := new(value.Decoder).Prefix(text[:i]); !errors.As(err, &s) || !s.Incomplete() {
			t.Fatalf("%q: %v", text[:i], err)
		}
	}
}
