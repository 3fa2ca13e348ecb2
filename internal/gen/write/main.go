// Command write writes the generated files, in the repository's root.
package main

import (
	"log"
	"os"

	"github.com/flowrun/flowrun"
	"github.com/flowrun/flowrun/internal/gen"
)

func main() {
	log.SetFlags(0)
	for path, text := range gen.Files(flowrun.Registry()) {
		if err := os.WriteFile(path, text, 0o666); err != nil {
			log.Fatal(err)
		}
	}
}
