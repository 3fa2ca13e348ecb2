package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/flowrun/flowrun"
	"github.com/flowrun/flowrun/flow"
)

func run(t *testing.T, pipeline string) (string, error) {
	t.Helper()
	p, err := flowrun.Parse("test.yaml", []byte(pipeline), flowrun.Options{Components: []*flow.Component{primes()}})
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	_, err = p.Run(context.Background(), flowrun.Options{Stdout: &out})
	return strings.ReplaceAll(strings.TrimSpace(out.String()), "\n", " "), err
}

func TestPrimes(t *testing.T) {
	for pipeline, want := range map[string]string{
		primes().Examples[0].Pipeline:                     "2 3 5 7",
		"source: {primes: 50}":                            "2 3 5 7 11 13 17 19 23 29 31 37 41 43 47",
		"source: {primes: 1}":                             "",
		"source: {primes: {from: 90, to: 100}}":           "97",
		"source: {primes: {}}\nsteps: [skip: 3, take: 2]": "7 11",
	} {
		if got, err := run(t, pipeline); got != want || err != nil {
			t.Errorf("%s: %q %v, want %q", pipeline, got, err, want)
		}
	}
}

func TestPrimesEndWithInts(t *testing.T) {
	if got, err := run(t, "source: {primes: {from: 9223372036854775806}}"); got != "" || err == nil || !strings.Contains(err.Error(), "no int of 64 bits") {
		t.Errorf("%q %v", got, err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	if _, err := run(t, "source: {primes: {from: 1}}"); err == nil || !strings.Contains(err.Error(), "test.yaml:1:25: error") {
		t.Error(err)
	}
}
