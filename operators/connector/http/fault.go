package http

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	nethttp "net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/flowrun/flowrun/flow"
)

// statusError is a reply with a status that was not expected.
type statusError struct {
	status int
	text   string        // how the body begins, "" where it is no text
	after  time.Duration // how long it asks to wait
	stale  bool          // a token was refused that had been good, and another one will be fetched
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("%d %s", e.status, nethttp.StatusText(e.status))
	if e.text != "" {
		text += ": " + e.text
	}
	return strings.TrimSpace(text)
}

// transientStatus reports whether the trouble that a status tells of may pass.
func transientStatus(status int) bool {
	switch status {
	case 408, 425, 429, 500, 502, 503, 504:
		return true
	}
	return status >= 520 && status <= 530 // content delivery networks, of the server behind them
}

// permanentError is a failure that another attempt would meet again.
type permanentError struct {
	kind string
	error
}

func (e *permanentError) Unwrap() error { return e.error }

// badRequest is a request that cannot be sent.
func badRequest(err error) error { return &flow.Fault{Type: "http.request", Err: err} }

// fault says what the failure of a try means. Maybe is whether the request may have been carried out.
func fault(ctx context.Context, r *request, err error, maybe bool) error {
	f := &flow.Fault{}
	var (
		status    *statusError
		permanent *permanentError
		part      *partTimeout
		refused   *oauth2.RetrieveError
	)
	switch cause := context.Cause(ctx); {
	case errors.As(err, &status):
		f.Type, f.Status, f.After, f.Transient = "http.status", status.status, status.after, status.stale || transientStatus(status.status)
	case errors.As(err, &permanent):
		f.Type, f.Transient, err = permanent.kind, false, permanent.error
	case errors.As(cause, &part):
		f.Type, f.Transient, err = part.kind(), true, part
	case cause != nil:
		return cause // whoever ended the attempt says why
	case errors.As(err, &refused) && refused.Response != nil:
		f.Status = refused.Response.StatusCode
		f.Type, f.Transient = "http.auth", transientStatus(f.Status)
		err = fmt.Errorf("no token: %s", strings.TrimSpace(refused.Response.Status+" "+refused.ErrorCode+" "+refused.ErrorDescription))
	default:
		f.Type, f.Transient = connection(err)
	}
	f.Final = maybe && !r.repeatable && !undone(f.Status)
	f.Err = fmt.Errorf("%s: %w", r.named(), err)
	return f
}

// undone reports whether a status says that nothing was done.
func undone(status int) bool {
	return status == nethttp.StatusTooManyRequests || status == nethttp.StatusUnauthorized
}

// connection names a failure to connect, to send or to read, and says whether it may pass.
func connection(err error) (kind string, transient bool) {
	var (
		verify  *tls.CertificateVerificationError
		host    x509.HostnameError
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
		alert   tls.AlertError
		name    *net.DNSError
		dial    *dialError
	)
	switch {
	case errors.As(err, &verify), errors.As(err, &host), errors.As(err, &unknown), errors.As(err, &invalid), errors.As(err, &record), errors.As(err, &alert), errors.Is(err, nethttp.ErrSchemeMismatch):
		return "http.tls", false
	case errors.As(err, &name):
		return "http.dns", name.IsTemporary || name.IsTimeout
	case errors.As(err, &dial):
		return "http.connect", true
	case strings.Contains(err.Error(), "server response headers exceeded"):
		return "http.header", false
	}
	return "http.connection", true
}

// retryAfter gives how long a reply asks to wait at least: seconds, or a date, which is relative to the reply's own as
// the clocks may differ.
func retryAfter(h nethttp.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		return time.Duration(max(seconds, 0)) * time.Second
	}
	at, err := nethttp.ParseTime(text)
	if err != nil {
		return 0
	}
	if date, err := nethttp.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(at.Sub(now), 0)
}
