package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"regexp"
	"sync"
	"time"
)

// fault is something that befalls one request to a provider, or its answer.
type fault string

// Faults. "Before" means that the provider never saw the request, "after" that
// it did all that was asked.
const (
	none        fault = ""
	dropBefore  fault = "dropped before"
	dropAfter   fault = "dropped after"
	errorBefore fault = "500 before"
	errorAfter  fault = "500 after"
	rateLimit   fault = "rate limited"
	timeOut     fault = "timed out after"
	truncated   fault = "answer cut off"
	wrongAmount fault = "wrong amount told"
	unreachable fault = "not reachable"
)

// onCalls are the faults of a request on a connection, each as likely.
var onCalls = []fault{dropBefore, dropAfter, errorBefore, errorAfter, rateLimit, timeOut, truncated, wrongAmount}

// What is answered in the provider's place.
const (
	errorAnswer = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/html\r\nContent-Length: 14\r\nConnection: close\r\n\r\nSomething went"
	limitAnswer = "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
)

const (
	idleConns    = 64
	idleLifetime = time.Minute
)

// wire is the way from one shop to its provider.
type wire struct {
	share  float64 // of requests that go wrong
	struck func(fault)
	// names, if set, are what the shop calls something and what the provider
	// does, in as many bytes.
	names [2][]byte

	mu     sync.Mutex
	rng    *rand.Rand
	clean  bool // no more faults
	honest bool // no wrong amounts
}

func newWire(share float64, seed uint64, struck func(fault)) *wire {
	return &wire{share: share, struck: struck, rng: rand.New(rand.NewPCG(seed, 1))}
}

// transport carries requests over this wire.
func (w *wire) transport() *http.Transport {
	return &http.Transport{DialContext: w.dial, MaxIdleConnsPerHost: idleConns, IdleConnTimeout: idleLifetime}
}

// mend ends all faults.
func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clean = true
}

// next decides what befalls the next request.
func (w *wire) next() fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.clean || w.rng.Float64() >= w.share {
		return none
	}
	f := onCalls[w.rng.IntN(len(onCalls))]
	if f == wrongAmount && w.honest {
		return none
	}
	return f
}

// beHonest ends lies about amounts, or lets them begin again. A list that is
// falsified on its way cannot be told from a provider that lies.
func (w *wire) beHonest(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.honest = on
}

func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	refused := !w.clean && w.rng.Float64() < w.share
	w.mu.Unlock()
	if refused {
		w.struck(unreachable)
		return nil, errors.New("connection refused")
	}
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, wire: w}, nil
}

// conn is a connection that carries one request after the other. net/http
// writes a request only when the answer to the one before was read.
type conn struct {
	net.Conn
	wire *wire

	mu      sync.Mutex
	asked   bool // since the last answer
	fault   fault
	lied    bool   // in the answer to this request
	pending []byte // an answer that the provider did not give
	broken  error
}

var errReset = errors.New("connection reset by peer")

// Write implements net.Conn. The first write of a request decides its fault.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.asked {
		c.asked, c.lied = true, false
		c.fault = c.wire.next()
	}
	switch c.fault {
	case dropBefore:
		c.strike(nil, errReset)
	case errorBefore:
		c.strike([]byte(errorAnswer), nil)
	case rateLimit:
		c.strike([]byte(limitAnswer), nil)
	default:
		if theirs := c.wire.names; bytes.Contains(p, theirs[0]) && len(theirs[0]) > 0 {
			p = bytes.ReplaceAll(p, theirs[0], theirs[1])
		}
		return c.Conn.Write(p)
	}
	return len(p), nil
}

// strike lets the fault happen: what is read from now on is the answer given
// here, and then the end. The provider's connection is closed, which wakes the
// reader. The lock is held.
func (c *conn) strike(answer []byte, end error) {
	if c.broken != nil {
		return
	}
	c.wire.struck(c.fault)
	c.pending, c.broken = answer, end
	if end == nil {
		c.broken = errReset
	}
	_ = c.Conn.Close() // nobody is told: this is the fault
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if ours := c.wire.names; n > 0 && bytes.Contains(p[:n], ours[1]) && len(ours[1]) > 0 {
		copy(p, bytes.ReplaceAll(p[:n], ours[1], ours[0]))
	}
	if c.broken == nil && n > 0 {
		n = c.meddle(p[:n])
	}
	switch {
	case c.broken == nil:
		return n, err
	case len(c.pending) > 0:
		n = copy(p, c.pending)
		c.pending = c.pending[n:]
		return n, nil
	}
	return 0, c.broken
}

// meddle does to an answer what its fault says. The lock is held.
func (c *conn) meddle(p []byte) int {
	c.asked = false
	switch c.fault {
	case dropAfter:
		c.strike(nil, errReset)
	case errorAfter:
		c.strike([]byte(errorAnswer), nil)
	case timeOut:
		c.strike(nil, fmt.Errorf("the answer did not come in time: %w", os.ErrDeadlineExceeded))
	case truncated:
		c.strike(bytes.Clone(p[:len(p)/2]), nil)
	case wrongAmount:
		if lie(p) && !c.lied {
			c.lied = true
			c.wire.struck(wrongAmount)
		}
	}
	return len(p)
}

// amounts are the places of an answer that tell how much was moved.
var amounts = regexp.MustCompile(`(?:"amount(?:_received|_captured)?":|"value":|<amount>[0-9]*\.?)[0-9]*([0-9])[,}<]`)

// lie changes the last digit of each amount of an answer.
func lie(answer []byte) (lied bool) {
	for _, at := range amounts.FindAllSubmatchIndex(answer, -1) {
		digit := &answer[at[2]]
		*digit = '0' + (*digit-'0'+1)%10
		lied = true
	}
	return lied
}
