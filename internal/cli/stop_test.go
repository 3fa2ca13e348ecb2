package cli

import (
	"os"
	"os/signal"
	"testing"
)

// TestSignalAfterTheEnd ends the watch of a run and then sends a signal, which would otherwise end this process.
func TestSignalAfterTheEnd(t *testing.T) {
	s := newSignals()
	t.Cleanup(func() { signal.Stop(s.caught) })
	if sig := s.end(); sig != nil {
		t.Fatalf("%v came before any was sent", sig)
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if sig := <-s.caught; sig != os.Interrupt {
		t.Errorf("%v was caught", sig)
	}
}
