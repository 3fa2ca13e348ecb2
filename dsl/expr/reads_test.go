package expr_test

import (
	"strings"
	"testing"

	"github.com/flowrun/flowrun/dsl/expr"
)

func TestReads(t *testing.T) {
	for src, want := range map[string]string{
		"it.a.b + it.c":                         "it.a.b it.c",
		"it?.a?.b ?? it.a":                      "it.a it.a.b",
		"it":                                    "it",
		"len(it) + it.n":                        "it it.n",
		"it[\"Major Genre\"] == it['x']":        `it.x it["Major Genre"]`,
		"it.tags[0].name":                       "it.tags",
		"filter(it.items, .price > it.least)":   "it.items it.least",
		"let x = it.user; x.name":               "it.user",
		"1 + 2":                                 "",
		"it[it.key]":                            "it it.key",
		"{a: it.a, b: [it.b, 'it.c']}.a == nil": "it.a it.b",
	} {
		e, problems := expr.Compile(src, expr.Env{})
		if problems != nil {
			t.Fatalf("%s: %+v", src, problems)
		}
		if got := strings.Join(expr.Reads(e), " "); got != want {
			t.Errorf("%s reads %q, want %q", src, got, want)
		}
	}
	e, problems := expr.CompileTemplate("${it.a}/${it.b.c}/${1 + 1}", expr.Env{})
	if got := strings.Join(expr.Reads(e), " "); problems != nil || got != "it.a it.b.c" {
		t.Errorf("%q %v", got, problems)
	}
}
