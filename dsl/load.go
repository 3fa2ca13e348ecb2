// Package dsl is the one door from a pipeline file to a checked plan: it finds everything that is wrong with the file
// at once, each with its place.
package dsl

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/expr"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/dsl/lazy"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/policy"
)

// Settings are what a file is loaded with.
type Settings struct {
	Registry   *flow.Registry                   // the components there are
	Set        []string                         // name=value of params, as the command line gives them
	ParamsFile string                           // a YAML or JSON file with values of params
	Env        func(name string) (string, bool) // environment variables; nil for none
	Dir        string                           // the working directory; "" is the process's
	Unbound    bool                             // params may lack values: the file is checked, not run
	Limited    bool                             // the run ends after so many items, whatever the sources

	// Read gives the text of a file that the pipeline uses; nil reads it from the disk.
	Read func(name string) ([]byte, error)
}

// Load checks a pipeline file and gives its plan, nil if the list has errors. The files are those in which the list has
// places: the pipeline, the params file, and the `--set`s one a line. Relative paths of the plan start at the file's
// directory; of text that has no file, such as "-" and "-e", at the working directory.
func Load(name string, src []byte, s Settings) (*graph.Plan, []*diag.File, diag.List) {
	l, root := check(name, src, s)
	if root == nil || l.diags.HasErrors() {
		return nil, l.files, *l.diags
	}
	qualify(l.plan, "")
	l.gather(l.plan, "")
	return l.plan, l.files, *l.diags
}

// check reads a file and finds everything that is wrong with it. The root is nil where the text cannot be read.
func check(name string, src []byte, s Settings) (*loader, *yaml.Node) {
	root, file, list := diag.Parse(name, src)
	l := &loader{
		settings: s, file: file, files: []*diag.File{file}, diags: &list,
		plan: &graph.Plan{File: name, Dir: within(s.Dir, filepath.Dir(name))},
		byID: map[string]*draft{}, around: map[string]bool{}, references: &[]Reference{}, read: map[string]*source{},
	}
	l.syntax = list
	l.dec = &config.Decoder{File: file, Diags: l.diags, Expr: expr.Env{Cache: &expr.Cache{}}}
	if root != nil {
		l.inside = s.Unbound && isFragment(root)
		l.plan.Fragment = l.inside
		l.load(root)
	}
	*l.diags = slices.DeleteFunc(*l.diags, func(d diag.Diagnostic) bool { return inTrap(d, l.syntax) })
	if root != nil {
		l.lint(root)
	}
	l.redact()
	l.diags.Sort()
	return l, root
}

// inTrap reports whether a diagnostic is about a value that YAML takes for something else, which has been said.
func inTrap(d diag.Diagnostic, syntax diag.List) bool {
	return d.Code >= "FR2" && slices.ContainsFunc(syntax, func(trap diag.Diagnostic) bool {
		isTrap := trap.Code == "FR103" || trap.Code == "FR104" || trap.Code == "FR105"
		return isTrap && trap.File == d.File && trap.Range.Start.Offset <= d.Range.Start.Offset && d.Range.Start.Offset <= trap.Range.End.Offset
	})
}

// LoadFile reads a file and loads it.
func LoadFile(name string, s Settings) (*graph.Plan, []*diag.File, diag.List) {
	src, err := os.ReadFile(within(s.Dir, name))
	if err != nil {
		return nil, nil, diag.List{{File: name, Severity: diag.Error, Code: "FR101", Message: "the file cannot be read: " + reason(err)}}
	}
	return Load(name, src, s)
}

// within gives a path as seen from the working directory.
func within(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// reason gives what the system says, without the path.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// standardDrain is how long a stop may take where neither the file nor a timeout says more.
const standardDrain = 30 * time.Second

type loader struct {
	settings   Settings
	plan       *graph.Plan
	dec        *config.Decoder
	file       *diag.File
	files      []*diag.File
	diags      *diag.List
	syntax     diag.List          // what is wrong with the YAML of the files
	read       map[string]*source // the files that are used, by name
	wanted     []string           // the names of these, and of those that cannot be read
	used       int                // how often files are used, in all
	declared   []*declared        // the file's params
	standards  []*standard        // for calls that have none of their own, the nearest first
	fallback   *standard          // the file's defaults, whose on_error is for its steps; nil for steps within a step
	limits     named[*policy.Limit]
	retries    named[*policy.Retry]
	breakers   named[*policy.Breaker]
	budgets    named[*policy.Budget]
	drains     bool              // the file says how long a stop may take
	holds      []hold            // of the whole file
	bound      map[string]string // params that are set from outside the file: where their relative paths start
	drafts     []*draft          // sources, then steps, then sinks, each in the file's order
	byID       map[string]*draft
	unsure     bool        // some reference could not be read or found: who reads whom is not known in full
	missing    bool        // there is no source, which has been said
	inside     bool        // what comes is given from outside, and what the last step gives goes there
	outer      *loader     // of steps within a step, and of a file that another one uses: of what stands around them
	step       *graph.Node // that these steps stand in
	use        *draft      // of a file that another one uses: the step that does
	end        *draft      // of such a file: the last step
	references *[]Reference
	typing     bool            // it is known what comes to the steps that are decoded now
	key        flow.Type       // of steps for the items of a key: what that is
	failed     *flow.Type      // of the error items among what comes to these steps; nil: none
	likely     *incoming       // of the step whose options are decoded now: what is likely to come to it; nil: nothing is
	inners     []*loader       // of steps within the steps
	list       *yaml.Node      // of steps within a step: where they stand
	around     map[string]bool // the names that the file gives, and the lists of steps that this one stands in
}

func (l *loader) load(root *yaml.Node) {
	keys := topLevel()
	head := &yaml.Node{Kind: yaml.MappingNode, Line: root.Line, Column: root.Column}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, x := root.Content[i], root.Content[i+1]
		switch {
		case l.inside && ofPipelines[key.Value] != "":
			l.dec.At(key, "FR311", fmt.Sprintf("this file is used by another one, and has a `%s` of its own: %s", key.Value, ofPipelines[key.Value]), "a file for `use` has `steps`, and beside them `params`, `defaults`, `limits`, `retries`, `breakers` and `budgets`")
		case keys[key.Value] == "header":
			head.Content = append(head.Content, key, x)
		case keys[key.Value] == "section":
		case laterTop[key.Value]:
			l.dec.At(key, "FR201", "there is no `"+key.Value+"` yet", notYet)
		default:
			l.unknownTop(key, keys)
		}
	}
	names(root, l.around)
	l.params(l.section(root, "params"))
	l.header(head)
	l.shared(root)
	l.commons(child(root, "defaults"))
	l.nodes(root)
	l.wire()
	if l.use == nil {
		l.types()
	}
	if l.diags.HasErrors() {
		l.swallowed(root)
	}
}

