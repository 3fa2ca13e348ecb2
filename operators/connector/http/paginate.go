package http

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// paginate is how a source finds the next page of a list.
type paginate struct {
	By       string      `flow:"by,short" enum:"link" doc:"link: the next page is the one of rel=\"next\" in the reply's Link header."`
	Next     flow.Expr   `flow:"next" doc:"The URL of the next page, an expression of the reply; relative to the page's own. Null or empty after the last page."`
	Cursor   flow.Expr   `flow:"cursor" doc:"The cursor of the next page, an expression of the reply. Null or empty after the last page."`
	Param    string      `flow:"param" default:"cursor" doc:"The parameter of the URL that takes the cursor."`
	Page     *pageNumber `flow:"page" doc:"Pages are numbered: the parameter of the URL that takes the number, or a mapping."`
	Offset   *pageOffset `flow:"offset" doc:"Pages begin at an item: the parameter of the URL that takes the number of items before, or a mapping."`
	Size     int         `flow:"size" doc:"Of page and offset: how many items a full page has. A page with fewer is the last; unless given, the first one without any is."`
	MaxPages int         `flow:"max_pages" doc:"How many pages are read at most; 0 is no bound."`
}

type pageNumber struct {
	Param string `flow:"param,required,short" doc:"The parameter of the URL."`
	First int64  `flow:"first" default:"1" doc:"The first page's number."`
}

type pageOffset struct {
	Param string `flow:"param,required,short" doc:"The parameter of the URL."`
	First int64  `flow:"first" default:"0" doc:"The number of the first item."`
}

func (p *paginate) Check(report func(option, message, help string)) {
	var ways []string
	for _, w := range []struct {
		name  string
		given bool
	}{{"by", p.By != ""}, {"next", p.Next != nil}, {"cursor", p.Cursor != nil}, {"page", p.Page != nil}, {"offset", p.Offset != nil}} {
		if w.given {
			ways = append(ways, "`"+w.name+"`")
		}
	}
	switch {
	case len(ways) == 0:
		report("", "`paginate` does not say how the next page is found", "write `paginate: link`, or give `next`, `cursor`, `page` or `offset`")
	case len(ways) > 1:
		report("", "the next page is found in one way, and here are "+strings.Join(ways, " and "), "keep one of them")
	case p.Size < 0 || p.MaxPages < 0:
		report("", "a size or a number of pages cannot be below 0", "")
	case p.Size > 0 && p.Page == nil && p.Offset == nil:
		report("size", "`size` is of use with `page` or `offset` only", "leave it out")
	}
}

// first gives the request of the first page. Any of no pagination is the first.
func (p *paginate) first(r *request) *request {
	switch {
	case p == nil:
		return r
	case p.Page != nil:
		return r.with(p.Page.Param, strconv.FormatInt(p.Page.First, 10))
	case p.Offset != nil:
		return r.with(p.Offset.Param, strconv.FormatInt(p.Offset.First, 10))
	}
	return r
}

// next gives the request of the page that follows the n-th, which had count items; nil after the last.
func (r *reader) next(request *request, reply *reply, count, n int) (*request, error) {
	p := r.opt.Paginate
	if p == nil || p.MaxPages > 0 && n >= p.MaxPages {
		return nil, nil
	}
	if counted := p.Page != nil || p.Offset != nil; counted && (count == 0 || count < p.Size) {
		return nil, nil
	}
	switch {
	case p.Page != nil:
		return request.with(p.Page.Param, strconv.FormatInt(p.Page.First+int64(n), 10)), nil
	case p.Offset != nil:
		before, err := strconv.ParseInt(request.url.Query().Get(p.Offset.Param), 10, 64)
		return request.with(p.Offset.Param, strconv.FormatInt(before+int64(count), 10)), err
	case p.By == "link":
		return request.follow(reply, nextLink(reply.header.Values("Link")))
	}
	e, what := p.Next, "next"
	if e == nil {
		e, what = p.Cursor, "cursor"
	}
	text, err := r.picked(e, reply)
	if err != nil || text == "" {
		return nil, wrapPage(reply, what, err)
	}
	if p.Next != nil {
		return request.follow(reply, text)
	}
	next := request.with(p.Param, text)
	if next.url.RawQuery == request.url.RawQuery {
		return nil, wrapPage(reply, what, errSamePage)
	}
	return next, nil
}

func wrapPage(r *reply, what string, err error) error {
	if err == nil {
		return nil
	}
	return flow.Typed("http.pagination", fmt.Errorf("%s: %s: %w", r.request.named(), what, err))
}

// picked gives the text that an expression takes from a reply.
func (r *reader) picked(e flow.Expr, reply *reply) (string, error) {
	v, err := r.value(reply)
	if err != nil {
		return "", err
	}
	if v, err = e.Eval(&flow.Scope{It: v}); err != nil || v.IsNull() || v.Kind() == value.Bool && !v.Bool() {
		return "", err
	}
	return v.Text(), nil
}

// follow gives the request of another page; "" is none.
func (r *request) follow(reply *reply, link string) (*request, error) {
	if link == "" {
		return nil, nil
	}
	u, err := reply.url.Parse(link)
	if err == nil {
		u, err = parseURL(u.String())
	}
	switch {
	case err != nil:
		return nil, wrapPage(reply, "next", err)
	case u.String() == r.url.String():
		return nil, wrapPage(reply, "next", errSamePage)
	}
	next := r.at(u)
	if u.Host != r.url.Host || u.Scheme != r.url.Scheme { // what names the user is for the first host alone
		next.header = next.header.Clone()
		next.header.Del("Authorization")
		next.header.Del("Cookie")
	}
	return next, nil
}

// with gives the request with a parameter of its URL set, in its place where it is there.
func (r *request) with(name, text string) *request {
	u := *r.url
	var parts []string
	for _, part := range strings.Split(u.RawQuery, "&") {
		key, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(key); part != "" && (err != nil || plain != name) {
			parts = append(parts, part)
		}
	}
	u.RawQuery = strings.Join(parts, "&")
	setQuery(&u, name, text)
	return r.at(&u)
}

// nextLink gives the link of rel="next" among the Link headers (RFC 8288); "" where there is none.
func nextLink(headers []string) string {
	for _, h := range headers {
		for h != "" {
			start := strings.IndexByte(h, '<')
			end := strings.IndexByte(h, '>')
			if start < 0 || end < start {
				break
			}
			link := h[start+1 : end]
			params, rest := h[end+1:], ""
			quoted := false
			for i := range len(params) {
				if params[i] == '"' {
					quoted = !quoted
				}
				if params[i] == ',' && !quoted {
					params, rest = params[:i], params[i+1:]
					break
				}
			}
			for _, p := range strings.Split(params, ";") {
				name, text, _ := strings.Cut(strings.TrimSpace(p), "=")
				if !strings.EqualFold(strings.TrimSpace(name), "rel") {
					continue
				}
				for _, rel := range strings.Fields(strings.Trim(strings.TrimSpace(text), `"`)) {
					if strings.EqualFold(rel, "next") {
						return link
					}
				}
			}
			h = rest
		}
	}
	return ""
}
