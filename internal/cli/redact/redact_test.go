package redact

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func redacted(secrets []string, writes ...string) string {
	var out strings.Builder
	w := New(&out)
	w.Hide(secrets...)
	for _, s := range writes {
		w.Write([]byte(s))
	}
	w.Flush()
	return out.String()
}

func TestEveryFormIsReplaced(t *testing.T) {
	secret := `p"ss wörd/&<1>`
	asJSON, _ := json.Marshal(secret)
	tests := map[string]string{
		"plain":        "token " + secret + " end",
		"json":         "token " + strings.Trim(string(asJSON), `"`) + " end",
		"json, raw":    `token p\"ss wörd/&<1> end`,
		"query":        "token " + url.QueryEscape(secret) + " end",
		"path":         "token " + url.PathEscape(secret) + " end",
		"base64":       "token " + base64.RawStdEncoding.EncodeToString([]byte(secret)) + " end",
		"base64 of it": "token " + base64.RawURLEncoding.EncodeToString([]byte(secret)) + " end",
	}
	for name, text := range tests {
		if got, want := redacted([]string{secret}, text), "token *** end"; got != want {
			t.Errorf("%s: %q became %q, want %q", name, text, got, want)
		}
	}
}

func TestBasicAuthIsReplaced(t *testing.T) {
	for _, user := range []string{"a", "bo", "eve", "root"} {
		header := base64.StdEncoding.EncodeToString([]byte(user + ":correct-horse-battery:more"))
		got := redacted([]string{"correct-horse-battery"}, "Basic "+header)
		// Of the 28 characters for the secret's 21 bytes, one at each end may be shared with a neighbour.
		if most := len("Basic ***") + len(header) - 26; !strings.Contains(got, "***") || len(got) > most {
			t.Errorf("user %s: %q shows as %q", user, header, got)
		}
	}
}

func TestSplitOverlappingAndNested(t *testing.T) {
	tests := []struct {
		secrets, writes []string
		want            string
	}{
		{[]string{"hunter2"}, []string{"pass hun", "ter", "2!"}, "pass ***!"},
		{[]string{"hunter2"}, []string{"pass hun", "gry"}, "pass hungry"},
		{[]string{"hunter2"}, []string{"pass hun"}, "pass hun"},
		{[]string{"abc", "abcdef"}, []string{"-abc", "def-"}, "-***-"},
		{[]string{"abc", "abcdef"}, []string{"-abc", "d-"}, "-***d-"},
		{[]string{"abcd", "cdef"}, []string{"-ab", "cd", "ef-"}, "-***-"},
		{[]string{"aa"}, []string{"a", "a", "a", "b"}, "***b"},
		{[]string{"-----BEGIN\nabcdefghijk\nlm\n-----END"}, []string{"key: ----", "-BEGIN abcdefghijk lm -----END; line abcdefghijk"}, "key: ***; line ***"},
		{[]string{"", "  "}, []string{"a  b"}, "a  b"},
	}
	for _, tt := range tests {
		if got := redacted(tt.secrets, tt.writes...); got != tt.want {
			t.Errorf("%q without %q is %q, want %q", tt.writes, tt.secrets, got, tt.want)
		}
	}
}

func TestAnyDivisionGivesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secrets := rapid.SliceOfN(rapid.StringMatching(`[ab]{1,4}`), 1, 3).Draw(t, "secrets")
		text := rapid.StringMatching(`[abc ]{0,30}`).Draw(t, "text")
		var parts []string
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			parts, rest = append(parts, rest[:n]), rest[n:]
		}
		whole, divided := redacted(secrets, text), redacted(secrets, parts...)
		if whole != divided {
			t.Fatalf("%q without %q is %q, divided as %q it is %q", text, secrets, whole, parts, divided)
		}
		for _, s := range secrets {
			if strings.Contains(whole, s) {
				t.Fatalf("%q still shows %q", whole, s)
			}
		}
	})
}
