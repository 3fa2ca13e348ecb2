package dsl_test

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// slips are what is tried.
var slips = []*slip{
	{"a typo in a key", func(g *good, m *maker) {
		for _, s := range g.spots {
			if s.key != nil && s.among != nil {
				from, to := m.extent(s.key)
				text := m.typo(s.key.Value)
				m.put(from, to, text, !slices.Contains(s.among, text))
			}
		}
	}},
	{"a typo in the name of a component", func(g *good, m *maker) {
		for _, s := range g.spots {
			if s.component {
				from, to := m.extent(s.key)
				text := m.typo(s.key.Value)
				m.put(from, to, text, registry().Lookup(s.part.Place, text) == nil)
			}
		}
	}},
	{"a typo in a field within an expression", func(g *good, m *maker) {
		m.eachCode(func(s place, from int, code string) {
			for _, at := range pathOf.FindAllStringIndex(code, -1) {
				path := code[at[0]:at[1]]
				if !outsideText(code, at[0]) || at[1] < len(code) && code[at[1]] == '(' || at[0] > 0 && code[at[0]-1] == '.' {
					continue
				}
				dot := strings.LastIndexByte(path, '.')
				typo := m.typo(path[dot+1:])
				m.put(from+at[0]+dot+1, from+at[1], typo, isWord.MatchString(typo) && s.part != nil && lacks(s.part, path[:dot+1]+typo))
			}
		})
	}},
	{"a typo in a name within an expression", func(g *good, m *maker) {
		m.eachCode(func(s place, from int, code string) {
			for _, at := range wordOf.FindAllStringIndex(code, -1) {
				name := strings.TrimRight(code[at[0]:at[1]], " (")
				declared := strings.HasSuffix(code[:at[0]], "let ") || strings.HasPrefix(code[at[1]:], ":")
				if name[0] == '.' || declared || !outsideText(code, at[0]) || slices.Contains([]string{"true", "false", "null", "nil"}, name) {
					continue
				}
				text := m.typo(name)
				rest := code[:at[0]] + code[at[0]+len(name):]
				m.put(from+at[0], from+at[0]+len(name), text, !regexp.MustCompile(`\b`+text+`\b`).MatchString(rest) && !strings.Contains(code, "{"))
			}
		})
	}},
	{"a typo in the name of a param", func(g *good, m *maker) {
		for _, at := range regexp.MustCompile(`\bparams\.(\w+)`).FindAllStringSubmatchIndex(g.src, -1) {
			line := g.src[strings.LastIndexByte(g.src[:at[0]], '\n')+1 : at[0]]
			if text := m.typo(g.src[at[2]:at[3]]); !strings.Contains(line, "#") {
				m.put(at[2], at[3], text, !strings.Contains(g.src, text))
			}
		}
	}},
	{"a typo in a reference to a step, a sink, a limit, a policy", func(g *good, m *maker) {
		for _, r := range g.in.References {
			if r.Section == "params" {
				continue
			}
			from, to := m.extent(r.At)
			text := m.typo(g.src[from:to])
			m.put(from, to, text, !regexp.MustCompile(`\b`+regexp.QuoteMeta(text)+`\b`).MatchString(g.src))
		}
	}},
	{"a value of the wrong type", func(g *good, m *maker) {
		m.eachValue(func(s place, from, to int, text string) {
			of := s.option.Type
			switch {
			case of == "int", of == "number", of == "bool", of == "size", of == "rate", strings.HasPrefix(of, "duration"), of == "int or template", of == "bool or template", of == "size or template":
				m.put(from, to, "many", true)
				m.put(from, to, "[1, 2]", true)
				m.put(from, to, "{a: 1}", true)
			case of == "expression", of == "condition", of == "template", of == "text", of == "id":
				m.put(from, to, "[a, b]", true)
				m.put(from, to, "{a: 1}", true)
			case strings.HasPrefix(of, "one of"):
				m.put(from, to, "[a, b]", true)
			}
		})
		for _, s := range g.spots {
			if s.key != nil && s.option != nil && s.option.Fields != nil && m.inline(s.value) && shortOption(s.option.Fields) == nil && s.value.Kind == yaml.MappingNode {
				from, to := m.extent(s.value)
				m.put(from, to, "5", true)
				m.put(from, to, "[1]", true)
			}
		}
	}},
	{"a wrong unit, or none", func(g *good, m *maker) {
		m.eachValue(func(s place, from, to int, text string) {
			var wrong []string
			switch of := s.option.Type; {
			case strings.HasPrefix(of, "duration"):
				wrong = []string{"10x", "5 min", "10sec", "1hour", "10", "1,5s"}
			case strings.HasPrefix(of, "size"):
				wrong = []string{"100mb", "64K", "1 gig", "10 MiBs"}
			case of == "rate":
				wrong = []string{"100", "100/sec", "100 per s", "/s"}
			}
			for _, w := range wrong {
				m.put(from, to, w, true)
			}
		})
	}},
	{"a word that is none of those allowed", func(g *good, m *maker) {
		m.eachValue(func(s place, from, to int, text string) {
			if s.option.Enum != nil {
				typo := m.typo(s.value.Value)
				m.put(from, to, typo, !slices.Contains(s.option.Enum, typo))
				m.put(from, to, "whatever", true)
			}
		})
	}},
	{"a quote missing in YAML", func(g *good, m *maker) {
		for _, s := range g.spots {
			if s.value != nil && s.value.Kind == yaml.ScalarNode && s.value.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
				from, to := m.extent(s.value)
				m.put(from, from+1, "", !isFree(s.option))
				m.put(to-1, to, "", true)
			}
		}
	}},
	{"a quote missing within an expression", func(g *good, m *maker) {
		m.eachCode(func(s place, from int, code string) {
			for _, at := range textOf.FindAllStringIndex(code, -1) {
				m.put(from+at[0], from+at[0]+1, "", true)
				m.put(from+at[1]-1, from+at[1], "", true)
			}
		})
	}},
	{"a bracket missing in an expression", func(g *good, m *maker) {
		m.eachCode(func(s place, from int, code string) {
			for i, c := range code {
				if strings.ContainsRune("()[]{}", c) && outsideText(code, i) {
					m.put(from+i, from+i+1, "", true)
				}
			}
		})
		for _, s := range g.spots {
			if s.value == nil || s.key != nil || s.value.Kind != yaml.ScalarNode {
				continue
			}
			from, _ := m.extent(s.value)
			for _, piece := range m.code(s) {
				if !isCode(s.option) && from < piece[0] {
					m.put(piece[1], piece[1]+1, "", true)
				}
			}
		}
	}},
	{"a brace or bracket missing in YAML", func(g *good, m *maker) {
		for _, s := range g.spots {
			if s.key != nil && s.value != nil && s.value.Kind != yaml.ScalarNode && s.value.Style&yaml.FlowStyle != 0 {
				from, to := m.extent(s.value)
				m.put(from, from+1, "", true)
				m.put(to-1, to, "", true)
			}
		}
	}},
	{"a line indented too far, or too little", func(g *good, m *maker) {
		m.lines(func(at int, line string) {
			lead := len(line) - len(strings.TrimLeft(line, " "))
			for _, by := range []int{1, 2, -1, -2} {
				if lead+by >= 0 {
					m.put(at, at+lead, strings.Repeat(" ", lead+by), false)
				}
			}
		})
	}},
	{"a tab in the indentation", func(g *good, m *maker) {
		m.lines(func(at int, line string) {
			if lead := len(line) - len(strings.TrimLeft(line, " ")); lead > 0 {
				m.put(at, at+lead, "\t", false)
				m.put(at+lead-1, at+lead, "\t", false)
			}
		})
	}},
	{"a line deleted", func(g *good, m *maker) {
		m.lines(func(at int, line string) {
			m.put(at, min(at+len(line)+1, len(g.src)), "", false)
			m.out[len(m.out)-1].deleted = line
		})
	}},
	{"a colon deleted", func(g *good, m *maker) {
		for _, s := range g.spots {
			if s.key != nil {
				if _, to := m.extent(s.key); g.src[to] == ':' {
					m.put(to, to+1, "", true)
				}
			}
		}
	}},
	{"no space after a colon", func(g *good, m *maker) {
		for _, s := range g.spots {
			if s.key != nil {
				if _, to := m.extent(s.key); strings.HasPrefix(g.src[to:], ": ") {
					m.put(to+1, to+2, "", true)
				}
			}
		}
	}},
	{"a key that stands twice", func(g *good, m *maker) {
		for _, s := range g.spots {
			if s.key == nil {
				continue
			}
			from, _ := m.extent(s.key)
			start := strings.LastIndexByte(g.src[:from], '\n') + 1
			end := start + strings.IndexByte(g.src[start:]+"\n", '\n')
			if strings.TrimLeft(g.src[start:from], " ") == "" && m.inline(s.value) {
				m.put(end, end, "\n"+g.src[start:end], true)
				m.out[len(m.out)-1].line++
			}
		}
	}},
	{"a key and its value swapped", func(g *good, m *maker) {
		for _, s := range g.spots {
			if s.key != nil && (s.among != nil || s.component) && s.value.Kind == yaml.ScalarNode && m.inline(s.value) {
				from, _ := m.extent(s.key)
				at, to := m.extent(s.value)
				if text := g.src[at:to]; at > from && text != "" {
					m.put(from, to, text+": "+s.key.Value, text != s.key.Value)
				}
			}
		}
	}},
	{"`=` for `==`", func(g *good, m *maker) {
		m.eachCode(func(s place, from int, code string) {
			if at := strings.Index(code, "=="); at >= 0 && outsideText(code, at) {
				m.put(from+at, from+at+2, "=", true)
			}
		})
	}},
	{"single quotes for double quotes", func(g *good, m *maker) {
		for _, s := range g.spots {
			if s.value != nil && s.value.Kind == yaml.ScalarNode && m.inline(s.value) && s.value.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
				from, to := m.extent(s.value)
				other := `'`
				if g.src[from] == '\'' {
					other = `"`
				}
				m.put(from, to, other+g.src[from+1:to-1]+other, isCode(s.option))
			}
		}
	}},
	{"an expression that YAML takes for something else", func(g *good, m *maker) {
		for _, s := range g.spots {
			if s.value == nil || s.key != nil || s.value.Kind != yaml.ScalarNode || !m.inline(s.value) || !isCode(s.option) || s.option.Type == "mapping of aggregates" {
				continue
			}
			from, to := m.extent(s.value)
			m.put(from, to, "!"+s.value.Value, true)
			m.put(from, to, "count([1], # > 1) > "+s.value.Value, true)
			m.put(from, to, s.value.Value+" ? 1 : 2", true)
			m.put(from, to, `"a" + `+s.value.Value, true)
			if quoted := s.value.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0; quoted {
				m.put(from, to, s.value.Value, true)
			}
		}
	}},
}
