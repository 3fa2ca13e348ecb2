package http

import (
	"fmt"
	"maps"
	nethttp "net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// request is one request as it is sent, any number of times. It is never changed: attempts share it.
type request struct {
	method     string
	url        *url.URL
	own        url.URL // which url may be
	written    string  // the URL as it was asked for
	host       string  // in place of the URL's
	header     nethttp.Header
	body       []byte
	hasBody    bool
	repeatable bool
	key        string // the idempotency key, "" for none
}

// named names the request in messages.
func (r *request) named() string { return r.method + " " + r.url.Redacted() }

// builder makes requests of the options.
type builder struct {
	opt        *requestOptions
	method     string
	url        *flow.Text
	query      []string // names, sorted
	headers    []string
	form       []string
	same       nethttp.Header // where the headers are the same for every item
	host       string         // with same
	repeatable bool
	fixed      *url.URL // where the URL is
	last       atomic.Pointer[site]
}

// acceptEncoding is what readBody undoes.
const acceptEncoding = "gzip, zstd"

func newBuilder(opt *requestOptions, method string, target *flow.Text) (*builder, error) {
	b := &builder{
		opt: opt, method: method, url: target, repeatable: opt.repeatable(method),
		query: slices.Sorted(maps.Keys(opt.Query)), headers: slices.Sorted(maps.Keys(opt.Headers)), form: slices.Sorted(maps.Keys(opt.Form)),
	}
	text, constant := target.Constant()
	if constant && len(b.query) == 0 {
		var err error
		if b.fixed, err = parseURL(text); err != nil {
			return nil, err
		}
	}
	same := !opt.hasKey() && (opt.Auth == nil || opt.Auth.OAuth2 != nil) && opt.JSON.Expr == nil && opt.Form == nil
	for _, name := range b.headers {
		t := opt.Headers[name]
		_, constant := t.Constant()
		same = same && constant
	}
	if _, constant := opt.ContentType.Constant(); same && constant {
		var err error
		if b.same, b.host, err = b.header(&flow.Scope{}, "", ""); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// build makes the request of an item in r, which is zero. A key that was made before is kept.
func (b *builder) build(r *request, s *flow.Scope, key string) (err error) {
	r.method, r.url, r.key, r.repeatable = b.method, b.fixed, key, b.repeatable
	if r.written, err = b.url.Eval(s); err != nil {
		return err
	}
	if r.url == nil {
		if r.url = &r.own; !b.last.Load().parse(r.written, r.url) {
			if r.url, err = parseURL(r.written); err != nil {
				return badRequest(err)
			}
			b.last.Store(siteOf(r.written, r.url))
		}
		if err := b.addQuery(s, r.url); err != nil {
			return err
		}
	}
	var contentType string
	if r.body, contentType, r.hasBody, err = b.body(s); err != nil {
		return err
	}
	if r.key == "" && b.opt.hasKey() {
		if r.key, err = b.opt.IdempotencyKey.Eval(s); err != nil {
			return err
		}
	}
	if r.header, r.host = b.same, b.host; r.header == nil {
		if r.header, r.host, err = b.header(s, contentType, r.key); err != nil {
			return err
		}
	}
	if user := r.url.User; user != nil && r.header.Get("Authorization") == "" {
		password, _ := user.Password()
		r.header = r.header.Clone()
		(&nethttp.Request{Header: r.header}).SetBasicAuth(user.Username(), password)
	}
	return nil
}

func (b *builder) addQuery(s *flow.Scope, u *url.URL) error {
	for _, name := range b.query {
		t := b.opt.Query[name]
		text, err := t.Eval(s)
		if err != nil {
			return err
		}
		setQuery(u, name, text)
	}
	return nil
}

// setQuery adds a parameter, and leaves the others as they are written.
func setQuery(u *url.URL, name, text string) {
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += url.QueryEscape(name) + "=" + url.QueryEscape(text)
}

func (b *builder) body(s *flow.Scope) (body []byte, contentType string, has bool, err error) {
	switch {
	case b.opt.JSON.Expr != nil:
		v, err := b.opt.JSON.Eval(s)
		if err != nil {
			return nil, "", false, err
		}
		return value.AppendJSON(nil, v), "application/json", true, nil
	case b.opt.Form != nil:
		var form []byte
		for i, name := range b.form {
			t := b.opt.Form[name]
			text, err := t.Eval(s)
			if err != nil {
				return nil, "", false, err
			}
			if i > 0 {
				form = append(form, '&')
			}
			form = append(form, url.QueryEscape(name)+"="+url.QueryEscape(text)...)
		}
		return form, "application/x-www-form-urlencoded", true, nil
	}
	text, err := b.opt.Body.Eval(s)
	return []byte(text), "", text != "", err
}

// header makes the headers; Host stands apart, as net/http wants it.
func (b *builder) header(s *flow.Scope, contentType, key string) (h nethttp.Header, host string, err error) {
	h = nethttp.Header{"User-Agent": {"flowrun"}, "Accept-Encoding": {acceptEncoding}}
	if given, err := b.opt.ContentType.Eval(s); err != nil {
		return nil, "", err
	} else if given != "" {
		contentType = given
	}
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	if b.opt.Auth != nil {
		if err := b.opt.Auth.set(h, s); err != nil {
			return nil, "", err
		}
	}
	if key != "" {
		setHeader(h, "Idempotency-Key", key)
	}
	for _, name := range b.headers {
		t := b.opt.Headers[name]
		text, err := t.Eval(s)
		if err != nil {
			return nil, "", err
		}
		if strings.EqualFold(name, "Host") {
			host = text
			continue
		}
		setHeader(h, name, text)
	}
	for name, texts := range h {
		for i := range len(texts[0]) {
			if c := texts[0][i]; c < ' ' && c != '\t' || c == 0x7f {
				return nil, "", badRequest(fmt.Errorf("the header %s has a character in it that no header may have: %s", name, strconv.Quote(texts[0])))
			}
		}
	}
	return h, host, nil
}

// setHeader sets a header. The two by which net/http takes a POST for one that it may send again by itself, uncounted,
// are written in lower case, which is the same to a server, and which net/http does not look for.
func setHeader(h nethttp.Header, name, text string) {
	name = nethttp.CanonicalHeaderKey(name)
	if name == "Idempotency-Key" || name == "X-Idempotency-Key" {
		name = strings.ToLower(name)
	}
	h[name] = []string{text}
}
