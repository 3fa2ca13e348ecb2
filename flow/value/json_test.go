package value_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow/value"
)

var update = flag.Bool("update", false, "rewrite the errors in testdata/json.txt")

// TestJSON decodes the texts of testdata/json.txt.
func TestJSON(t *testing.T) {
	const file = "testdata/json.txt"
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i, line := range strings.Split(strings.TrimSuffix(string(src), "\n"), "\n") {
		if line == "" || line[0] == '#' {
			out = append(out, line)
			continue
		}
		verdict, rest, _ := strings.Cut(line, " ")
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		text, _ := strconv.Unquote(quoted)
		wanted, accept := text, verdict == "y"
		if result, ok := strings.CutPrefix(rest[len(quoted):], " = "); ok {
			accept = true
			if wanted, err = strconv.Unquote(result); err != nil {
				t.Fatalf("line %d: %v", i+1, err)
			}
		}
		v, err := value.DecodeJSON([]byte(text))
		if (err == nil) != accept {
			t.Errorf("line %d: %s: %v", i+1, quoted, err)
			continue
		}
		if accept {
			out = append(out, line)
			if got := string(value.AppendJSON(nil, v)); got != wanted {
				t.Errorf("line %d: %s gives %s, want %s", i+1, quoted, got, wanted)
			}
			continue
		}
		var s *value.SyntaxError
		if !errors.As(err, &s) {
			t.Fatalf("line %d: %T", i+1, err)
		}
		got := fmt.Sprintf("%s %s %d: %s", verdict, quoted, s.Offset, s)
		out = append(out, got)
		if got != line && !*update {
			t.Errorf("line %d:\n got  %s\n want %s", i+1, got, line)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(out, "\n")+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestJSONSuite decodes every file of the folder that FLOWRUN_JSON_SUITE names: JSONTestSuite's parsing cases.
func TestJSONSuite(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(os.Getenv("FLOWRUN_JSON_SUITE"), "[yni]_*.json"))
	if dir := os.Getenv("FLOWRUN_JSON_SUITE"); dir != "" && len(files) < 300 {
		t.Fatalf("%d cases in %s", len(files), dir)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		_, err = value.DecodeJSON(text)
		wanted := name[0] == 'y' || name[0] == 'i' && json.Valid(text)
		if (err == nil) != wanted {
			t.Errorf("%s: %v", name, err)
		}
		lazy := value.Decoder{Text: true}
		if _, err := lazy.Decode(text); (err == nil) != wanted {
			t.Errorf("%s, left as text: %v", name, err)
		}
	}
}

// TestDepth holds the bound on nesting, which is that of encoding/json.
func TestDepth(t *testing.T) {
	for depth, ok := range map[int]bool{10_000: true, 10_001: false, 1_000_000: false} {
		for _, pair := range []string{"[]", "{}"} {
			open, end := pair[:1], pair[1:]
			text := strings.Repeat(open, depth) + strings.Repeat(end, depth)
			if pair == "{}" {
				text = strings.Repeat(`{"a":`, depth-1) + "{" + strings.Repeat("}", depth)
			}
			if _, err := value.DecodeJSON([]byte(text)); (err == nil) != ok || json.Valid([]byte(text)) != ok {
				t.Errorf("%s %d deep: %v", pair, depth, err)
			}
		}
	}
	if _, err := value.DecodeJSON(bytes.Repeat([]byte("["), 1_000_000)); err == nil || !strings.Contains(err.Error(), "nested deeper than 10000") {
		t.Error(err)
	}
}

// TestPrefix takes values off a text one after another.
func TestPrefix(t *testing.T) {
	var d value.Decoder
	data := []byte(` {"a":1} [2]3 "x"null`)
	var got []string
	for len(data) > 0 {
		v, n, err := d.Prefix(data)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(value.AppendJSON(nil, v)))
		data = data[n:]
	}
	if s := strings.Join(got, " "); s != `{"a":1} [2] 3 "x" null` {
		t.Error(s)
	}
}

// TestShapesAreShared holds that objects with the same keys share their shape, and that many kinds of objects are
// right, too.
func TestShapesAreShared(t *testing.T) {
	var d value.Decoder
	a, err := d.Decode([]byte(`{"a":1,"b":{"c":2}}`))
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.Decode([]byte(`{ "a" : 3, "\u0062" : null }`))
	if err != nil {
		t.Fatal(err)
	}
	if a.Shape() != b.Shape() {
		t.Error("two shapes of the same keys")
	}
	for i := range 5000 {
		text := fmt.Sprintf(`{"k%d":{"k%d":1,"x":2},"x":[3],"k%d":4}`, i, i+1, i)
		v, err := d.Decode([]byte(text))
		if want := fmt.Sprintf(`{"k%d":4,"x":[3]}`, i); err != nil || string(value.AppendJSON(nil, v)) != want {
			t.Fatalf("%s: %s %v", text, value.AppendJSON(nil, v), err)
		}
	}
}
