package http

import (
	"fmt"
	"net/url"
	"strings"
)

// parseURL reads a URL, and escapes what may not stand in one as it is.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Opaque != "":
		return nil, fmt.Errorf("%q is no URL", text)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%q is no URL of http or https", text)
	case u.Hostname() == "":
		return nil, fmt.Errorf("the URL %q has no host", text)
	}
	u.RawQuery = escapeQuery(u.RawQuery)
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// site is scheme and host of a URL, by which another one there is read without looking at them again.
type site struct {
	text string // as it is written, up to the slash that the path begins with
	url  url.URL
}

// siteOf gives the site of a URL that parseURL has read, nil where that has no path.
func siteOf(text string, u *url.URL) *site {
	from := strings.Index(text, "://") + len("://")
	end := strings.IndexAny(text[from:], "/?#")
	if end < 0 || text[from+end] != '/' {
		return nil
	}
	return &site{text: text[:from+end], url: url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host}}
}

// parse reads a URL as parseURL does if it is one of the site, and nothing in it is escaped or would have to be.
func (s *site) parse(text string, into *url.URL) bool {
	if s == nil || len(text) <= len(s.text) || text[:len(s.text)] != s.text || text[len(s.text)] != '/' {
		return false
	}
	path, query := text[len(s.text):], ""
	for i := range len(path) {
		c := path[i]
		if c == '?' && i < len(path)-1 {
			path, query = path[:i], path[i+1:]
			break
		}
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("/-_.~$&+,:;=@", c) >= 0) {
			return false
		}
	}
	if strings.IndexByte(query, '#') >= 0 || escapeQuery(query) != query {
		return false
	}
	*into = s.url
	into.Path, into.RawQuery = path, query
	return true
}

func escapeQuery(q string) string {
	plain := true
	for i := range len(q) {
		plain = plain && q[i] > ' ' && q[i] < 0x7f && q[i] != '"' && q[i] != '<' && q[i] != '>'
	}
	if plain {
		return q
	}
	var out strings.Builder
	for i := range len(q) {
		if c := q[i]; c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}
