package dsl

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/diag"
)

// optionNames gives the names of a struct's options.
func optionNames(t reflect.Type) []string {
	var names []string
	for _, o := range config.Options(t) {
		names = append(names, o.Name)
	}
	return names
}

// commonKeys are the keys beside the component that may stand at a place.
var commonKeys = map[string][]string{
	"source": optionNames(reflect.TypeFor[sourceKeys]()),
	"step":   optionNames(reflect.TypeFor[stepKeys]()),
	"sink":   optionNames(reflect.TypeFor[sinkKeys]()),
}

// policyKeys are those of them that only what asks something of the outside can use.
var policyKeys = optionNames(reflect.TypeFor[policies]())

// topLevel gives the keys of a file, and whether each is in the header or a section.
func topLevel() map[string]string {
	keys := map[string]string{}
	for _, name := range optionNames(reflect.TypeFor[header]()) {
		keys[name] = "header"
	}
	for _, s := range sections {
		keys[s.name] = "section"
	}
	return keys
}

// unknownTop reports a top-level key that there is not.
func (l *loader) unknownTop(key *yaml.Node, keys map[string]string) {
	var names []string
	for name := range keys {
		names = append(names, name)
	}
	slices.Sort(names)
	noun := "a pipeline"
	if l.inside {
		noun = "a file of steps"
		names = slices.DeleteFunc(names, func(name string) bool { return ofPipelines[name] != "" })
	}
	help := fmt.Sprintf("the keys of %s: %s", noun, strings.Join(names, ", "))
	near := diag.Nearest(key.Value, names)
	if near != "" {
		help = fmt.Sprintf("did you mean `%s`?", near)
	} else if place := l.placeOf(key.Value, "source", "step", "sink"); place != "" {
		help = fmt.Sprintf("`%s` is a %s: write it under `%s`", key.Value, place, under[place])
	}
	l.report(key, "FR201", fmt.Sprintf("%s has no key `%s`", noun, key.Value), help, near)
	l.missing = l.missing || near == "source" || near == "sources" || near == "" && l.placeOf(key.Value, "source") != ""
	l.unsure = l.unsure || slices.Contains([]string{"source", "sources", "steps", "sink", "sinks"}, near)
}

// strayed reports a key of the file, such as steps, that stands in a section, where only a name can: what stands below it
// is no component and no options.
func (l *loader) strayed(key, x *yaml.Node, section string) bool {
	if x.Kind == yaml.ScalarNode || len(x.Content) == 0 || key.Value == "defaults" || !strings.HasSuffix(key.Value, "s") || topLevel()[key.Value] != "section" {
		return false
	}
	for name, value := range pairs(x) {
		if value.Kind != yaml.MappingNode || l.placeOf(name.Value, "source", "step", "sink") != "" {
			return false
		}
	}
	l.dec.At(key, "FR208", fmt.Sprintf("`%s` is a key of the file, and stands below `%s` here", key.Value, section), "begin its line without a space")
	return true
}

// under says where the components of a place are written.
var under = map[string]string{"source": "source", "step": "steps", "sink": "sink"}

// placeOf gives the first of the places where there is a component of the name, "" if none has it.
func (l *loader) placeOf(name string, places ...string) string {
	for _, place := range places {
		if l.settings.Registry.Lookup(place, name) != nil {
			return place
		}
	}
	return ""
}

// report adds an error with what the place should have been.
func (l *loader) report(n *yaml.Node, code, message, help, suggest string) {
	l.dec.At(n, code, message, help)
	(*l.diags)[len(*l.diags)-1].Suggest = suggest
}

// componentNames gives the names of the components that may stand at a place.
func (l *loader) componentNames(place string) []string {
	var names []string
	for _, c := range l.settings.Registry.All() {
		if c.Kind().Place() == place {
			names = append(names, c.Name)
		}
	}
	return names
}

