package mcp

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// everybody is the one who calls an app. Whoever calls is anonymous, and what a
// host says about its users is theirs to make up, so all of them share one
// bucket.
type everybody struct{}

// tooMany refuses a request that comes too soon.
func tooMany(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	http.Error(w, "Too many requests at once. Wait as long as Retry-After says.", http.StatusTooManyRequests)
}
