package cli

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/flowrun/flowrun/runtime"
)

// signals are those that stop a run. They are caught from its making on, as is SIGPIPE: to write to a reader that went
// away is an error like others.
type signals struct {
	caught chan os.Signal
	first  chan os.Signal
	ended  chan struct{}
}

func newSignals() *signals {
	s := &signals{caught: make(chan os.Signal, 3), first: make(chan os.Signal, 1), ended: make(chan struct{})}
	signal.Ignore(syscall.SIGPIPE)
	signal.Notify(s.caught, os.Interrupt, syscall.SIGTERM)
	return s
}

// stop drains the run on the first signal, stops it on the second and exits on the third.
func (s *signals) stop(r *runtime.Run, drain time.Duration, show *screen) {
	go func() { // ends with the run
		for n := 1; ; n++ {
			select {
			case sig := <-s.caught:
				switch n {
				case 1:
					s.first <- sig
					show.log(fmt.Sprintf("flowrun: stopping: what is under way may finish, for up to %v; again to stop at once", drain))
					r.Drain()
				case 2:
					r.Stop()
				default:
					os.Exit(128 + int(sig.(syscall.Signal)))
				}
			case <-s.ended:
				return
			}
		}
	}()
}

// end ends the watch and gives the signal that came first, nil for none. Signals are caught until the process exits: one that
// comes after the end changes nothing any more.
func (s *signals) end() os.Signal {
	close(s.ended)
	select {
	case sig := <-s.first:
		return sig
	default:
		return nil
	}
}
