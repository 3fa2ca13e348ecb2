package cli

import (
	"os"
	"runtime"
)

// headroom is how much may be allocated between two collections of garbage, beside as much as is in use.
const headroom = 8 << 20

// roomy makes the collector run less often while little is in use: by a block that is never touched, and so takes no
// memory, but counts as in use. GOGC and GOMEMLIMIT stand where they are set. The function it gives ends that.
func roomy() func() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	ballast := make([]byte, headroom)
	return func() { runtime.KeepAlive(ballast) }
}
