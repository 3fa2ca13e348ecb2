package http

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// target is the method and the URL of a request: a key named like the method, or both keys.
type target struct {
	Get    flow.Text `flow:"get,short" doc:"The URL of a GET request."`
	Head   flow.Text `flow:"head" doc:"The URL of a HEAD request, whose reply has no body."`
	Post   flow.Text `flow:"post" doc:"The URL of a POST request."`
	Put    flow.Text `flow:"put" doc:"The URL of a PUT request."`
	Patch  flow.Text `flow:"patch" doc:"The URL of a PATCH request."`
	Delete flow.Text `flow:"delete" doc:"The URL of a DELETE request."`
	Method string    `flow:"method" doc:"Any other method, with url."`
	URL    flow.Text `flow:"url" doc:"The URL of a request, with method."`
}

// given gives the methods that the options name, each with its URL.
func (t *target) given() (methods []string, urls []*flow.Text) {
	for _, m := range []struct {
		name string
		url  *flow.Text
	}{{"GET", &t.Get}, {"HEAD", &t.Head}, {"POST", &t.Post}, {"PUT", &t.Put}, {"PATCH", &t.Patch}, {"DELETE", &t.Delete}, {strings.ToUpper(t.Method), &t.URL}} {
		if text, constant := m.url.Constant(); text != "" || !constant {
			methods, urls = append(methods, m.name), append(urls, m.url)
		}
	}
	return methods, urls
}

// method gives the request's method and URL; fallback is the method of a URL without one.
func (t *target) method(fallback string) (string, *flow.Text) {
	methods, urls := t.given()
	if len(methods) == 0 { // the URL is one that the checker refused
		return fallback, &t.URL
	}
	if methods[0] == "" {
		methods[0] = fallback
	}
	return methods[0], urls[0]
}

func (t *target) check(report func(option, message, help string)) {
	methods, urls := t.given()
	switch {
	case len(methods) == 0:
		report("", "the request has no URL", "write `get: URL`, `post: URL`, or `method` and `url`")
		return
	case len(methods) > 1:
		report("", "a request has one method, and here are "+strings.Join(methods, " and "), "keep one of them")
		return
	case t.Method != "" && methods[0] != strings.ToUpper(t.Method):
		report("method", fmt.Sprintf("the method is %s already", methods[0]), "leave `method` out, or give the URL as `url`")
	case t.Method != "" && !isToken(t.Method):
		report("method", fmt.Sprintf("%q is no method", t.Method), "write one such as OPTIONS")
	}
	if text, constant := urls[0].Constant(); constant {
		if _, err := parseURL(text); err != nil {
			option := strings.ToLower(methods[0])
			if urls[0] == &t.URL {
				option = "url"
			}
			report(option, err.Error(), "write it as http://host/path or https://host/path")
		}
	}
}

// requestOptions are what the step, the source and the sink have in common beside the target.
type requestOptions struct {
	Query          map[string]flow.Text `flow:"query" doc:"Parameters added to the URL, each a template."`
	Headers        map[string]flow.Text `flow:"headers" doc:"Headers of the request, each a template."`
	JSON           flow.Literal         `flow:"json" doc:"The body as JSON: an expression, or a mapping or list of expressions."`
	Form           map[string]flow.Text `flow:"form" doc:"The body as a form, each field a template."`
	Body           flow.Text            `flow:"body" doc:"The body as it is."`
	ContentType    flow.Text            `flow:"content_type" doc:"The body's type, where it is not plain from json or form."`
	Auth           *authOptions         `flow:"auth" doc:"Who asks: one of basic, bearer and oauth2."`
	Idempotent     bool                 `flow:"idempotent" doc:"Says of a POST or PATCH that doing it twice is as good as once, so that it may be tried again."`
	IdempotencyKey flow.Text            `flow:"idempotency_key" doc:"A key by which the server knows a request that it has had already, sent as the header Idempotency-Key, the same in every attempt; the request may then be tried again."`
	Expect         []string             `flow:"expect" doc:"The statuses that are no failure: numbers, ranges as 200-299, classes as 2xx, or any. Unless given, those below 400."`
	MaxBytes       flow.Size            `flow:"max_bytes" default:"10MiB" doc:"The size of a reply's body, decompressed, past which it is a failure that no retry mends."`
	Redirects      int                  `flow:"redirects" default:"10" doc:"How many redirects are followed at most; 0 takes the redirect itself as the reply."`
	Proxy          string               `flow:"proxy" doc:"The URL of a proxy (http, https or socks5), or none. Unless given, that of the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY)."`
	TLS            *tlsOptions          `flow:"tls" doc:"How encrypted connections are made."`
}

