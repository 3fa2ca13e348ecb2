package http

import (
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// Peer is whom the step asks.
func (o *stepOptions) Peer() flow.Peer {
	_, url := o.method("GET")
	return o.peer(url)
}

// Peer is whom the source asks.
func (o *sourceOptions) Peer() flow.Peer {
	_, url := o.method("GET")
	return o.peer(url)
}

// Peer is whom the sink gives items.
func (o *sinkOptions) Peer() flow.Peer {
	_, url := o.sinkTarget.target().method("POST")
	return o.peer(url)
}

func (o *requestOptions) peer(url *flow.Text) flow.Peer {
	p := flow.Peer{Host: hostOf(url), MaxBytes: o.MaxBytes}
	for _, text := range o.Expect {
		if s, err := parseStatuses(text); err == nil && s.from <= 500 && s.to >= 599 {
			p.AnyStatus = true
		}
	}
	return p
}

// hostOf gives the host of a URL, "" where it is not the same for every item.
func hostOf(url *flow.Text) string {
	_, constant := url.Constant()
	_, rest, ok := strings.Cut(flow.Prefix(url), "://")
	end := strings.IndexAny(rest, "/?#")
	switch {
	case ok && end >= 0:
		return rest[:end]
	case ok && constant:
		return rest
	}
	return ""
}
