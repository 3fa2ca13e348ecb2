package dsl

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// typeHelp says how a value of a type is written.
var typeHelp = map[string]string{
	"string":   "write text; in YAML, in quotes if it could be something else",
	"int":      "write a whole number of 64 bits",
	"float":    "write a number such as 0.5",
	"bool":     "write true or false",
	"duration": "write it as 250ms, 10s, 1m30s or 2h",
	"size":     "write it as 64KiB, 16MiB or 1GB",
	"list":     "write JSON, such as [1, 2]; in a YAML file, a YAML list",
	"object":   "write JSON, such as {\"a\": 1}; in a YAML file, a YAML mapping",
	"secret":   "write text",
}

func article(noun string) string {
	if strings.Contains("aeiou", noun[:1]) {
		return "an " + noun
	}
	return "a " + noun
}

// fromText reads a value from text, which is never parsed as YAML: lists and objects are JSON.
func fromText(typ, text string) (value.Value, error) {
	switch typ {
	case "int":
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return value.Value{}, fmt.Errorf("%s is no int of 64 bits", diag.Quote(text))
		}
		return value.OfInt(n), nil
	case "float":
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return value.Value{}, fmt.Errorf("%s is no number", diag.Quote(text))
		}
		return value.OfFloat(f), nil
	case "bool":
		if text != "true" && text != "false" {
			return value.Value{}, fmt.Errorf("%s is neither true nor false", diag.Quote(text))
		}
		return value.OfBool(text == "true"), nil
	case "duration":
		d, err := flow.ParseDuration(text)
		return value.OfDuration(d), short(err)
	case "size":
		s, err := flow.ParseSize(text)
		return value.OfInt(int64(s)), short(err)
	case "list", "object":
		v, err := value.DecodeJSON([]byte(text))
		if err != nil {
			return v, fmt.Errorf("%s is no JSON: %w", diag.Quote(text), err)
		}
		if v.Kind().String() != typ {
			return v, fmt.Errorf("this is %s", flow.Describe(v))
		}
		return v, nil
	}
	return value.OfString(text), nil
}

// short leaves out the help that an error has after its message.
func short(err error) error {
	if err == nil {
		return nil
	}
	message, _, _ := strings.Cut(err.Error(), ": ")
	return fmt.Errorf("%s", message)
}

// fromNode reads a value from YAML: a scalar as its text, whatever YAML takes it for.
func fromNode(typ string, n *yaml.Node) (value.Value, error) {
	wrong := fmt.Errorf("this is %s", diag.KindName(n))
	switch {
	case typ == "list" && n.Kind == yaml.SequenceNode, typ == "object" && n.Kind == yaml.MappingNode:
		return config.Data(n), nil
	case typ == "list", typ == "object", n.Kind != yaml.ScalarNode, isNull(n):
		return value.Value{}, wrong
	}
	return fromText(typ, n.Value)
}

// among checks that a value is one that the declaration lists.
func (d *declared) among(v value.Value) error {
	list := items(child(d.node, "enum"))
	if list == nil {
		return nil
	}
	var all []string
	for _, x := range list {
		if e, err := fromNode(d.Type, x); err == nil && value.Equal(e, v) {
			return nil
		}
		all = append(all, x.Value)
	}
	help := "write one of " + strings.Join(all, ", ")
	if near := diag.Nearest(v.Text(), all); near != "" {
		help = fmt.Sprintf("did you mean `%s`? (one of %s)", near, strings.Join(all, ", "))
	}
	return notListed{fmt.Errorf("%s is not among its values", diag.Quote(v.Text())), help}
}

// notListed is the error that a value is not one that the declaration lists.
type notListed struct {
	error
	help string
}

// helpFor says what to write in place of a value that is wrong.
func helpFor(typ string, err error) string {
	var wrong notListed
	if errors.As(err, &wrong) {
		return wrong.help
	}
	return typeHelp[typ]
}