// bodyOptions say how a reply's body is read, of the step and of a source that picks its items by an expression.
type bodyOptions struct {
	As string `flow:"as" enum:"json,text,bytes" doc:"How the reply's body is read. Unless given, its content type decides: JSON is decoded, text is text, the rest bytes."`
}

func (o *requestOptions) hasKey() bool {
	key, constant := o.IdempotencyKey.Constant()
	return key != "" || !constant
}

// bodiless reports whether requests of the method have no body.
func (o *requestOptions) bodiless(method string) bool {
	text, constant := o.Body.Constant()
	return (method == "GET" || method == "HEAD") && o.JSON.Expr == nil && o.Form == nil && text == "" && constant
}

// repeatable reports whether a request of the method may follow another that may have been carried out.
func (o *requestOptions) repeatable(method string) bool {
	switch method {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
		return true
	}
	return o.Idempotent || o.hasKey()
}

func (o *requestOptions) check(report func(option, message, help string)) {
	var bodies []string
	if o.JSON.Expr != nil {
		bodies = append(bodies, "`json`")
	}
	if o.Form != nil {
		bodies = append(bodies, "`form`")
	}
	if text, constant := o.Body.Constant(); text != "" || !constant {
		bodies = append(bodies, "`body`")
	}
	if len(bodies) > 1 {
		report("", "a request has one body, and here are "+strings.Join(bodies, " and "), "keep one of them")
	}
	for _, name := range slices.Sorted(maps.Keys(o.Headers)) {
		if !isToken(name) {
			report("headers", fmt.Sprintf("%q is no name of a header", name), "")
		}
	}
	for _, e := range o.Expect {
		if _, err := parseStatuses(e); err != nil {
			report("expect", err.Error(), "write statuses such as 200, 2xx, 200-299 or any")
		}
	}
	if o.MaxBytes < 1 {
		report("max_bytes", "a body has some size", "write a size such as 10MiB")
	}
	if o.Redirects < 0 {
		report("redirects", fmt.Sprintf("%d is no number of redirects", o.Redirects), "write 0 or more")
	}
	if o.Proxy != "" && o.Proxy != "none" {
		if u, err := url.Parse(o.Proxy); err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
			report("proxy", fmt.Sprintf("%q is no URL of a proxy", o.Proxy), "write it as http://host:port, or none")
		}
	}
	if o.Auth != nil {
		o.Auth.check(report)
	}
	if o.TLS != nil && (o.TLS.Cert == "") != (o.TLS.Key == "") {
		report("tls", "a certificate and its key go together", "give both `cert` and `key`, or neither")
	}
}

// statuses is a range of statuses, both ends included.
type statuses struct{ from, to int }

func parseStatuses(text string) (statuses, error) {
	if text == "any" {
		return statuses{100, 999}, nil
	}
	if len(text) == 3 && text[1:] == "xx" && text[0] >= '1' && text[0] <= '9' {
		from := int(text[0]-'0') * 100
		return statuses{from, from + 99}, nil
	}
	low, high, isRange := strings.Cut(text, "-")
	if !isRange {
		high = low
	}
	from, err1 := strconv.Atoi(strings.TrimSpace(low))
	to, err2 := strconv.Atoi(strings.TrimSpace(high))
	if err1 != nil || err2 != nil || from < 100 || to > 999 || from > to {
		return statuses{}, fmt.Errorf("%q is no status", text)
	}
	return statuses{from, to}, nil
}

// isToken reports whether text is a token, as names of headers and methods are.
func isToken(text string) bool {
	for i := range len(text) {
		c := text[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return text != ""
}
