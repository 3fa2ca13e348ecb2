package operators

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// TestWhatIsKeptPinsNoBlock gives an item that is text of a block to whatever keeps items for long. The block is free all the
// same: who kept each record with the 256 KiB around it would hold a thousand times as much as it says.
func TestWhatIsKeptPinsNoBlock(t *testing.T) {
	arg := field("text")
	all := flow.Aggregates{{Name: "all", Result: onlyResult{}}}
	for name := range aggregateFuncs {
		of := arg
		if aggregateFuncs[name].numbers {
			of = field("x")
		}
		all[0].Calls = append(all[0].Calls, flow.AggregateCall{Func: name, Arg: of})
	}
	by := flow.Keys{{Name: "k", Expr: field("k")}}
	next := flow.Literal{Expr: field("text")}
	keepers := map[string]any{
		"aggregate":       build[flow.Op](aggregate(), &aggregateOptions{By: by, Values: all}),
		"tumbling window": build[flow.Op](window(), &windowOptions{Kind: "tumbling", Size: time.Hour, Time: field("t"), By: by, Values: all}),
		"sliding window":  build[flow.Op](window(), &windowOptions{Kind: "sliding", Size: time.Hour, Every: time.Minute, Time: field("t"), By: by, Values: all}),
		"session":         build[flow.Op](window(), &windowOptions{Kind: "session", Gap: time.Hour, Time: field("t"), By: by, Values: all}),
		"items":           build[flow.Op](window(), &windowOptions{Kind: "session", Gap: time.Hour, Time: field("t")}),
		"collect":         build[flow.Op](collect(), &collectOptions{}),
		"sort":            build[flow.Op](sortOp(), &sortOptions{By: field("k")}),
		"top":             build[flow.Op](top(), &topOptions{N: 3, By: field("k")}),
		"distinct":        build[flow.Op](distinct(), &distinctOptions{By: field("k")}),
		"some keys":       build[flow.Op](distinct(), &distinctOptions{By: field("k"), MaxKeys: 3}),
		"chunks":          build[flow.Op](chunks(), &chunksOptions{Size: 10}),
		"delay":           build[flow.Op](delay(), &delayOptions{By: time.Hour, Max: 10}),
		"changes":         build[flow.Op](changes(), &changesOptions{By: field("k")}),
		"reduce":          build[flow.Op](reduce(), &reduceOptions{Next: next}),
		"a table":         build[flow.Join](join(), &joinOptions{Kind: "inner"}),
		"two streams":     build[flow.Join](join(), &joinOptions{Kind: "inner", Within: time.Hour, Time: field("t")}),
	}
	for name, keeper := range keepers {
		t.Run(name, func(t *testing.T) {
			emit := func(flow.Item) error { return nil }
			give := func(n int) weak.Pointer[byte] {
				block := fmt.Appendf(make([]byte, 0, 1<<10), `{"k":"key %d","text":"some text %d","x":%d.50,"t":"2024-01-01T00:0%d:00Z"}`, n, n, n, n)
				d := value.Decoder{Text: true}
				v, err := d.Decode(block)
				if err != nil {
					t.Fatal(err)
				}
				switch k := keeper.(type) {
				case flow.Op:
					err = k.Process(flow.Item{Value: v}, emit)
				case flow.Join:
					err = k.Process(otherPort, flow.Item{Value: v}, emit)
				}
				if err != nil {
					t.Fatal(err)
				}
				return weak.Make(&block[0])
			}
			first := give(1)
			give(2) // memory for one item at work may be of the last
			runtime.GC()
			if first.Value() != nil {
				t.Error("it holds the block")
			}
			runtime.KeepAlive(keeper)
		})
	}
}

// TestNeighboursAreNotCopied has all items of blocks be held: they stay where they are, but for some of each block.
func TestNeighboursAreNotCopied(t *testing.T) {
	var u flow.Unpinner
	copied, all := 0, 0
	for range 10 {
		block := []byte(strings.Repeat(`{"k":"key","text":"some text of some length","x":1.50,"t":"2024-01-01T00:00:00Z"}`+"\n", flow.BlockSize/100))
		d := value.Decoder{Text: true}
		for len(block) > 0 {
			v, n, ok := d.Line(block)
			if !ok {
				t.Fatal("no line")
			}
			if u.Unpin(v).Address() != v.Address() {
				copied++
			}
			block, all = block[n:], all+1
		}
	}
	if copied == 0 || copied*10 > all {
		t.Errorf("%d of %d items were copied", copied, all)
	}
}
