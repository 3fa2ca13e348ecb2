package cli_test

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/flowrun/flowrun"
	"github.com/flowrun/flowrun/flow"
)

var update = flag.Bool("update", false, "rewrite what the scripts compare with")

// TestMain makes the test binary the commands that the scripts run, each a process of its own.
func TestMain(m *testing.M) {
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil { // else every command of a race test takes a second
		panic(err)
	}
	testscript.Main(m, map[string]func(){
		"flowrun": func() { flowrun.Main() },
		"broken":  func() { flowrun.Main(boom()) },
	})
}

// TestScripts runs the command line as a user does.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update, RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", os.Getenv("GORACE"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a command that must exit with a code: exits CODE COMMAND [ARGUMENT…]
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGUMENT…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("it exits with %d, and should with %d", got, want)
	}
}

// boom is a component with a fault.
func boom() *flow.Component {
	return &flow.Component{
		Name: "boom", Group: "per item", Doc: "Panics.",
		Maker: flow.Makes(func(*struct{}, *flow.Env) (flow.Op, error) { return bomb{}, nil }),
	}
}

type bomb struct{}

func (bomb) Process(flow.Item, flow.Emit) error { panic("boom") }
