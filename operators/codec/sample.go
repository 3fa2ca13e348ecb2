package codec

import (
	"io"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// sampled bounds what is read of a file to know what is in it, in bytes as they are stored and as they are decompressed.
const sampled = 4 << 20

// Sample gives the type of the first items of a file, as many as `infer` says, and how many there were.
func Sample(name string, r io.Reader, o *ReadOptions) (t flow.Type, n int) {
	opt := *o
	opt.MaxItem = min(opt.MaxItem, sampled)
	rd, err := Open(name, io.LimitReader(r, sampled), &opt, false)
	if err != nil {
		return flow.Any, 0
	}
	defer rd.Close()
	rd.in.r = io.LimitReader(rd.in.r, sampled)
	for ; n < int(o.Infer); n++ {
		it, err := rd.Next()
		if err != nil {
			return t, n
		}
		if of := flow.TypeOf(it.Value); n == 0 {
			t = of
		} else {
			t = t.Or(of)
		}
	}
	return t, n
}

// Gives gives the type of the items of a format, whatever is in the file.
func Gives(format string) flow.Type {
	switch format {
	case "lines":
		return flow.Only(value.String)
	case "bytes":
		return flow.Only(value.Bytes)
	}
	return flow.Any
}
