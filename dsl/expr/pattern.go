package expr

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// pattern is a compiled regular expression. One that begins with neither a literal nor the beginning of the text, such as
// (?i)error|timeout, is looked for by the first bytes of what it matches: package regexp would try it at each of the text's.
type pattern struct {
	text  string
	re    *regexp.Regexp
	heads []head
	sure  uint64 // heads that are all there is to match
	whole bool   // what matches depends on what is before it
	masks [longestHead][256]uint64
	ends  [longestHead + 1]uint64 // heads that are no longer
}

// head is a way in which what matches begins: a set of bytes for each of the first ones.
type head struct {
	sets []byteSet
	open bool // what follows in the expression follows here
	sure bool // the sets are all of it so far
}

// byteSet is a set of bytes.
type byteSet [256]bool

// longestHead is how many bytes are looked at, mostHeads how many heads there may be, and rarely how often one may be found, by
// chance, for the search to be worth it.
const longestHead, mostHeads, rarely = 4, 64, 0.05

func newPattern(text string) (*pattern, error) {
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	p := &pattern{text: text, re: re}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	tree = tree.Simplify()
	if prefix, _ := re.LiteralPrefix(); prefix != "" || startsText(tree) {
		return p, nil
	}
	heads, chance := p.headsOf(tree), 0.0
	for _, h := range heads {
		chance += h.chance()
	}
	if len(heads) == 0 || chance > rarely {
		return p, nil
	}
	p.heads = heads
	for n, h := range heads {
		bit := uint64(1) << n
		if h.open && h.sure {
			p.sure |= bit
		}
		for k := range p.masks {
			for c := range 256 {
				if k >= len(h.sets) || h.sets[k][c] {
					p.masks[k][c] |= bit
				}
			}
		}
		for k := len(h.sets); k <= longestHead; k++ {
			p.ends[k] |= bit
		}
	}
	return p, nil
}

// matches reports whether the expression matches somewhere in s.
func (p *pattern) matches(s string) bool {
	if p.heads == nil {
		return p.re.MatchString(s)
	}
	for i := 0; i < len(s); i++ {
		found := p.masks[0][s[i]]
		for k := 1; k < longestHead && found != 0; k++ {
			if i+k == len(s) {
				found &= p.ends[k]
				break
			}
			found &= p.masks[k][s[i+k]]
		}
		switch {
		case found == 0:
		case found&p.sure != 0:
			return true
		case p.whole:
			return p.re.MatchString(s)
		default: // a character begins here: bytes that may be within one are too many for a head that is rare
			return p.re.MatchString(s[i:])
		}
	}
	return false
}

// headsOf gives the ways in which what matches begins; one without bytes where nothing is known of it.
func (p *pattern) headsOf(re *syntax.Regexp) []head {
	switch re.Op {
	case syntax.OpNoMatch:
		return nil
	case syntax.OpEmptyMatch:
		return []head{{open: true, sure: true}}
	case syntax.OpLiteral:
		heads := []head{{open: true, sure: true}}
		for _, r := range re.Rune {
			heads = follow(heads, literal(r, re.Flags&syntax.FoldCase != 0))
		}
		return heads
	case syntax.OpCharClass:
		return class(re.Rune)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return class([]rune{0, unicode.MaxRune})
	case syntax.OpCapture:
		return p.headsOf(re.Sub[0])
	case syntax.OpConcat:
		heads := []head{{open: true, sure: true}}
		for _, sub := range re.Sub {
			heads = follow(heads, p.headsOf(sub))
		}
		return heads
	case syntax.OpAlternate:
		var heads []head
		for _, sub := range re.Sub {
			heads = append(heads, p.headsOf(sub)...)
		}
		return few(heads)
	case syntax.OpPlus:
		return ended(p.headsOf(re.Sub[0]))
	case syntax.OpStar:
		return few(append(ended(p.headsOf(re.Sub[0])), head{open: true, sure: true}))
	case syntax.OpQuest:
		return few(append(p.headsOf(re.Sub[0]), head{open: true, sure: true}))
	case syntax.OpBeginLine, syntax.OpBeginText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		p.whole = true
	}
	return []head{{open: true}} // an assertion
}

// literal gives the heads of a character.
func literal(r rune, fold bool) []head {
	if r == utf8.RuneError {
		return class([]rune{r, r})
	}
	if !fold {
		h := head{open: true, sure: true}
		for _, c := range utf8.AppendRune(nil, r) {
			var set byteSet
			set[c] = true
			h.sets = append(h.sets, set)
		}
		return []head{h}
	}
	ranges := []rune{r, r}
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		ranges = append(ranges, other, other)
	}
	return class(ranges)
}

// class gives the heads of ranges of characters: those of ASCII, and the first bytes of others.
func class(ranges []rune) []head {
	ascii, others := head{sets: make([]byteSet, 1), open: true, sure: true}, head{sets: make([]byteSet, 1)}
	for i := 0; i < len(ranges); i += 2 {
		from, to := ranges[i], ranges[i+1]
		for r := from; r <= min(to, unicode.MaxASCII); r++ {
			ascii.sets[0][r] = true
		}
		if to > unicode.MaxASCII {
			first := utf8.AppendRune(nil, max(from, utf8.RuneSelf))[0]
			last := utf8.AppendRune(nil, to)[0]
			if from <= utf8.RuneError && utf8.RuneError <= to { // what is no UTF-8 is one, too
				first, last = utf8.RuneSelf, 0xff
			}
			for c := int(first); c <= int(last); c++ {
				others.sets[0][c] = true
			}
		}
	}
	return slices.DeleteFunc([]head{ascii, others}, func(h head) bool { return h.sets[0] == byteSet{} })
}

// follow gives the heads of what begins as some do and goes on as others.
func follow(heads, then []head) []head {
	var out []head
	for _, h := range heads {
		if !h.open {
			out = append(out, h)
			continue
		}
		for _, t := range then {
			sets := append(slices.Clone(h.sets), t.sets...)
			if len(sets) > longestHead {
				out = append(out, head{sets: sets[:longestHead]})
			} else {
				out = append(out, head{sets, t.open, h.sure && t.sure})
			}
		}
	}
	if len(out) > mostHeads {
		return ended(heads)
	}
	return out
}

// ended gives heads of which nothing is known behind their bytes.
func ended(heads []head) []head {
	out := slices.Clone(heads)
	for i := range out {
		out[i].open = false
	}
	return out
}

// few gives the heads if there are not too many; else nothing is known.
func few(heads []head) []head {
	if len(heads) > mostHeads {
		return []head{{}}
	}
	return heads
}

// chance estimates how often the head stands at a place of a text.
func (h head) chance() float64 {
	chance := 1.0
	for _, set := range h.sets {
		n := 0
		for _, in := range set {
			if in {
				n++
			}
		}
		chance *= float64(n) / 96
	}
	return chance
}

// startsText reports whether what matches stands at the beginning of the text.
func startsText(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginText:
		return true
	case syntax.OpConcat, syntax.OpCapture:
		return startsText(re.Sub[0])
	case syntax.OpAlternate:
		return !slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return !startsText(sub) })
	}
	return false
}
