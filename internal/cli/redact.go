package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/url"
	"sort"
	"sync"
)

// redactor is a writer that puts *** in place of secrets, in the forms in which they appear: as they are, in JSON, in a
// URL, in base64. What may be the beginning of a secret is held back until it is known, or until Flush.
type redactor struct {
	w       io.Writer
	mu      sync.Mutex
	secrets [][]byte // longest first
	held    []byte
}

func newRedactor(w io.Writer) *redactor { return &redactor{w: w} }

// hide adds secrets.
func (r *redactor) hide(secrets []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range secrets {
		if s == "" {
			continue
		}
		quoted, _ := json.Marshal(s) // a string always can be
		for _, form := range []string{s, string(quoted[1 : len(quoted)-1]), url.QueryEscape(s), url.PathEscape(s), base64.StdEncoding.EncodeToString([]byte(s))} {
			r.secrets = append(r.secrets, []byte(form))
		}
	}
	sort.Slice(r.secrets, func(i, j int) bool { return len(r.secrets[i]) > len(r.secrets[j]) })
}

// Write takes all of p.
func (r *redactor) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := r.replace(append(r.held, p...))
	keep := 0
	for _, s := range r.secrets {
		for n := min(len(s)-1, len(text)); n > keep; n-- {
			if bytes.HasPrefix(s, text[len(text)-n:]) {
				keep = n
				break
			}
		}
	}
	_, err := r.w.Write(text[:len(text)-keep])
	r.held = append([]byte(nil), text[len(text)-keep:]...)
	return len(p), err
}

// Flush writes what was held back.
func (r *redactor) Flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = r.w.Write(r.replace(r.held)) // nobody is left to tell
	r.held = nil
}

func (r *redactor) replace(text []byte) []byte {
	for _, s := range r.secrets {
		text = bytes.ReplaceAll(text, s, []byte("***"))
	}
	return text
}
