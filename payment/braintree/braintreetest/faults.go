package braintreetest

import (
	"net/http"
	"regexp"
	"strings"
)

// Fault is something that goes wrong with one request.
type Fault string

// Faults. Those of lookups strike the next search or read, the others the next
// request that would change something.
const (
	DropBefore  Fault = "drop_before"  // the connection breaks, nothing was done
	DropAfter   Fault = "drop_after"   // done, and the connection breaks
	ErrorBefore Fault = "error_before" // 500, nothing was done
	ErrorAfter  Fault = "error_after"  // 500, done
	StallBefore Fault = "stall_before" // silence until the client gives up, nothing was done
	StallAfter  Fault = "stall_after"  // done, and silence until the client gives up
	RateLimited Fault = "rate_limited" // 429
	Unavailable Fault = "unavailable"  // 503, nothing was done
	WrongAmount Fault = "wrong_amount" // done, and the answer says another amount

	LookupFails Fault = "lookup_fails" // 500
	LookupStops Fault = "lookup_stops" // 200, and half an answer
)

func (f Fault) ofLookup() bool { return strings.HasPrefix(string(f), "lookup_") }

// before does what a fault does to a request that is not looked at.
func (f Fault) before(_ http.ResponseWriter, r *http.Request) {
	switch f {
	case StallBefore:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case DropBefore:
		panic(http.ErrAbortHandler)
	}
}

// answersBefore answers a request that is not looked at.
func (f Fault) answersBefore(w http.ResponseWriter) bool {
	switch f {
	case ErrorBefore, LookupFails:
		w.WriteHeader(http.StatusInternalServerError)
	case Unavailable:
		w.WriteHeader(http.StatusServiceUnavailable)
	case RateLimited:
		w.WriteHeader(http.StatusTooManyRequests)
	case LookupStops:
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write([]byte("<search-results><page-size type=\"integer\">50</page-"))
	default:
		return false
	}
	return true
}

// after does what a fault does to an answer.
func (f Fault) after(_ http.ResponseWriter, r *http.Request) {
	switch f {
	case StallAfter:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case DropAfter:
		panic(http.ErrAbortHandler)
	}
}

var amountElement = regexp.MustCompile(`<amount>[0-9.]+</amount>`)

// otherAmount changes the amount that an answer tells.
func otherAmount(body string) string {
	return amountElement.ReplaceAllString(body, "<amount>0.01</amount>")
}

// Hold keeps one sale between its acceptance and its decision.
type Hold struct {
	Reached chan struct{} // closed when the sale is there
	release chan struct{}
}

// Release lets the sale go on. It may be called once.
func (h *Hold) Release() { close(h.release) }

// HoldNext holds the next sale that gets as far as a processor.
func (g *Gateway) HoldNext() *Hold {
	h := &Hold{Reached: make(chan struct{}), release: make(chan struct{})}
	g.set(func() { g.hold = h })
	return h
}

// wait stops a held sale. The gateway's lock is not held meanwhile, so that
// other requests are served.
func (g *Gateway) wait() {
	var h *Hold
	g.set(func() { h, g.hold = g.hold, nil })
	if h != nil {
		close(h.Reached)
		<-h.release
	}
}
