package http

import (
	"context"
	"fmt"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// watch follows one try: it bounds the time of its parts, and knows whether the request was sent.
type watch struct {
	limits flow.Timeouts
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	part  part
	due   time.Time // when the part's time is over; zero is never
	timer *time.Timer
	conn  httptrace.GotConnInfo
	wrote int64 // on the connection, before the request
	hops  int   // requests that had a connection: redirects have several
}

// part is what a try is busy with.
type part int

const (
	idle part = iota
	connecting
	sending
	waiting // for the reply's header
	reading // the reply's body
)

// partTimeout is the time of a part that is over.
type partTimeout struct {
	part  part
	limit time.Duration
}

func (e *partTimeout) Error() string {
	switch e.part {
	case connecting:
		return fmt.Sprintf("no connection within %v", e.limit)
	case waiting:
		return fmt.Sprintf("no reply within %v", e.limit)
	}
	return fmt.Sprintf("the reply's body did not end within %v", e.limit)
}

func (e *partTimeout) kind() string {
	switch e.part {
	case connecting:
		return "timeout.connect"
	case waiting:
		return "timeout.header"
	}
	return "timeout.body"
}

// follow gives the context of the try. End must be called when the try has ended.
func (w *watch) follow(ctx context.Context) context.Context {
	ctx, w.cancel = context.WithCancelCause(ctx)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { w.enter(connecting, w.limits.Connect) },
		GotConn: func(info httptrace.GotConnInfo) {
			w.mu.Lock()
			w.conn, w.wrote = info, writtenTo(info.Conn)
			w.hops++
			w.mu.Unlock()
			w.enter(sending, 0)
		},
		WroteRequest: func(httptrace.WroteRequestInfo) {
			w.mu.Lock()
			late := w.part != sending // the reply came before the request had ended
			w.mu.Unlock()
			if !late {
				w.enter(waiting, w.limits.Header)
			}
		},
	})
}

// enter begins a part, which may take as long as the limit says; 0 is no bound.
func (w *watch) enter(p part, limit time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.part, w.due = p, time.Time{}
	switch {
	case limit > 0 && w.timer == nil:
		w.due = time.Now().Add(limit)
		w.timer = time.AfterFunc(limit, w.fire)
	case limit > 0:
		w.due = time.Now().Add(limit)
		w.timer.Reset(limit)
	case w.timer != nil:
		w.timer.Stop()
	}
}

// fire ends the try, unless another part has begun meanwhile.
func (w *watch) fire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.due.IsZero() || time.Now().Before(w.due) {
		return
	}
	limit := map[part]time.Duration{connecting: w.limits.Connect, waiting: w.limits.Header, reading: w.limits.Body}[w.part]
	w.cancel(&partTimeout{w.part, limit})
}

// end stops the clock and frees the context.
func (w *watch) end() {
	w.enter(idle, 0)
	w.cancel(nil)
}

// sent reports whether some of the request may have left: if not, trying again cannot do anything twice.
func (w *watch) sent() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.hops == 0:
		return false
	case w.hops > 1 || w.conn.Conn == nil:
		return true
	}
	now := writtenTo(w.conn.Conn)
	return now == 0 || now != w.wrote
}