// split finds the component's key among the keys of a node, and gives the common keys as a mapping. Component is nil
// where there is none that is known, which is reported.
func (l *loader) split(n *yaml.Node, place string) (component, options, common *yaml.Node) {
	common = &yaml.Node{Kind: yaml.MappingNode, Line: n.Line, Column: n.Column}
	var unknown []*yaml.Node
	for key, x := range pairs(n) {
		switch {
		case l.settings.Registry.Lookup(place, key.Value) != nil && component != nil:
			l.dec.At(key, "FR205", fmt.Sprintf("a %s has one component, and here are `%s` and `%s`", place, component.Value, key.Value), twoHelp[place])
		case l.settings.Registry.Lookup(place, key.Value) != nil:
			component, options = key, x
		case slices.Contains(commonKeys["step"], key.Value), slices.Contains(commonKeys["source"], key.Value):
			common.Content = append(common.Content, key, x)
		default:
			unknown = append(unknown, key)
		}
	}
	if component != nil {
		for _, key := range unknown {
			l.unknownKey(key, place, component.Value, isNull(options))
		}
		if isNull(options) && len(unknown) > 0 { // what stands below it was to be its options
			l.dec.At(component, "FR208", fmt.Sprintf("no options stand below `%s`", component.Value), fmt.Sprintf("indent `%s` further than `%s` if it is an option", unknown[0].Value, component.Value))
			component = nil
		}
		return component, options, common
	}
	if len(unknown) == 0 {
		l.dec.At(n, "FR206", fmt.Sprintf("this %s has no component", place), "add one of "+strings.Join(l.componentNames(place), ", "))
		return nil, nil, common
	}
	likely := slices.IndexFunc(unknown, func(key *yaml.Node) bool {
		return l.synonym(place, key.Value) != "" || laterNamed[place][key.Value] || l.placeOf(key.Value, "source", "step", "sink") != "" || diag.Nearest(key.Value, l.componentNames(place)) != ""
	})
	for i, key := range unknown {
		if i == max(likely, 0) {
			l.unknownComponent(key, place)
		} else {
			l.unknownKey(key, place, "", false)
		}
	}
	return nil, nil, common
}

var twoHelp = map[string]string{
	"source": "name them under `sources`, and merge them by `from: [a, b]`",
	"step":   "make each a step of its own, beginning with `- `",
	"sink":   "name them under `sinks`, each with a `from`",
}

// synonym gives the component that other languages call by a name; "" if there is none.
func (l *loader) synonym(place, name string) string {
	for _, c := range l.settings.Registry.All() {
		if c.Kind().Place() == place && slices.Contains(c.Also, name) {
			return c.Name
		}
	}
	return ""
}

// unknownComponent reports a component that there is not at this place.
func (l *loader) unknownComponent(key *yaml.Node, place string) {
	name := key.Value
	if laterNamed[place][name] {
		l.dec.At(key, "FR206", fmt.Sprintf("there is no %s `%s` yet", place, name), notYet)
		return
	}
	if other := l.placeOf(name, "source", "step", "sink"); other != "" {
		l.dec.At(key, "FR206", fmt.Sprintf("`%s` is a %s, and stands here as a %s", name, other, place), fmt.Sprintf("write it under `%s`", under[other]))
		return
	}
	all := l.componentNames(place)
	help := "it is one of " + strings.Join(all, ", ")
	near := l.synonym(place, name)
	if near == "" {
		near = diag.Nearest(name, slices.Concat(all, commonKeys[place]))
	}
	if near != "" {
		help = fmt.Sprintf("did you mean `%s`?", near)
	}
	l.report(key, "FR206", fmt.Sprintf("there is no %s `%s`", place, name), help, near)
}

// unknownKey reports a key beside a component that is no common key; empty says that the component has no options.
func (l *loader) unknownKey(key *yaml.Node, place, component string, empty bool) {
	help := fmt.Sprintf("the keys of a %s: its component, %s", place, strings.Join(commonKeys[place], ", "))
	near := diag.Nearest(key.Value, commonKeys[place])
	c := l.settings.Registry.Lookup(place, component)
	switch {
	case c != nil && slices.Contains(optionNames(c.Maker.Options()), key.Value):
		help, near = fmt.Sprintf("it is an option of `%s`: indent it below `%s:`", component, component), ""
	case empty:
		help, near = fmt.Sprintf("if it belongs to `%s`, indent it below `%s:`", component, component), ""
	case near != "":
		help = fmt.Sprintf("did you mean `%s`?", near)
	}
	l.report(key, "FR201", fmt.Sprintf("a %s has no key `%s`", place, key.Value), help, near)
}
