package http

import (
	"context"
	"fmt"
	nethttp "net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/flowrun/flowrun/flow"
)

type authOptions struct {
	Basic  *basicOptions  `flow:"basic" doc:"A name and a password."`
	Bearer flow.Text      `flow:"bearer" doc:"A token."`
	OAuth2 *oauth2Options `flow:"oauth2" doc:"A token that is fetched by OAuth 2 client credentials, and again when it has run out."`
}

type basicOptions struct {
	User     flow.Text `flow:"user,required" doc:"The name."`
	Password flow.Text `flow:"password" doc:"The password: a param of the type secret."`
}

type oauth2Options struct {
	TokenURL     string            `flow:"token_url,required" doc:"Where tokens are given."`
	ClientID     string            `flow:"client_id,required" doc:"Who asks."`
	ClientSecret string            `flow:"client_secret,required" doc:"The client's secret: a param of the type secret."`
	Scopes       []string          `flow:"scopes" doc:"What the token is to allow."`
	Credentials  string            `flow:"credentials" default:"header" enum:"header,body" doc:"Where the client's id and secret are sent: as a basic Authorization header, which every server understands, or in the body."`
	Params       map[string]string `flow:"params" doc:"Further parameters of the token's request, such as audience."`
}

func (a *authOptions) check(report func(option, message, help string)) {
	var kinds []string
	if a.Basic != nil {
		kinds = append(kinds, "`basic`")
	}
	if text, constant := a.Bearer.Constant(); text != "" || !constant {
		kinds = append(kinds, "`bearer`")
	}
	if a.OAuth2 != nil {
		kinds = append(kinds, "`oauth2`")
		if _, err := parseURL(a.OAuth2.TokenURL); err != nil {
			report("auth", "token_url: "+err.Error(), "write it as https://host/path")
		}
	}
	switch len(kinds) {
	case 0:
		report("auth", "`auth` names nobody", "give one of `basic`, `bearer` and `oauth2`")
	case 1:
	default:
		report("auth", "a request is made by one, and here are "+strings.Join(kinds, " and "), "keep one of them")
	}
}

// set puts what the options know into the headers.
func (a *authOptions) set(h nethttp.Header, s *flow.Scope) error {
	if a.Basic != nil {
		user, err := a.Basic.User.Eval(s)
		if err != nil {
			return err
		}
		password, err := a.Basic.Password.Eval(s)
		if err != nil {
			return err
		}
		r := nethttp.Request{Header: h}
		r.SetBasicAuth(user, password)
	}
	bearer, err := a.Bearer.Eval(s)
	if err != nil {
		return err
	}
	if bearer != "" {
		h.Set("Authorization", "Bearer "+bearer)
	}
	return nil
}

// tokens fetches OAuth 2 tokens: one at a time, and no more often than they run out.
type tokens struct {
	config clientcredentials.Config
	http   *nethttp.Client
	turn   chan struct{} // holds a value while somebody fetches
	token  atomic.Pointer[oauth2.Token]
}

func newTokens(o *oauth2Options, client *nethttp.Client) *tokens {
	style := oauth2.AuthStyleInHeader // not detected: that would be requests that nobody counts
	if o.Credentials == "body" {
		style = oauth2.AuthStyleInParams
	}
	t := &tokens{http: client, turn: make(chan struct{}, 1), config: clientcredentials.Config{
		ClientID: o.ClientID, ClientSecret: o.ClientSecret, TokenURL: o.TokenURL, Scopes: o.Scopes, EndpointParams: url.Values{}, AuthStyle: style,
	}}
	for name, text := range o.Params {
		t.config.EndpointParams.Set(name, text)
	}
	return t
}

// get gives a token that is good, and whether it was there already; none where t is nil.
func (t *tokens) get(ctx context.Context) (token *oauth2.Token, cached bool, err error) {
	if t == nil {
		return nil, false, nil
	}
	if token = t.token.Load(); token.Valid() {
		return token, true, nil
	}
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, false, context.Cause(ctx)
	}
	defer func() { <-t.turn }()
	if token = t.token.Load(); token.Valid() {
		return token, true, nil
	}
	if token, err = t.config.Token(context.WithValue(ctx, oauth2.HTTPClient, t.http)); err != nil {
		return nil, false, fmt.Errorf("no token of %s: %w", t.config.TokenURL, err)
	}
	t.token.Store(token)
	return token, false, nil
}

// drop forgets a token that was refused.
func (t *tokens) drop(token *oauth2.Token) { t.token.CompareAndSwap(token, nil) }
