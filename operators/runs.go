package operators

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// runs is a temporary file of runs: sorted sequences of items. On Unix the file has no name once it is open, so that
// nothing is left of it however the process ends.
//
// A run is chunks of whole items: the length of the chunk, its checksum, and the packed items, each behind its length.
type runs struct {
	form  *packing
	ended func() error
	file  *os.File
	name  string // of the file, to be removed; "" where it has none any more
	size  int64
	all   []run
	open  int64 // where the run begins that is being written
	chunk int
	buf   []byte // the chunk that is being written
}

// run is the place of a run in the file.
type run struct{ from, to int64 }

// fanIn is how many runs are merged at once at most: each takes a chunk of memory.
const fanIn = 64

// chunkHeader is the bytes before the items of a chunk.
const chunkHeader = 8 + 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func newRuns(form *packing, env *flow.Env) (*runs, error) {
	f, err := os.CreateTemp("", "flowrun-sort-")
	if err != nil {
		return nil, onDisk(err)
	}
	r := &runs{form: form, ended: env.Ended, file: f, name: f.Name(), chunk: 64 << 10}
	if os.Remove(f.Name()) == nil {
		r.name = ""
	}
	if env.Memory != nil && env.Memory.Limit > 0 { // so that those of a merge take an eighth of it
		r.chunk = int(min(max(env.Memory.Limit/8/fanIn, 4<<10), int64(r.chunk)))
	}
	return r, nil
}

// onDisk says of an error what the file is for, and where it is.
func onDisk(err error) error {
	if err == nil {
		return nil
	}
	return flow.Fatal(fmt.Errorf("what is too much for the memory goes to a temporary file, whose folder TMPDIR names: %w", err))
}

func (r *runs) close() {
	_ = r.file.Close() // nothing of it is needed
	if r.name != "" {
		_ = os.Remove(r.name)
	}
}

// add writes the next item of a run.
func (r *runs) add(data []byte) error {
	if len(r.buf) == 0 {
		r.buf = append(r.buf, make([]byte, chunkHeader)...)
	}
	r.buf = append(binary.AppendUvarint(r.buf, uint64(len(data))), data...)
	if len(r.buf) < r.chunk {
		return nil
	}
	return r.write()
}

// write writes the chunk.
func (r *runs) write() error {
	if r.ended != nil {
		if err := r.ended(); err != nil {
			return err
		}
	}
	binary.LittleEndian.PutUint64(r.buf, uint64(len(r.buf)-chunkHeader))
	binary.LittleEndian.PutUint32(r.buf[8:], crc32.Checksum(r.buf[chunkHeader:], castagnoli))
	n, err := r.file.WriteAt(r.buf, r.size)
	r.size += int64(n)
	r.buf = r.buf[:0]
	return onDisk(err)
}

// end ends the run that is being written.
func (r *runs) end() error {
	if len(r.buf) > 0 {
		if err := r.write(); err != nil {
			return err
		}
	}
	if r.size > r.open {
		r.all = append(r.all, run{r.open, r.size})
	}
	r.open = r.size
	return nil
}

// merge gives the items of all runs in order, those that compare alike from the earlier run first. More runs than can be
// merged at once are merged to longer ones before, neighbours with neighbours.
func (r *runs) merge(give func(data []byte) error) error {
	for len(r.all) > fanIn {
		from := r.all
		r.all = nil
		for len(r.all)+len(from) > fanIn && len(from) > 1 {
			n := min(fanIn, len(from), len(r.all)+len(from)-fanIn+1)
			if err := r.mergeOf(from[:n], r.add); err != nil {
				return err
			}
			if err := r.end(); err != nil {
				return err
			}
			from = from[n:]
		}
		r.all = append(r.all, from...)
	}
	return r.mergeOf(r.all, give)
}

// mergeOf gives the items of some runs.
func (r *runs) mergeOf(some []run, give func(data []byte) error) error {
	var heads heads
	for i, run := range some {
		h := &runHead{runs: r, rest: run, number: i}
		if more, err := h.next(); err != nil {
			return err
		} else if more {
			heads = append(heads, h)
		}
	}
	for i := len(heads)/2 - 1; i >= 0; i-- {
		heads.down(i)
	}
	for len(heads) > 0 {
		first := heads[0]
		if err := give(first.item); err != nil {
			return err
		}
		if more, err := first.next(); err != nil {
			return err
		} else if !more {
			heads[0] = heads[len(heads)-1]
			heads = heads[:len(heads)-1]
		}
		heads.down(0)
	}
	return nil
}

// runHead is the first item of a run that was not given yet.
type runHead struct {
	item   []byte
	key    value.Value
	rank   uint64
	number int // of the run
	runs   *runs
	rest   run    // what was not read yet
	data   []byte // what was, but is no item yet
}

// next goes on to the next item, if there is one more.
func (h *runHead) next() (more bool, err error) {
	if len(h.data) == 0 {
		if h.rest.from == h.rest.to {
			return false, nil
		}
		if err := h.read(); err != nil {
			return false, onDisk(err)
		}
	}
	n, size := binary.Uvarint(h.data)
	end := uint64(size) + n
	h.item, h.data = h.data[size:end], h.data[end:]
	h.key = h.runs.form.key(h.item)
	h.rank = h.runs.form.order.rank(h.key)
	return true, nil
}

// read reads the next chunk, into memory of its own, which its items refer to.
func (h *runHead) read() error {
	header := [chunkHeader]byte{}
	if _, err := h.runs.file.ReadAt(header[:], h.rest.from); err != nil {
		return err
	}
	n := binary.LittleEndian.Uint64(header[:])
	if n == 0 || n > uint64(h.rest.to-h.rest.from-chunkHeader) {
		return errDamaged
	}
	h.data = make([]byte, n)
	if _, err := h.runs.file.ReadAt(h.data, h.rest.from+chunkHeader); err != nil {
		return err
	}
	if crc32.Checksum(h.data, castagnoli) != binary.LittleEndian.Uint32(header[8:]) {
		return errDamaged
	}
	h.rest.from += chunkHeader + int64(n)
	return nil
}

var errDamaged = errors.New("it does not hold any more what was written to it")

// heads is a heap of runs, the one whose item comes next on top.
type heads []*runHead

func (h heads) before(a, b *runHead) bool {
	if a.rank != b.rank {
		return a.rank < b.rank
	}
	return cmp.Or(a.runs.form.order.compare(a.key, b.key), a.number-b.number) < 0
}

// down lets a run sink to its place.
func (h heads) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && h.before(h[child+1], h[child]) {
			child++
		}
		if !h.before(h[child], h[i]) {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}
