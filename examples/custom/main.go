// Command custom is flowrun with one component more: the source in primes.go.
package main

import "github.com/flowrun/flowrun"

func main() { flowrun.Main(primes()) }
