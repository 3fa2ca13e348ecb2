package exec

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

func sh(script string, args ...string) command {
	c := command{Shell: true, Command: []flow.Text{flow.DynOf(script)}}
	for _, a := range args {
		c.Command = append(c.Command, flow.DynOf(a))
	}
	return c
}

// call runs a step's program once.
func call(ctx context.Context, o stepOptions) (value.Value, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = 1 << 20
	}
	if o.Expect == nil {
		o.Expect = []int{0}
	}
	if o.As == "" {
		o.As = "text"
	}
	out, err := (&runner{&o, &flow.Env{}}).Call(ctx, flow.Item{Value: value.OfInt(1)})
	if err != nil {
		return value.Value{}, err
	}
	return out[0].Value, nil
}

func TestExitCodesAreClassified(t *testing.T) {
	for _, c := range []struct {
		script    string
		transient []int
		want      string // message, or the result's JSON
		kind      string
		again     bool
	}{
		{"echo out; echo note >&2", nil, `{"exit":0,"stdout":"out","stderr":"note","item":1}`, "", false},
		{"echo a >&2; echo b >&2; echo c >&2; echo d >&2; exit 3", nil, "sh exited with 3: b | c | d", "exec.exit", true},
		{"exit 75", []int{75}, "sh exited with 75", "exec.exit", true},
		{"exit 3", []int{75}, "sh exited with 3", "exec.exit", false},
		{"exit 127", nil, "sh exited with 127", "exec.exit", false},
		{"kill -9 $$", nil, "sh was ended: signal: killed", "exec.signal", true},
	} {
		v, err := call(context.Background(), stepOptions{command: sh(c.script), Transient: c.transient})
		if c.kind == "" {
			if err != nil || v.Text() != c.want {
				t.Errorf("%s: %s %v", c.script, v.Text(), err)
			}
			continue
		}
		var f *flow.Fault
		if !errors.As(err, &f) || f.Error() != c.want || flow.ErrorType(err) != c.kind || f.Transient != c.again {
			t.Errorf("%s: %v (%s), want %s (%s, again %v)", c.script, err, flow.ErrorType(err), c.want, c.kind, c.again)
		}
	}
	if v, err := call(context.Background(), stepOptions{command: sh("exit 3"), Expect: []int{0, 3}}); err != nil || v.Text() != `{"exit":3,"stdout":"","stderr":"","item":1}` {
		t.Error(v.Text(), err)
	}
	_, err := call(context.Background(), stepOptions{command: command{Command: []flow.Text{flow.DynOf("no-such-program")}}})
	if f := (*flow.Fault)(nil); !errors.As(err, &f) || f.Transient || flow.ErrorType(err) != "exec.start" {
		t.Error(err)
	}
}

func TestArgumentsReachTheProgramAsTheyAre(t *testing.T) {
	hostile := `"; touch pwned; echo $(touch pwned) '` + "\n*"
	o := stepOptions{command: command{Command: []flow.Text{flow.DynOf("printf"), flow.DynOf("%s|"), flow.DynOf(hostile), flow.DynOf("b")}}}
	o.Dir = flow.DynOf(t.TempDir())
	v, err := call(context.Background(), o)
	if out, _ := v.Field("stdout"); err != nil || out.Str() != hostile+"|b|" {
		t.Fatalf("%s %v", out.Text(), err)
	}
	o.command = sh(`printf '%s|' "$1" "$X"`, hostile)
	o.Env = map[string]flow.Text{"X": flow.DynOf("x y")}
	v, err = call(context.Background(), o)
	if out, _ := v.Field("stdout"); err != nil || out.Str() != hostile+"|x y|" {
		t.Fatalf("%s %v", out.Text(), err)
	}
}

