// Package exec runs programs: for each item, as a source, and as a sink.
package exec

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// All gives the components.
func All() []*flow.Component { return []*flow.Component{source(), step(), sink()} }

// command is what program is run, and how.
type command struct {
	Command []flow.Text          `flow:"command,required,short" doc:"The program and its arguments, each as it is: no shell takes them apart."`
	Shell   bool                 `flow:"shell" doc:"Runs the first text by sh, which sees the others as $1, $2 and so on."`
	Dir     flow.Text            `flow:"dir" doc:"Where it runs. Unless given, in the pipeline's own folder."`
	Env     map[string]flow.Text `flow:"env" doc:"Variables added to flowrun's own environment."`
}

func (o *command) check(report func(option, message, help string)) {
	if len(o.Command) == 0 {
		report("command", "there is no program to run", "write a list such as [wc, -l]")
		return
	}
	name, constant := o.Command[0].Constant()
	first, _, several := strings.Cut(name, " ")
	switch {
	case o.Shell && !constant:
		report("command", "a shell command that is made of an item can be made to run anything", "write $1 in it, and the item's text as a further argument: [\"wc -l < $1\", \"${it.path}\"]")
	case constant && strings.TrimSpace(name) == "":
		report("command", "a program has a name", "")
	case !o.Shell && constant && several && len(o.Command) == 1 && !strings.ContainsRune(first, os.PathSeparator):
		report("command", fmt.Sprintf("there is no program of the name %q", name), "write a list such as [wc, -l], or add `shell: true`")
	}
}

// waitDelay is how long a program may hold its output open after it has ended or was killed.
const waitDelay = time.Second

// start makes the command for an item. Whatever ends ctx kills it, with all that it started.
func (o *command) start(ctx context.Context, s *flow.Scope, dir string) (*exec.Cmd, error) {
	args := make([]string, 0, len(o.Command)+3)
	for i := range o.Command {
		text, err := o.Command[i].Eval(s)
		if err != nil {
			return nil, err
		}
		if strings.IndexByte(text, 0) >= 0 {
			return nil, flow.Typed("exec.start", errors.New("an argument has a zero byte in it"))
		}
		args = append(args, text)
	}
	if o.Shell {
		args = append([]string{"sh", "-c", args[0], "sh"}, args[1:]...)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	ownGroup(cmd)
	cmd.WaitDelay = waitDelay
	in, err := o.Dir.Eval(s)
	if err != nil {
		return nil, err
	}
	if cmd.Dir = in; !filepath.IsAbs(in) {
		cmd.Dir = filepath.Join(dir, in)
	}
	if len(o.Env) > 0 {
		cmd.Env = os.Environ()
	}
	for _, name := range slices.Sorted(maps.Keys(o.Env)) {
		t := o.Env[name]
		text, err := t.Eval(s)
		if err != nil {
			return nil, err
		}
		cmd.Env = append(cmd.Env, name+"="+text)
	}
	return cmd, nil
}

// ended says how a program ended that was waited for: its exit code, or why there is none. What it left running that
// holds its output open is killed.
func ended(ctx context.Context, cmd *exec.Cmd, err error, stderr *tail) (exit int, failure error) {
	var status *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	case errors.Is(err, exec.ErrWaitDelay):
		_ = killGroup(cmd) // what it left behind
		return 0, &flow.Fault{Type: "exec.left", Err: fmt.Errorf("%s ended, and left a process that holds its output open", cmd.Args[0])}
	case !errors.As(err, &status):
		return 0, &flow.Fault{Type: "exec.start", Err: err}
	case status.ExitCode() < 0:
		return 0, &flow.Fault{Type: "exec.signal", Transient: true, Err: fmt.Errorf("%s was ended: %v%s", cmd.Args[0], status, stderr)}
	}
	return status.ExitCode(), nil
}

// failed is the failure of an exit code.
func failed(cmd *exec.Cmd, exit int, transient bool, stderr *tail) error {
	return &flow.Fault{Type: "exec.exit", Transient: transient, Err: fmt.Errorf("%s exited with %d%s", cmd.Args[0], exit, stderr)}
}

// tail keeps the end of what a program says on standard error.
type tail struct{ buf []byte }

const tailBytes = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	n := len(p)
	p = p[max(0, n-tailBytes):]
	t.buf = append(t.buf[max(0, len(t.buf)+len(p)-tailBytes):], p...)
	return n, nil
}

// text gives what was kept.
func (t *tail) text() string {
	return strings.ToValidUTF8(strings.TrimSpace(string(t.buf)), "\uFFFD")
}

// String gives the last lines, for a message.
func (t *tail) String() string {
	lines := strings.Split(t.text(), "\n")
	if text := strings.Join(lines[max(0, len(lines)-3):], " | "); text != "" {
		return ": " + text
	}
	return ""
}
