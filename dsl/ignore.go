package dsl

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/lazy"
	"github.com/flowrun/flowrun/dsl/lint"
)

// A comment `# flowrun: ignore R02, R04 because …` is for its own line, or, on a line of its own, for the entry that
// begins below it: a step, a key with what stands under it.
var (
	remark  = lazy.Regexp(`(^|[ \t])#[ \t]*flowrun:[ \t]*(.*)$`)
	ignores = lazy.Regexp(`^ignore[ \t]+([A-Z][0-9]{2}(?:[ \t]*,[ \t]*[A-Z][0-9]{2})*)(?:[ \t]+because[ \t]+(\S.*))?$`)
	ruleID  = lazy.Regexp(`[A-Z][0-9]{2}`)
)

// exception is one such comment.
type exception struct {
	src         *source
	at          diag.Range
	ids         []string
	first, last int // lines that it is for
	used        []string
}

// ignore gives what is not to be ignored, and what is wrong with the comments themselves. A comment on a step that uses a
// file is for what is found there because of that step, too.
func (l *loader) ignore(root *yaml.Node, found diag.List) (out diag.List) {
	var exceptions []*exception
	for _, src := range append([]*source{{root: root, file: l.file}}, l.sources()...) {
		all, wrong := src.exceptions()
		exceptions, out = append(exceptions, all...), append(out, wrong...)
	}
	for _, d := range found {
		ignored := false
		for _, e := range exceptions {
			if slices.Contains(e.ids, d.Code) && slices.ContainsFunc(append(d.Used[:len(d.Used):len(d.Used)], diag.Place{File: d.File, Range: d.Range}), e.covers) {
				e.used = append(e.used, d.Code)
				ignored = true
			}
		}
		if !ignored {
			out = append(out, d)
		}
	}
	for _, e := range exceptions {
		for _, id := range e.ids {
			if !slices.Contains(e.used, id) && !l.diags.HasErrors() {
				out = append(out, diag.Diagnostic{File: e.src.file.Name, Range: e.at, Severity: diag.Warning, Code: "FR212",
					Message: fmt.Sprintf("there is no %s here to ignore", id), Help: "take it out of the comment", Used: e.src.used})
			}
		}
	}
	return out
}

// sources gives the files that are used and could be read, in the order of their use.
func (l *loader) sources() (all []*source) {
	for _, f := range l.files {
		if src := l.read[f.Name]; src != nil && src.root != nil {
			all = append(all, src)
		}
	}
	return all
}

// covers reports whether a comment is for a place.
func (e *exception) covers(p diag.Place) bool {
	return p.File == e.src.file.Name && e.first <= p.Range.Start.Line && p.Range.Start.Line <= e.last
}

// exceptions reads the comments.
func (s *source) exceptions() (all []*exception, wrong diag.List) {
	if !strings.Contains(string(s.file.Src), "flowrun:") {
		return nil, nil
	}
	texts := s.texts(s.root, nil)
	for line := 1; line <= s.file.Lines(); line++ {
		m := remark().FindStringSubmatchIndex(s.file.Line(line))
		if m == nil {
			continue
		}
		text, start := s.file.Line(line), s.file.Offset(line, 1)
		at := start + m[3]
		if slices.ContainsFunc(texts, func(t [2]int) bool { return t[0] <= at && at < t[1] }) {
			continue
		}
		r := s.file.Range(at, start+len(strings.TrimRight(text, " \t")))
		e, problem, help := s.exception(text[m[4]:], r)
		if problem != "" {
			wrong = append(wrong, diag.Diagnostic{File: s.file.Name, Range: r, Severity: diag.Error, Code: "FR211", Message: problem, Help: help, Used: s.used})
			continue
		}
		e.first, e.last = line, line
		if strings.TrimSpace(text[:m[3]]) == "" {
			e.first, e.last = s.entry(line + 1)
		}
		all = append(all, e)
	}
	return all, wrong
}

const ignoreHelp = "write `# flowrun: ignore R02 because …`, with a reason"

// exception reads one comment.
func (s *source) exception(text string, at diag.Range) (e *exception, problem, help string) {
	text = strings.TrimSpace(text)
	m := ignores().FindStringSubmatch(text)
	if m == nil {
		return nil, fmt.Sprintf("this comment is for flowrun, and it knows no %s", diag.Quote(text)), ignoreHelp
	}
	ids := ruleID().FindAllString(m[1], -1)
	for _, id := range ids {
		if lint.Named(id) == nil {
			var all []string
			for _, r := range lint.Rules() {
				all = append(all, r.ID)
			}
			return nil, fmt.Sprintf("there is no rule %s", id), "the rules are " + strings.Join(all, ", ")
		}
	}
	if m[2] == "" {
		return nil, "this says not why", ignoreHelp
	}
	return &exception{src: s, at: at, ids: ids}, "", ""
}

// entry gives the lines of the entry that begins at a line, or at the next that is not empty or a comment.
func (s *source) entry(line int) (first, last int) {
	indent := func(n int) int {
		text := s.file.Line(n)
		return len(text) - len(strings.TrimLeft(text, " "))
	}
	blank := func(n int) bool {
		text := strings.TrimSpace(s.file.Line(n))
		return text == "" || strings.HasPrefix(text, "#")
	}
	for line <= s.file.Lines() && blank(line) {
		line++
	}
	first, last = line, line
	for n := line + 1; n <= s.file.Lines(); n++ {
		if blank(n) {
			continue
		}
		if indent(n) <= indent(first) {
			break
		}
		last = n
	}
	return first, last
}

// texts gives where the scalars stand that may have lines which look like comments.
func (s *source) texts(n *yaml.Node, into [][2]int) [][2]int {
	if n.Kind == yaml.ScalarNode {
		return append(into, s.file.Extent(n))
	}
	for _, c := range n.Content {
		into = s.texts(c, into)
	}
	return into
}
