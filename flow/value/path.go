package value

// Follow goes from v from field to field, as far as there are objects, and gives what it came to and how many of the
// steps it went. A field that is not there is null. Objects that are still text stay so: nothing is made of those on the
// way.
func Follow(v Value, steps []*Finder) (Value, int) {
	for done := 0; done < len(steps); {
		text, object, next := "", 0, steps[done:]
		switch v.kind {
		case record:
			f := (*fields)(v.p)
			if slot := next[0].within(f); slot >= 0 && len(next) > 1 && f.done.Load() == nil {
				if text, object = f.text, f.start(slot); text[object] == '{' {
					done, next = done+1, next[1:]
				} else {
					text = ""
				}
			}
		case unreadObject:
			if u := (*unread)(v.p); u.done.Load() == nil {
				text = u.text
			}
		}
		if text == "" {
			x, ok := next[0].In(v)
			if !ok {
				return v, done
			}
			v, done = x, done+1
			continue
		}
		at, n, _ := within(text, object, next)
		if v = (Value{}); at >= 0 {
			v = valueAt(text, at)
		}
		done += n
	}
	return v, len(steps)
}

// within goes from field to field within the object at i of a text that is known to be sound. It gives where the value
// is that it came to, negative where there is none, how many steps it went, and where the object ends. Of a key that comes
// twice, the last value counts: it looks at all of them.
func within(text string, i int, steps []*Finder) (at, done, end int) {
	data, key := bytesOf(text), steps[0].key
	at, done = -1, 1
	if i = blanks(data, i+1); data[i] == '}' {
		return at, done, i + 1
	}
	for {
		is := isString(text, i, key)
		i = blanks(data, skipString(data, i+1))
		i = blanks(data, i+1) // the colon
		switch {
		case is && data[i] == '{' && len(steps) > 1:
			at, done, i = within(text, i, steps[1:])
			done++
			goto next
		case is:
			at, done = i, 1
		}
		if data[i] == '"' {
			i = skipString(data, i+1)
		} else {
			i = skip(data, i, 0)
		}
	next:
		if i = blanks(data, i); data[i] == '}' {
			return at, done, i + 1
		}
		i = blanks(data, i+1) // the comma
	}
}

// isString reports whether the value at i of a text that is known to be sound is the string s. It mostly looks at no more
// than the first byte that differs.
func isString(text string, i int, s string) bool {
	if text[i] != '"' {
		return false
	}
	rest := text[i+1:]
	for k := 0; ; k++ {
		switch {
		case rest[k] == '\\':
			return valueAt(text, i).text() == s
		case k == len(s):
			return rest[k] == '"'
		case rest[k] != s[k] || s[k] == '"': // at the end of the string, at the latest
			return false
		}
	}
}
