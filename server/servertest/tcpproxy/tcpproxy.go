// Package tcpproxy is a TCP proxy that fails as networks do, when it is told
// to: it loses requests and answers, cuts them off, keeps silent, is slow, or
// is not there. It knows nothing of what goes over it.
package tcpproxy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// Kind is what goes wrong with a connection.
type Kind string

// Kinds of fault. They concern a connection from its beginning to its end.
const (
	Clean         Kind = ""               // nothing
	Slow          Kind = "slow"           // each piece takes Fault.Pause, there and back
	Dripping      Kind = "dripping"       // the answer comes in pieces of Fault.Bytes, with a Pause before each
	RequestLost   Kind = "request lost"   // reset when the first bytes come, none of which go on
	AnswerLost    Kind = "answer lost"    // reset when the other side begins to answer
	Truncated     Kind = "truncated"      // closed, in good order, after Fault.Bytes of the answer
	CutOff        Kind = "cut off"        // the same, but reset
	Stalled       Kind = "stalled"        // taken, and nothing goes either way
	AnswerStalled Kind = "answer stalled" // the request goes on, the answer does not come back
	Refused       Kind = "refused"        // nobody listens; only Set can say so, as it holds for all
)

// Fault is a Kind with its figures.
type Fault struct {
	Kind  Kind
	Bytes int
	Pause time.Duration
	// Leaves makes everybody be refused once the fault has struck, until the
	// next Set.
	Leaves bool
}

// Proxy passes connections on to one address. It is safe for concurrent use.
type Proxy struct {
	addr, upstream string
	done           chan struct{}
	serving        sync.WaitGroup

	mu       sync.Mutex
	listener *net.TCPListener // nil while connections are refused
	always   Fault
	next     []Fault
	draw     func() Fault // nil unless faults are drawn
	open     map[*net.TCPConn]struct{}
	struck   map[Kind]int
}

// maxRelisten bounds the time for taking the address again after Refused.
const maxRelisten = 10 * time.Second

// New starts a proxy before an address (host:port). It ends with the test.
func New(t testing.TB, upstream string) *Proxy {
	t.Helper()
	p := &Proxy{upstream: upstream, done: make(chan struct{}), open: map[*net.TCPConn]struct{}{}, struck: map[Kind]int{}}
	// Where the system has such an address, nobody else is given its ports while
	// connections are refused.
	err := p.listen("127.0.0.77:0")
	if err != nil {
		err = p.listen("127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	p.addr = p.listener.Addr().String()
	t.Cleanup(func() {
		p.mu.Lock()
		close(p.done)
		err := p.unlisten()
		p.cut()
		p.mu.Unlock()
		p.serving.Wait()
		if err != nil {
			t.Error(err)
		}
	})
	return p
}

// Addr is where the proxy listens, host:port.
func (p *Proxy) Addr() string { return p.addr }

// Set makes a fault befall every connection from now on, in place of all that
// was said before. Connections that are open are reset.
func (p *Proxy) Set(t testing.TB, f Fault) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.always, p.next, p.draw = f, nil, nil
	p.cut()
	if err := p.attend(f.Kind != Refused); err != nil {
		t.Fatal(err)
	}
	if f.Kind == Refused {
		p.struck[Refused]++ // nobody can count who comes
	}
}

// Heal is Set without a fault.
func (p *Proxy) Heal(t testing.TB) {
	t.Helper()
	p.Set(t, Fault{})
}

// Next makes faults befall the next connections, one each. Connections that are
// open are reset, so that the next request makes one.
func (p *Proxy) Next(t testing.TB, faults ...Fault) {
	t.Helper()
	p.Heal(t)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = faults
}

// Random makes each connection from now on suffer one of some faults, drawn by
// a seed. The order in which connections come is not the seed's.
func (p *Proxy) Random(t testing.TB, seed uint64, faults ...Fault) {
	t.Helper()
	p.Heal(t)
	p.mu.Lock()
	defer p.mu.Unlock()
	r := rand.New(rand.NewPCG(seed, 0))
	p.draw = func() Fault { return faults[r.IntN(len(faults))] }
}

// Struck is how many connections suffered a kind of fault.
func (p *Proxy) Struck(k Kind) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.struck[k]
}

// strike counts a fault, before anybody can notice it.
func (p *Proxy) strike(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.struck[f.Kind]++
	if f.Leaves {
		if err := p.unlisten(); err != nil {
			panic(fmt.Sprintf("tcpproxy: %v", err))
		}
	}
}

// fault is that of a new connection.
func (p *Proxy) fault() Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case len(p.next) > 0:
		f := p.next[0]
		p.next = p.next[1:]
		return f
	case p.draw != nil:
		return p.draw()
	}
	return p.always
}

// attend makes the proxy listen or not; mu is held.
func (p *Proxy) attend(wanted bool) error {
	switch {
	case wanted == (p.listener != nil):
		return nil
	case !wanted:
		return p.unlisten()
	}
	// The port is nobody's for a moment; a connection that is just being made
	// may have it.
	deadline := time.Now().Add(maxRelisten)
	for {
		err := p.listen(p.addr)
		if err == nil || time.Now().After(deadline) || !p.pause(time.Millisecond) {
			return err
		}
	}
}

// listen begins to take connections; mu is held, or nobody knows p yet.
func (p *Proxy) listen(addr string) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return err
	}
	tcp := ln.(*net.TCPListener)
	p.listener = tcp
	p.serving.Go(func() { p.accept(tcp) })
	return nil
}

// unlisten ends it; mu is held.
func (p *Proxy) unlisten() error {
	if p.listener == nil {
		return nil
	}
	err := p.listener.Close()
	p.listener = nil
	return err
}

func (p *Proxy) accept(ln *net.TCPListener) {
	for {
		conn, err := ln.AcceptTCP()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				panic(fmt.Sprintf("tcpproxy: %v", err))
			}
			return
		}
		if !p.keep(conn) {
			conn.Close()
			return
		}
		p.serving.Go(func() {
			defer p.drop(conn)
			p.serve(conn, p.fault())
		})
	}
}

// keep registers a connection to be cut with the others; false when the proxy
// has ended.
func (p *Proxy) keep(conn *net.TCPConn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
		return false
	default:
	}
	p.open[conn] = struct{}{}
	return true
}

func (p *Proxy) drop(conn *net.TCPConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
	conn.Close() // a second time perhaps
}

// cut resets all connections; mu is held.
func (p *Proxy) cut() {
	for conn := range p.open {
		reset(conn)
	}
}

// reset ends a connection with RST: what was not received yet is lost.
func reset(conn *net.TCPConn) {
	_ = conn.SetLinger(0) // one that is closed already needs none
	conn.Close()
}
