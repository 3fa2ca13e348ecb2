// Command flowrun runs pipeline files.
package main

import "github.com/flowrun/flowrun"

func main() { flowrun.Main() }
