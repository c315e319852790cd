package server

import (
	"os"
	"runtime/debug"
)

// gcPercent lets the heap grow to five times what is alive before it is
// collected. A server's living heap is some tens of megabytes and a request's
// garbage some tens of kilobytes, so with Go's default of 100 a busy server
// spends a quarter of its time collecting; this trades about a hundred
// megabytes for that.
const gcPercent = 400

// Tune sets the garbage collector for a server, unless GOGC says otherwise.
// Programs that embed an App decide for themselves.
func Tune() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
