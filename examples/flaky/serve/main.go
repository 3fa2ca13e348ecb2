// Serve runs the server that the examples call.
//
//	go run ./examples/flaky/serve [127.0.0.1:8080]
package main

import (
	"fmt"
	"net/http"
	"os"

	"github.com/flowrun/flowrun/examples/flaky"
)

func main() {
	addr := "127.0.0.1:8080"
	if len(os.Args) > 1 {
		addr = os.Args[1]
	}
	fmt.Println("http://" + addr)
	if err := http.ListenAndServe(addr, flaky.New()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
