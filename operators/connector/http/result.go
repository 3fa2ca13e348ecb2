package http

import (
	"bytes"
	"maps"
	"mime"
	nethttp "net/http"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"

	"golang.org/x/text/encoding/charmap"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

var (
	replyShape   = value.NewShape([]string{"status", "headers", "body", "request", "item"})
	requestShape = value.NewShape([]string{"method", "url"})
)

// replyType gives the type of what a reply is made, to an item of a type.
func replyType(as string, it flow.Type) flow.Type {
	text, body := flow.Only(value.String), flow.Any
	switch as {
	case "text":
		body = text
	case "bytes":
		body = flow.Only(value.Bytes)
	}
	return flow.ObjectOf(true, flow.FieldOf("status", flow.Only(value.Int)), flow.FieldOf("headers", flow.Only(value.Object)), flow.FieldOf("body", body),
		flow.FieldOf("request", flow.ObjectOf(true, flow.FieldOf("method", text), flow.FieldOf("url", text))), flow.FieldOf("item", it))
}

// result gives the item that a reply is.
func (c *client) result(r *reply, as string, it value.Value) (value.Value, error) {
	body, err := c.decoded(r, as)
	if err != nil {
		return value.Value{}, err
	}
	shape := c.shapeOf(r.header)
	slots := make([]value.Value, 0, 2+5+len(shape.names)) // of the three objects
	slots = append(slots, value.OfString(r.request.method), value.OfString(r.request.written))
	asked := value.OfShape(requestShape, slots[:2:2])
	for _, name := range shape.names {
		texts := r.header[name]
		if len(texts) == 1 {
			slots = append(slots, value.OfString(texts[0]))
		} else {
			slots = append(slots, value.OfString(strings.Join(texts, ", ")))
		}
	}
	end := len(slots)
	headers := value.OfShape(shape.shape, slots[2:end:end])
	slots = append(slots, value.OfInt(int64(r.status)), headers, body, asked, it)
	return value.OfShape(replyShape, slots[end:]), nil
}

// contentKind is what a content type says of a body.
type contentKind struct {
	header  string // as it was sent
	kind    string // json, csv, tsv, jsonl, text, bytes
	charset *charmap.Charmap
}

// kindOf reads a content type. The last one is remembered, as the next is mostly the same.
func (c *client) kindOf(h nethttp.Header) *contentKind {
	header := h.Get("Content-Type")
	if k := c.kinds.Load(); k != nil && k.header == header {
		return k
	}
	k := &contentKind{header: header, kind: "bytes"}
	media, params, err := mime.ParseMediaType(header)
	if err != nil && media == "" {
		media = strings.ToLower(strings.TrimSpace(header))
	}
	switch media {
	case "application/json", "text/json":
		k.kind = "json"
	case "text/csv":
		k.kind = "csv"
	case "text/tab-separated-values":
		k.kind = "tsv"
	case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines":
		k.kind = "jsonl"
	case "application/xml", "application/javascript", "application/x-www-form-urlencoded", "application/yaml", "application/x-yaml", "image/svg+xml":
		k.kind = "text"
	default:
		switch {
		case strings.HasSuffix(media, "+json"):
			k.kind = "json"
		case strings.HasPrefix(media, "text/"), strings.HasSuffix(media, "+xml"):
			k.kind = "text"
		}
	}
	switch strings.ToLower(params["charset"]) {
	case "iso-8859-1", "latin1":
		k.charset = charmap.ISO8859_1
	case "iso-8859-15":
		k.charset = charmap.ISO8859_15
	case "windows-1252":
		k.charset = charmap.Windows1252
	}
	c.kinds.Store(k)
	return k
}

// decoded gives a reply's body as `as` or its content type says; an empty body that is to be JSON is null.
func (c *client) decoded(r *reply, as string) (value.Value, error) {
	k := c.kindOf(r.header)
	if as == "" {
		switch {
		case k.kind == "json" || k.kind == "bytes" && k.header != "":
			as = k.kind
		case k.kind == "bytes" && !utf8.Valid(r.body):
			as = "bytes"
		default:
			as = "text"
		}
	}
	switch as {
	case "bytes":
		return value.OfBytes(r.body), nil
	case "json":
		if len(bytes.TrimSpace(r.body)) == 0 {
			return value.Value{}, nil
		}
		dec, ok := c.json.Get().(*value.Decoder)
		if !ok {
			dec = new(value.Decoder)
		}
		v, err := dec.Decode(r.body)
		c.json.Put(dec)
		if err != nil {
			return v, flow.Typed("decode", &badBody{r.request, err})
		}
		return v, nil
	}
	if k.charset != nil {
		text, err := k.charset.NewDecoder().Bytes(r.body)
		return value.OfString(string(text)), err
	}
	if !utf8.Valid(r.body) {
		return value.OfString(strings.ToValidUTF8(string(r.body), "\uFFFD")), nil
	}
	return value.OfString(unsafe.String(unsafe.SliceData(r.body), len(r.body))), nil // the body is never changed
}

// badBody is a body that is not what its type says.
type badBody struct {
	request *request
	err     error
}

func (e *badBody) Error() string {
	return e.request.named() + ": the body is no JSON: " + e.err.Error() + " (`as: text` takes it as it is)"
}

func (e *badBody) Unwrap() error { return e.err }

// headerShape is the keys of the headers seen last, as replies of one server mostly have the same.
type headerShape struct {
	names []string // as net/http writes them, sorted
	shape *value.Shape
}

// shapeOf gives the shape of an object of the headers by their names in lower case; several of one name are joined by a
// comma in it.
func (c *client) shapeOf(h nethttp.Header) *headerShape {
	if s := c.headers.Load(); s != nil && s.fits(h) {
		return s
	}
	s := &headerShape{names: slices.Sorted(maps.Keys(h))}
	lower := make([]string, len(s.names))
	for i, name := range s.names {
		lower[i] = strings.ToLower(name)
	}
	s.shape = value.NewShape(lower)
	c.headers.Store(s)
	return s
}

func (s *headerShape) fits(h nethttp.Header) bool {
	if len(h) != len(s.names) {
		return false
	}
	for _, name := range s.names {
		if _, has := h[name]; !has {
			return false
		}
	}
	return true
}
