package flowrun_test

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/flowrun/flowrun"
)

// TestDocs holds the README and docs/ to what they say. In each of them:
//
// A yaml block must load: a whole file, or a part of one, such as steps or a policy. One that begins with a comment
// `# NAME.yaml` is that file for the commands below it; `# FOLDER/NAME.yaml` is one that others use. One marked `yaml wrong` must not load.
//
// A console block is run, its commands being the lines that begin with `$ `, and must print what it shows, but for times
// and rates. It runs in a folder with the repository's examples in it, and where it speaks of 127.0.0.1:8080, there is
// examples/server.
//
// A go block must stand in the file that its first line names.
func TestDocs(t *testing.T) {
	files, err := filepath.Glob("docs/*.md")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range append(files, "README.md") {
		if file == "docs/reference.md" { // generated from the components, whose examples are run by TestComponents
			continue
		}
		t.Run(file, func(t *testing.T) {
			text := read(t, file)
			links(t, file, text)
			p := &page{dir: t.TempDir()}
			copyExamples(t, filepath.Join(p.dir, "examples"))
			if strings.Contains(text, onPaper) {
				p.addr = serve(t)
				pages := filepath.Join(p.dir, "examples/server/pages.yaml")
				if err := os.WriteFile(pages, []byte(p.there(read(t, pages))), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			got := fenced.ReplaceAllStringFunc(text, func(block string) string {
				part := fenced.FindStringSubmatch(block)
				return "```" + part[1] + "\n" + p.check(t, part[1], part[2]) + "```"
			})
			if *update && got != text {
				if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

var fenced = regexp.MustCompile("(?ms)^```(.*?)\n(.*?)^```")

// copyExamples copies the examples without what runs of them have written.
func copyExamples(t *testing.T, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS("examples")); err != nil {
		t.Fatal(err)
	}
	written, _ := filepath.Glob(filepath.Join(to, "*/out")) // the pattern is right
	for _, out := range written {
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// page is a document whose blocks build on each other.
type page struct {
	dir  string
	addr string // where the server of the examples is; "" for none
}

const onPaper = "127.0.0.1:8080" // where it is in the document

// serve starts examples/server for the length of the test.
func serve(t *testing.T) (addr string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(binaries(t), "server"), "-addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it ends by this alone
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	_, addr, ok := strings.Cut(strings.TrimSpace(line), "http://")
	if err != nil || !ok {
		t.Fatal(line, err)
	}
	return addr
}

// there gives a text with the server's address in place of that on paper; here does the reverse.
func (p *page) there(text string) string {
	if p.addr == "" {
		return text
	}
	return strings.ReplaceAll(text, onPaper, p.addr)
}

func (p *page) here(text string) string {
	if p.addr == "" {
		return text
	}
	return strings.ReplaceAll(text, p.addr, onPaper)
}

// check checks one block and gives it as it should be.
func (p *page) check(t *testing.T, info, text string) string {
	t.Helper()
	switch info {
	case "yaml", "yaml wrong":
		name := "block.yaml"
		if m := regexp.MustCompile(`^# (\S+\.yaml)\n`).FindStringSubmatch(text); m != nil {
			name = m[1]
			if err := os.MkdirAll(filepath.Join(p.dir, filepath.Dir(name)), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(p.dir, name), []byte(p.there(text)), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if strings.Contains(name, "/") { // steps for `use`, which the commands check
			return text
		}
		_, err := flowrun.Parse(filepath.Join(p.dir, name), []byte(whole(text)), flowrun.Options{})
		if wrong := info == "yaml wrong"; wrong && err == nil {
			t.Errorf("this loads:\n%s", text)
		} else if !wrong && err != nil {
			t.Errorf("%s\n%v", text, err)
		}
	case "console":
		return p.run(t, text)
	case "go":
		name, _, _ := strings.Cut(strings.TrimPrefix(text, "// "), "\n")
		source, err := os.ReadFile(name)
		if _, code, _ := strings.Cut(text, "\n"); err != nil || !strings.Contains(string(source), strings.TrimSpace(code)) {
			t.Errorf("this is not in %s (%v):\n%s", name, err, text)
		}
	default:
		for _, tested := range []string{"yaml", "console", "go", "yml", "golang"} {
			if strings.HasPrefix(info, tested) {
				t.Errorf("a block of %q is tested as none of these: yaml, yaml wrong, console, go", info)
			}
		}
	}
	return text
}

// whole makes a pipeline file of a part of one: of steps, or of what stands beside them.
func whole(text string) string {
	if regexp.MustCompile(`(?m)^sources?:`).MatchString(text) {
		return text
	}
	if regexp.MustCompile(`(?m)^- `).MatchString(text) {
		text = "steps:\n" + text
	}
	return "source: {stdin: {}}\n" + text
}

// run runs the commands of a console block and gives the block with what they print. The exit code of one is `$?` in the
// next.
func (p *page) run(t *testing.T, text string) string {
	t.Helper()
	var got strings.Builder
	code := 0
	for _, part := range strings.Split(text, "\n$ ") {
		command, want, _ := strings.Cut(strings.TrimPrefix(part, "$ "), "\n")
		for strings.HasSuffix(command, `\`) {
			more, rest, _ := strings.Cut(want, "\n")
			command, want = command+"\n"+more, rest
		}
		fmt.Fprintf(&got, "$ %s\n", command)
		want = strings.TrimSuffix(want, "\n")
		if command == "go test ./..." { // these are the tests
			fmt.Fprintf(&got, "%s\n", want)
			continue
		}
		cmd := exec.Command("bash", "-c", fmt.Sprintf("(exit %d)\n%s", code, p.there(strings.ReplaceAll(command, "go run ./cmd/", ""))))
		cmd.Dir = p.dir
		cmd.Env = append(os.Environ(), "PATH="+binaries(t)+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if code = 0; errors.As(err, &exit) {
			code = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		printed := p.here(strings.TrimSuffix(string(out), "\n"))
		if timeless(printed) == timeless(want) {
			printed = want
		} else if !*update {
			t.Errorf("$ %s\ngot:\n%s\nwant (rewritten by `go test -run TestDocs -update .`):\n%s", command, printed, want)
		}
		if printed != "" {
			got.WriteString(printed + "\n")
		}
	}
	return got.String()
}

// timeless leaves out of what a command prints what differs from run to run: times, rates, and what a run says of its pace,
// which it does if it takes a second.
func timeless(text string) string {
	text = regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:.]+Z`).ReplaceAllString(text, "TIME")
	text = regexp.MustCompile(`\b(\d+m)?[\d.]+(µs|ms|s)\b`).ReplaceAllString(text, "DURATION")
	text = regexp.MustCompile(`\n.* set the pace: .*`).ReplaceAllString(text, "")
	return regexp.MustCompile(`, [\d,]+/s`).ReplaceAllString(text, "")
}

// binaries builds the commands, once, and gives the folder they are in.
func binaries(t *testing.T) string {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	return binDir
}

var (
	binDir string
	build  = sync.OnceValue(func() error {
		out, err := exec.Command("go", "build", "-o", binDir+"/", "./cmd/flowrun", "./examples/custom", "./examples/server").CombinedOutput()
		if err != nil {
			return fmt.Errorf("go build: %w: %s", err, out)
		}
		return nil
	})
)

func TestMain(m *testing.M) {
	flag.Parse()
	err := os.Setenv("NO_PROXY", "*") // the servers of these tests are their own
	if err == nil {
		binDir, err = os.MkdirTemp("", "flowrun-test-")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(binDir) // of no use to anyone
	os.Exit(code)
}

// links checks that what a document links to in the repository is there.
func links(t *testing.T, file, text string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`).FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil {
			t.Errorf("the link %s leads nowhere", m[1])
		}
	}
}
