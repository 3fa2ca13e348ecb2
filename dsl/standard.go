package dsl

import "gopkg.in/yaml.v3"

// standard is common keys for all steps that can use them and have none of their own: the defaults of a file, or what
// stands on a step that uses a file.
type standard struct {
	defaults
	at     *yaml.Node // the mapping that they stand in
	in     *loader    // of that, whose policies they name
	to     *reference // where their on_error sends failed items
	target *draft     // the same, once it is found
}

// nearest gives the first of the standards that have a key; where none has, one without any.
func nearest(all []*standard, key string) *standard {
	for _, s := range all {
		if child(s.at, key) != nil {
			return s
		}
	}
	return &standard{}
}
