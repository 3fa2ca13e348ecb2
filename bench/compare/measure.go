package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// sample is one run of a program.
type sample struct {
	wall, cpu time.Duration
	peak      int64 // bytes of memory
}

// measure runs a program with its output in a file.
func measure(cmd *exec.Cmd, out string) (s sample, err error) {
	if err := os.RemoveAll(out); err != nil { // some would add to it
		return s, err
	}
	f, err := os.Create(out)
	if err != nil {
		return s, err
	}
	defer f.Close()
	var message bytes.Buffer
	cmd.Stderr = &message
	if !slices.ContainsFunc(append(cmd.Args, cmd.Env...), func(a string) bool { return strings.Contains(a, out) }) {
		cmd.Stdout = f
	}
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return s, fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, message.String())
	}
	s.wall = time.Since(began)
	s.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	s.peak = cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
	return s, nil
}

// series is what was measured of a peer: its rounds.
type series struct {
	peer    peer
	samples []sample
}

func (s series) walls() []time.Duration {
	out := make([]time.Duration, len(s.samples))
	for i, x := range s.samples {
		out[i] = x.wall
	}
	return out
}

// rate is items a second, by the median of the rounds.
func (s series) rate() float64 { return float64(s.peer.size) / median(s.walls()).Seconds() }

// spread is the distance between the slowest and the fastest round, as a share of the median.
func (s series) spread() float64 {
	w := s.walls()
	return (slices.Max(w) - slices.Min(w)).Seconds() / median(w).Seconds()
}

func (s series) cpu() time.Duration {
	out := make([]time.Duration, len(s.samples))
	for i, x := range s.samples {
		out[i] = x.cpu
	}
	return median(out)
}

func (s series) peak() int64 {
	var most int64
	for _, x := range s.samples {
		most = max(most, x.peak)
	}
	return most
}

func median(d []time.Duration) time.Duration {
	d = slices.Clone(d)
	slices.Sort(d)
	return (d[(len(d)-1)/2] + d[len(d)/2]) / 2
}