// swallowed reports keys that the file lacks and that stand within a text: its lines are indented as theirs.
func (l *loader) swallowed(root *yaml.Node) {
	for key, x := range pairs(root) {
		if x.Kind != yaml.ScalarNode {
			continue
		}
		extent := l.file.Extent(x)
		text := l.file.Src[extent[0]:extent[1]]
		for _, at := range keyInText().FindAllSubmatchIndex(text, -1) {
			name := string(text[at[2]:at[3]])
			if topLevel()[name] == "section" && child(root, name) == nil {
				l.dec.Report(l.file.Range(extent[0]+at[2], extent[0]+at[3]), "FR101", fmt.Sprintf("`%s` is read as text of `%s`", name, key.Value), "begin its line without a space, if it is a key of the file")
			}
		}
	}
}

var keyInText = lazy.Regexp(`\n +([a-z]+):(?:[ \t]|\r?\n|$)`)

// header decodes the keys that are single values.
func (l *loader) header(n *yaml.Node) {
	h := header{}
	l.dec.Decode(n, &h, "pipeline")
	if at := child(n, "version"); h.Version != 1 && at != nil {
		l.dec.At(at, "FR209", fmt.Sprintf("the file is written in version %d of the language, and this flowrun reads version 1", h.Version), "install a flowrun that reads it, or write `version: 1`")
	}
	p := l.plan
	p.Name, p.Description, p.Timeout, p.Memory = h.Name, h.Description, h.Timeout, int64(h.Memory)
	if p.Drain = standardDrain; h.Drain != nil {
		p.Drain = *h.Drain
	}
	l.drains = h.Drain != nil
	if p.Name == "" {
		base := filepath.Base(p.File)
		p.Name = strings.TrimSuffix(strings.TrimSuffix(base, filepath.Ext(base)), ".flow")
	}
	if strings.HasPrefix(p.Name, "-") || p.Name == "" {
		p.Name = "pipeline"
	}
}

// commons decodes the defaults of common keys.
func (l *loader) commons(n *yaml.Node) {
	if n == nil {
		return
	}
	s := &standard{at: n, in: l}
	l.dec.Decode(n, &s.defaults, "defaults")
	l.standards = append([]*standard{s}, l.standards...)
	if at := child(n, "buffer"); at != nil && l.inside {
		l.dec.At(at, "FR311", "this file is used by another one, whose `defaults` say how much a channel holds", "put a `buffer` step where it is needed")
	} else if at != nil {
		l.plan.Buffer = &flow.BufferOptions{Size: s.Buffer, Overflow: "block"}
	}
	if l.fallback = s; s.OnError != nil && s.OnError.To != "" {
		s.to = &reference{string(s.OnError.To), child(child(n, "on_error"), "to")}
	}
}

// redact takes the values of secrets out of all messages, also where a message cut them.
func (l *loader) redact() {
	var old []string
	for _, secret := range l.plan.Secrets {
		old = append(old, secret, "***")
		if runes := []rune(secret); len(runes) > 40 {
			old = append(old, string(runes[:39]), "***")
		}
	}
	clean := strings.NewReplacer(old...)
	for _, f := range l.files {
		for _, secret := range l.plan.Secrets {
			f.HideAll(secret)
		}
	}
	for i := range *l.diags {
		d := &(*l.diags)[i]
		d.Message, d.Help, d.Suggest = clean.Replace(d.Message), clean.Replace(d.Help), clean.Replace(d.Suggest)
	}
}

func (l *loader) pos(n *yaml.Node) diag.Pos { return l.file.Node(n).Start }
