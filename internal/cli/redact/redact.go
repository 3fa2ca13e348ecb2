// Package redact keeps secrets out of what is written.
package redact

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const mask = "***"

// Writer hands text on with every secret in it replaced by ***, also one that is split across writes: a tail that may
// be the beginning of a secret is held until the next write or Flush. It holds less than the longest secret. It may be
// used by several goroutines.
type Writer struct {
	mu      sync.Mutex
	w       io.Writer
	forms   []string // what to replace: the longest first
	first   [256]bool
	held    []byte
	covered int // how much of held belongs to a secret that *** stands for already
}

// New gives a writer onto w that knows no secret yet.
func New(w io.Writer) *Writer { return &Writer{w: w} }

// Unwrap gives the writer that the text goes to.
func (r *Writer) Unwrap() io.Writer { return r.w }

// Hide adds secrets, each in all its forms: as it is, and as JSON, a quoted Go string, a URL, base64 and one line of
// text would show it.
func (r *Writer) Hide(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range secrets {
		for _, form := range forms(s) {
			if form != "" && !slices.Contains(r.forms, form) {
				r.forms = append(r.forms, form)
				r.first[form[0]] = true
			}
		}
	}
	slices.SortStableFunc(r.forms, func(a, b string) int { return len(b) - len(a) })
}

// Write writes p without secrets. It reports all of p as written, also where some of it is held.
func (r *Writer) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.forms) == 0 {
		return r.w.Write(p)
	}
	r.held = append(r.held, p...)
	return len(p), r.pass(false)
}

// Flush writes what is held.
func (r *Writer) Flush() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.held) == 0 {
		return nil
	}
	return r.pass(true)
}

// pass writes as much of what is held as is sure; all of it at the end. Secrets that overlap share one mask.
func (r *Writer) pass(end bool) error {
	var out []byte
	covered, i := r.covered, 0
	for ; i < len(r.held); i++ {
		if r.first[r.held[i]] {
			n, open := r.match(r.held[i:])
			if open && !end {
				break
			}
			if n > 0 {
				if i >= covered {
					out = append(out, mask...)
				}
				covered = max(covered, i+n)
			}
		}
		if i >= covered {
			out = append(out, r.held[i])
		}
	}
	r.held = append(r.held[:0], r.held[i:]...)
	r.covered = max(covered-i, 0)
	if len(out) == 0 {
		return nil
	}
	_, err := r.w.Write(out)
	return err
}

// match gives the length of the longest secret that text begins with, and whether a longer one may still come.
func (r *Writer) match(text []byte) (n int, open bool) {
	for _, form := range r.forms {
		if len(form) > len(text) {
			open = open || form[:len(text)] == string(text)
		} else if string(text[:len(form)]) == form {
			return len(form), open
		}
	}
	return 0, open
}

// forms gives the texts by which a secret may show. Of a secret of several lines, a line of some length is one too.
func forms(s string) []string {
	trimmed := strings.TrimSpace(s)
	if trimmed == "" {
		return nil
	}
	plain := []string{s, trimmed, strings.Join(strings.Fields(s), " ")}
	if lines := strings.Split(trimmed, "\n"); len(lines) > 1 {
		for _, line := range lines {
			if line = strings.TrimSpace(line); len(line) >= 8 {
				plain = append(plain, line)
			}
		}
	}
	var out []string
	for _, p := range plain {
		escaped, _ := json.Marshal(p) // a string always has a JSON form
		unescaped := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(escaped))
		quoted := strconv.Quote(p)
		out = append(out, p, string(escaped[1:len(escaped)-1]), unescaped[1:len(unescaped)-1], quoted[1:len(quoted)-1], url.QueryEscape(p), url.PathEscape(p))
	}
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		out = append(out, enc.EncodeToString([]byte(s)))
		out = append(out, inside(enc, s)...)
	}
	return out
}

// inside gives the characters that base64 of any text has where the secret stands in it, as `user:secret` does: one
// form for each of the three places in a group of three bytes. Forms too short to be telling are left out.
func inside(enc *base64.Encoding, s string) []string {
	var out []string
	for before := range 3 {
		text := enc.EncodeToString(append(make([]byte, before), s...))
		from := (before*8 + 5) / 6      // the first character that no byte before the secret takes part in
		to := (before + len(s)) * 8 / 6 // and the first that a byte after it does
		if to <= len(text) && to-from >= 6 {
			out = append(out, text[from:to])
		}
	}
	return out
}
