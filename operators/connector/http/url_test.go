package http

import (
	"net/url"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// What is read with the help of the URL before is what it would be without.
func TestASiteReadsItsURLsAsParseURLDoes(t *testing.T) {
	hosts := []string{"http://a.test", "http://a.test:80", "https://a.test", "http://me:word@a.test", "http://[::1]:8080", "HTTP://A.test"}
	part := rapid.StringOfN(rapid.RuneFrom([]rune("aZ09/-_.~$&+,:;=@?%#!*'()[]{}|\\^\"<> \x00\x7fé")), 0, 12, -1)
	plain := rapid.StringMatching(`/[a-z0-9]{0,3}(/[a-z0-9.]{0,3})?(\?[a-z]=[0-9%&]{0,3})?`)
	read := 0
	rapid.Check(t, func(rt *rapid.T) {
		host, path := rapid.SampledFrom(hosts), rapid.OneOf(part, plain, plain)
		first := host.Draw(rt, "host before")
		before, text := first+path.Draw(rt, "path before"), rapid.OneOf(rapid.Just(first), host).Draw(rt, "host")+path.Draw(rt, "path")
		u, err := parseURL(before)
		if err != nil {
			return
		}
		var got url.URL
		if !siteOf(before, u).parse(text, &got) {
			return
		}
		read++
		if want, err := parseURL(text); err != nil || !reflect.DeepEqual(&got, want) {
			rt.Errorf("%q: %#v, want %#v, %v", text, got, want, err)
		}
	})
	if read == 0 {
		t.Error("none was read so")
	}
}
