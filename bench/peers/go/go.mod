module github.com/flowrun/flowrun/bench/peers/go

go 1.26.0

require golang.org/x/sync v0.23.0
