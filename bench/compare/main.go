// Command compare measures flowrun beside other programs that do the same jobs, on the same input, in alternation.
// bench/run builds and installs what it needs.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	log.SetFlags(0)
	work := flag.String("work", "bench/.work", "the folder of binaries and inputs")
	quick := flag.Bool("quick", false, "a tenth of the input and three rounds: for a look, not for figures")
	only := flag.String("only", "", "one job")
	results := flag.String("o", "", "the file to write, in Markdown; standard output unless given")
	flag.Parse()
	c := comparison{work: folder(*work), rounds: 5, shrink: 1}
	if *quick {
		c.rounds, c.shrink = 3, 10
	}
	text, err := c.run(*only)
	if err != nil {
		log.Fatal(err)
	}
	if *results == "" {
		fmt.Print(text)
	} else if err := os.WriteFile(*results, []byte(text), 0o666); err != nil {
		log.Fatal(err)
	}
}

type comparison struct {
	work   folder
	rounds int
	shrink int // how many times less input than in full
	server string
}

func (c *comparison) run(only string) (text string, err error) {
	if err := c.prepare(); err != nil {
		return "", err
	}
	stop, err := c.serve()
	if err != nil {
		return "", err
	}
	defer stop()
	r := report{c: c}
	for _, j := range c.work.jobs() {
		if only != "" && only != j.name {
			continue
		}
		if j.peers, err = c.installed(j.peers, &r); err != nil {
			return "", err
		}
		log.Printf("%s: do the results agree?", j.name)
		if err := c.check(j); err != nil {
			return "", fmt.Errorf("%s: %w", j.name, err)
		}
		all, err := c.measure(j)
		if err != nil {
			return "", fmt.Errorf("%s: %w", j.name, err)
		}
		r.add(j, all)
	}
	if only == "" {
		log.Print("an edge between two stages, and a channel")
		if err := r.hop(); err != nil {
			return "", err
		}
	}
	if only == "" || only == "costs" {
		log.Print("what an item costs")
		if err := r.costs(); err != nil {
			return "", err
		}
	}
	return r.text(), nil
}

// prepare makes the inputs: in full, for slower peers, and for the check of results.
func (c *comparison) prepare() error {
	dir := string(c.work)
	if err := data(dir, full/c.shrink); err != nil {
		return err
	}
	for _, f := range []struct {
		ext   string
		lines []int // the first is all
	}{
		{".jsonl", []int{full, small}}, {".csv", []int{full, small}}, {".keys", []int{10 * millions, millions}},
	} {
		from := filepath.Join(dir, "data"+f.ext)
		for _, lines := range []int{f.lines[1] / c.shrink, checked} {
			if err := head(from, filepath.Join(dir, strconv.Itoa(lines)+f.ext), lines); err != nil {
				return err
			}
		}
		if err := os.Rename(from, filepath.Join(dir, strconv.Itoa(f.lines[0]/c.shrink)+f.ext)); err != nil {
			return err
		}
	}
	return nil
}

const checked = 5000 // items of the input on which results are compared

// input gives the input of so many items.
func (c *comparison) input(n int) input {
	dir := string(c.work)
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	file := filepath.Join(dir, strconv.Itoa(n))
	return input{n, file + ".jsonl", file + ".csv", file + ".keys", filepath.Join(dir, "zips.csv"), c.server}
}

// serve starts the server that calls go to, and gives what ends it.
func (c *comparison) serve() (stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return nil, err
	}
	cmd := exec.Command(c.work.bin("peer-go"), "server", strconv.Itoa(port))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c.server = fmt.Sprintf("http://127.0.0.1:%d", port)
	for range 100 {
		res, err := http.Get(c.server + "/0/1")
		if err == nil {
			_ = res.Body.Close()
			return func() { _ = stdin.Close(); _ = cmd.Wait() }, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, fmt.Errorf("the server does not answer at %s", c.server)
}

// installed leaves out the peers that are not there, and notes them.
func (c *comparison) installed(peers []peer, r *report) ([]peer, error) {
	var there []peer
	for _, p := range peers {
		cmd := p.start(c.input(checked), "out")
		if cmd.Err == nil {
			_, cmd.Err = os.Stat(cmd.Path)
		}
		if cmd.Err == nil && strings.HasSuffix(cmd.Args[0], "node") {
			_, cmd.Err = os.Stat("bench/peers/duckdb/node_modules")
		}
		if cmd.Err == nil {
			there = append(there, p)
		} else if strings.HasPrefix(p.name, "flowrun") {
			return nil, cmd.Err
		} else {
			r.absent(p.name)
		}
	}
	return there, nil
}

// check runs every peer on the same small input and compares what comes out.
func (c *comparison) check(j job) error {
	if j.repeat > 0 { // nothing to compare: peers do what is nearest to nothing
		return nil
	}
	out := filepath.Join(string(c.work), "out")
	var want []string
	for i, p := range j.peers {
		if _, err := measure(p.start(c.input(checked), out), out); err != nil {
			return err
		}
		got, err := normal(out)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if i == 0 {
			want = got
		} else if err := agree(p, got, want); err != nil {
			return err
		}
	}
	return nil
}

// measure runs the peers in turn, round after round; in every other round from the last to the first.
func (c *comparison) measure(j job) ([]series, error) {
	out := filepath.Join(string(c.work), "out")
	all := make([]series, len(j.peers))
	for i, p := range j.peers {
		p.size = max(p.size/c.shrink, 1)
		all[i].peer = p
	}
	for round := range c.rounds {
		log.Printf("%s: round %d of %d", j.name, round+1, c.rounds)
		for i := range all {
			i = (i + round) % len(all) // what ran before may matter
			for range max(j.repeat, 1) {
				s, err := measure(all[i].peer.start(c.input(all[i].peer.size), out), out)
				if err != nil {
					return nil, err
				}
				all[i].samples = append(all[i].samples, s)
			}
		}
	}
	return all, nil
}
