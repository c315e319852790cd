package tcpproxy

import (
	"io"
	"net"
	"time"
)

// pieceSize is how much is passed on at once.
const pieceSize = 32 << 10

// serve is the life of one connection.
func (p *Proxy) serve(client *net.TCPConn, f Fault) {
	switch f.Kind {
	case RequestLost:
		if _, err := client.Read(make([]byte, 1)); err == nil {
			p.strike(f)
			reset(client)
		}
		return
	case Stalled:
		p.strike(f)
		_, _ = io.Copy(io.Discard, client) // until the client gives up
		return
	}
	conn, err := net.Dial("tcp", p.upstream)
	if err != nil {
		reset(client)
		return
	}
	server := conn.(*net.TCPConn)
	defer server.Close()
	if !p.keep(server) {
		return
	}
	defer p.drop(server)
	gone := make(chan struct{})
	p.serving.Go(func() {
		defer close(gone)
		p.carry(server, client, f.there())
		_ = server.CloseWrite() // it may be gone too
	})
	p.answer(client, server, f, gone)
}

// there is what a fault does to requests.
func (f Fault) there() Fault {
	if f.Kind == Slow {
		return f
	}
	return Fault{}
}

// answer passes the answers back, with the fault. gone is closed when the
// client is.
func (p *Proxy) answer(client, server *net.TCPConn, f Fault, gone <-chan struct{}) {
	switch f.Kind {
	case AnswerLost, AnswerStalled:
		if _, err := server.Read(make([]byte, 1)); err != nil {
			return
		}
		p.strike(f)
		if f.Kind == AnswerLost {
			reset(client)
			return
		}
		<-gone
	case Truncated, CutOff:
		if _, err := io.CopyN(client, server, int64(f.Bytes)); err != nil {
			return
		}
		p.strike(f)
		if f.Kind == CutOff {
			reset(client)
		}
	default:
		p.carry(client, server, f)
	}
}

// carry copies one way until either end is closed.
func (p *Proxy) carry(to, from *net.TCPConn, f Fault) {
	if f.Kind == Clean {
		_, _ = io.Copy(to, from) // how a connection ends is not the proxy's affair
		return
	}
	size := pieceSize
	if f.Kind == Dripping {
		size = f.Bytes
	}
	piece := make([]byte, size)
	for first := true; ; first = false {
		n, err := from.Read(piece)
		if n > 0 {
			if first {
				p.strike(f)
			}
			if !p.pause(f.Pause) {
				return
			}
			if _, err := to.Write(piece[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pause waits; false when the proxy has ended.
func (p *Proxy) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-p.done:
		return false
	}
}