func TestAProgramIsKilledWithAllThatItStarted(t *testing.T) {
	alive := filepath.Join(t.TempDir(), "alive") // which all of them hold open
	if err := syscall.Mkfifo(alive, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("enough")
	failed := make(chan error, 1)
	go func() {
		_, err := call(ctx, stepOptions{command: sh("exec 9> '" + alive + "'; (sleep 1000 & echo started >&9; wait) & sleep 1000")})
		failed <- err
	}()
	r, err := os.Open(alive)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // it was read
	if _, err := io.ReadFull(r, make([]byte, len("started\n"))); err != nil {
		t.Fatal(err)
	}
	cancel(stop)
	if err := <-failed; !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if err := r.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 { // which ends with the last of them
		t.Fatalf("%q %v", rest, err)
	}
}

func TestOutputIsBounded(t *testing.T) {
	_, err := call(context.Background(), stepOptions{command: sh("yes"), MaxBytes: 100 << 10})
	if flow.ErrorType(err) != "exec.too_large" || err.Error() != "the output of sh is larger than max_bytes, 100KiB" {
		t.Fatal(err)
	}
	_, err = call(context.Background(), stepOptions{command: sh("yes 0123456789 | head -n 100000 >&2; exit 1")})
	if err == nil || len(err.Error()) > tailBytes+100 || !strings.HasSuffix(err.Error(), "0123456789") {
		t.Fatal(len(err.Error()))
	}
}

func TestAProcessLeftBehindIsAFailure(t *testing.T) {
	_, err := call(context.Background(), stepOptions{command: sh("sleep 1000 & exit 0")})
	if flow.ErrorType(err) != "exec.left" {
		t.Fatal(err)
	}
}

func TestStdinAndStdoutHaveFormats(t *testing.T) {
	list := value.OfList([]value.Value{value.OfPairs("a", value.OfInt(1), "b", value.OfString("x y")), value.OfPairs("a", value.OfInt(2), "b", value.OfString("z"))})
	for _, c := range []struct{ in, as, want string }{
		{"jsonl", "text", `"{\"a\":1,\"b\":\"x y\"}\n{\"a\":2,\"b\":\"z\"}"`},
		{"csv", "csv", `[{"a":"1","b":"x y"},{"a":"2","b":"z"}]`},
		{"json", "json", `[{"a":1,"b":"x y"},{"a":2,"b":"z"}]`},
		{"jsonl", "jsonl", `[{"a":1,"b":"x y"},{"a":2,"b":"z"}]`},
		{"csv", "lines", `["a,b","1,x y","2,z"]`},
	} {
		v, err := call(context.Background(), stepOptions{command: sh("cat"), Stdin: constant{list}, StdinFormat: c.in, As: c.as})
		if out, _ := v.Field("stdout"); err != nil || string(value.AppendJSON(nil, out)) != c.want {
			t.Errorf("%s, %s: %s %v, want %s", c.in, c.as, out.Text(), err, c.want)
		}
	}
	if _, err := call(context.Background(), stepOptions{command: sh("echo '{'"), As: "json"}); flow.ErrorType(err) != "decode" {
		t.Error(err)
	}
}

// constant is an expression that is always the same.
type constant struct{ v value.Value }

func (c constant) Eval(*flow.Scope) (value.Value, error) { return c.v, nil }
func (c constant) String() string                        { return c.v.Text() }

func TestSourceReadsUntilNobodyWantsMore(t *testing.T) {
	read := func(o sourceOptions, want int) (n int, err error) {
		o.MaxItem, o.Format = 1<<20, "jsonl"
		err = (&reader{&o, &flow.Env{}}).Read(context.Background(), func(flow.Item) error {
			if n++; n == want {
				return flow.Done
			}
			return nil
		})
		return n, err
	}
	if n, err := read(sourceOptions{command: sh("seq 3")}, 0); n != 3 || err != nil {
		t.Error(n, err)
	}
	if n, err := read(sourceOptions{command: sh("yes 1")}, 1000); n != 1000 || err != flow.Done {
		t.Error(n, err)
	}
	if n, err := read(sourceOptions{command: sh("echo 1; echo oops >&2; exit 2")}, 0); n != 1 || err == nil || err.Error() != "sh exited with 2: oops" {
		t.Error(n, err)
	}
}

func TestSinkFeedsOneProgram(t *testing.T) {
	write := func(script string, commit bool, batches int) (string, error) {
		var out bytes.Buffer
		o := &sinkOptions{command: sh(script)}
		w, err := newWriter(o, &flow.Env{Stdout: &out})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Open(context.Background()); err != nil {
			return "", err
		}
		items := make([]flow.Item, 200)
		for i := range items {
			items[i].Value = value.OfString(strings.Repeat("x", 1000))
		}
		for range batches {
			if err = w.Write(context.Background(), items); err != nil {
				break
			}
		}
		if err == flow.Done {
			return "done", w.Close(context.Background(), commit)
		}
		err = errors.Join(err, w.Close(context.Background(), commit))
		return out.String(), err
	}
	if out, err := write("wc -l", true, 10); err != nil || strings.TrimSpace(out) != "2000" {
		t.Error(out, err)
	}
	if out, err := write("head -n 1 > /dev/null", true, 1000); err != nil || out != "done" {
		t.Error(out, err) // it has read enough, which is no failure
	}
	if _, err := write("cat > /dev/null; echo no >&2; exit 1", true, 1); err == nil || err.Error() != "sh exited with 1: no" {
		t.Error(err)
	}
	if _, err := write("echo gone >&2; exit 4", true, 1000); err == nil || err.Error() != "sh exited with 4: gone" {
		t.Error(err)
	}
	if out, err := write("cat > /dev/null; echo committed", false, 1); err != nil || out != "" {
		t.Error(out, err)
	}
}
