package format

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLayout(t *testing.T) {
	tests := map[string][2]string{
		"levels and lists": {
			"source:\n    file:   in.csv\nsteps:\n- filter:  it.x > 1\n-   map:\n        a: it.a\n        b: it.b\nsink: {stdout: {}}\n",
			"source:\n  file: in.csv\nsteps:\n  - filter: it.x > 1\n  - map:\n      a: it.a\n      b: it.b\nsink: {stdout: {}}\n",
		},
		"comments stay with what they stand by": {
			"# the whole\n\n\n\nsource: {range: {from: 1, to: 3}}   # three\nsteps:\n# first\n- take: 1\n# - skip: 1\nsink:\n      # where\n      stdout: {}\n\n\n",
			"# the whole\n\nsource: {range: {from: 1, to: 3}}   # three\nsteps:\n  # first\n  - take: 1\n# - skip: 1\nsink:\n  # where\n  stdout: {}\n",
		},
		"block scalars": {
			"steps:\n- map: |\n     let x = it.a;\n       x + 1\n\n     # no comment\n- filter: >-\n        it.a\n        > 1\n",
			"steps:\n  - map: |\n      let x = it.a;\n        x + 1\n\n      # no comment\n  - filter: >-\n      it.a\n      > 1\n",
		},
		"values over several lines": {
			"sources:\n    a:\n        items: [1,\n                2,\n            3]\n    b: {items:\n          [4]}\n",
			"sources:\n  a:\n    items: [1,\n            2,\n        3]\n  b: {items:\n        [4]}\n",
		},
		"a dash on a line of its own": {
			"steps:\n-\n    take: 3\n-   - 1\n",
			"steps:\n  -\n    take: 3\n  - - 1\n",
		},
		"line ends":        {"\xef\xbb\xbfname: a\r\nsteps:\r\n- take: 1", "name: a\nsteps:\n  - take: 1\n"},
		"quotes and order": {"b: 'x'\na: \"y\"\nc:\n    - \"z\"\n", "b: 'x'\na: \"y\"\nc:\n  - \"z\"\n"},
	}
	for name, tt := range tests {
		got, err := Source([]byte(tt[0]))
		if err != nil || string(got) != tt[1] {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, tt[1])
		}
	}
}

func TestBrokenTextIsNotTouched(t *testing.T) {
	if _, err := Source([]byte("steps:\n  - map: {a\n")); err != ErrSyntax {
		t.Error(err)
	}
}

// TestExamplesAreCanonical keeps the examples as the command would write them.
func TestExamplesAreCanonical(t *testing.T) {
	files, err := filepath.Glob("../../examples/pipelines/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Source(src); err != nil || !bytes.Equal(got, src) {
			t.Errorf("%s: %v\n%s", file, err, got)
		}
	}
}

// FuzzSource checks that the values and comments stay, and that what is laid out stays as it is.
func FuzzSource(f *testing.F) {
	files, _ := filepath.Glob("../../examples/pipelines/*.yaml")
	for _, file := range files {
		if src, err := os.ReadFile(file); err == nil {
			f.Add(src)
		}
	}
	f.Add([]byte("a:\n- |\n   x\n  # c\n- >2\n     y\nb: &x [1, *x]\n? c\n: d\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		got, err := Source(src)
		if err != nil {
			return
		}
		before, err := parse(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")))
		if err != nil {
			t.Fatal(err)
		}
		after, err := parse(got)
		if err != nil || !same(before, after) {
			t.Fatalf("%q became %q: %v", src, got, err)
		}
		if again, err := Source(got); err != nil || !bytes.Equal(again, got) {
			t.Fatalf("%q became %q, and then %q: %v", src, got, again, err)
		}
		if strings.Contains(string(got), "\x00") && !bytes.Contains(src, []byte{0}) {
			t.Fatalf("%q became %q", src, got)
		}
	})
}
