package dsl_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl"
)

// agreement says which mistakes a schema refuses, too, and why it does not see the others. The proof with the editors'
// language server reads it as well.
type agreement struct {
	Structural []string          // codes
	Beyond     map[string]string // codes, with reasons
	Exceptions map[string]string // titles of cases with structural codes that a schema cannot tell, with reasons
}

func agreed(t *testing.T) (a agreement) {
	t.Helper()
	text, err := os.ReadFile("testdata/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func schema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(dsl.Schema(registry())))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// data gives a YAML document as a schema sees it; false if it is none.
func data(src []byte) (any, bool) {
	var n yaml.Node
	if yaml.Unmarshal(src, &n) != nil || len(n.Content) == 0 {
		return nil, false
	}
	return plain(n.Content[0], 0), true
}

func plain(n *yaml.Node, depth int) any {
	switch {
	case depth > 100: // an anchor within itself
		return nil
	case n.Kind == yaml.AliasNode:
		return plain(n.Alias, depth+1)
	case n.Kind == yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			list = append(list, plain(c, depth+1))
		}
		return list
	case n.Kind == yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plain(n.Content[i+1], depth+1)
		}
		return m
	}
	var x any
	if n.ShortTag() == "!!timestamp" || n.Decode(&x) != nil {
		return n.Value
	}
	return x
}

func TestSchemaTakesWhatIsRight(t *testing.T) {
	s := schema(t)
	check := func(name string, src []byte) {
		if x, ok := data(src); !ok {
			t.Errorf("%s is no YAML", name)
		} else if err := s.Validate(x); err != nil {
			t.Errorf("%s\n%s\n%v", name, src, err)
		}
	}
	names, err := filepath.Glob("../examples/pipelines/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatal("no examples", err)
	}
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		check(name, src)
	}
	for _, c := range registry().All() {
		for _, e := range c.Examples {
			check(c.Name, []byte(e.Pipeline))
		}
	}
}

func TestSchemaRefusesWhatIsWrong(t *testing.T) {
	s, agreed := schema(t), agreed(t)
	refused := 0
	for _, w := range corpus(t) {
		var codes []string
		for _, all := range w.files[0].want {
			for _, e := range all {
				codes = append(codes, strings.Fields(e.text)[0])
			}
		}
		x, ok := data(w.text(w.files[0]))
		if !ok || !slices.ContainsFunc(codes, func(code string) bool { return slices.Contains(agreed.Structural, code) }) {
			continue
		}
		err := s.Validate(x)
		switch why := agreed.Exceptions[w.title]; {
		case err == nil && why == "":
			t.Errorf("%s: the schema takes it, in spite of %v", w.where(), codes)
		case err != nil && why != "":
			t.Errorf("%s: the schema can tell after all: %v", w.where(), err)
		case err != nil:
			refused++
		}
	}
	if refused < 100 {
		t.Errorf("the schema refuses only %d cases", refused)
	}
}

// TestSchemaOrReason checks that every code of the loader is one that the schema refuses, too, or has a reason not to be.
func TestSchemaOrReason(t *testing.T) {
	agreed := agreed(t)
	for _, code := range codesInSource(t) {
		if slices.Contains(agreed.Structural, code) == (agreed.Beyond[code] != "") {
			t.Errorf("%s is neither structural nor beyond the schema, or both", code)
		}
	}
}
