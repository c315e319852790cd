package sqlite

import (
	"context"
	"errors"
	"sync"

	"github.com/checkstand/checkstand/store"
)

// readers are the connections that only read. The one that was used last is
// used next, so that few have to keep their pages warm.
type readers struct {
	connect func() (*conn, error)
	slots   chan struct{} // one entry for each connection in use
	ended   chan struct{} // closed by close

	mu   sync.Mutex
	idle []*conn
	once sync.Once
}

func newReaders(n int, connect func() (*conn, error)) *readers {
	return &readers{connect: connect, slots: make(chan struct{}, n), ended: make(chan struct{})}
}

// query reads on one of the connections, waiting for a free one as long as ctx
// lasts.
func (p *readers) query(ctx context.Context, text string, args []any, each func(store.Row) error) error {
	c, err := p.take(ctx)
	if err != nil {
		return err
	}
	defer p.give(c)
	_, err = c.query(ctx, text, args, each)
	return err
}

func (p *readers) take(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-p.ended:
		return nil, store.ErrClosed
	default:
	}
	select {
	case p.slots <- struct{}{}:
	case <-p.ended:
		return nil, store.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	c, err := p.connect()
	if err != nil {
		<-p.slots
	}
	return c, err
}

func (p *readers) give(c *conn) {
	p.mu.Lock()
	p.idle = append(p.idle, c)
	p.mu.Unlock()
	<-p.slots
}

// close waits for the reads in flight and closes the connections.
func (p *readers) close() error {
	var errs []error
	p.once.Do(func() {
		close(p.ended)
		for range cap(p.slots) {
			p.slots <- struct{}{}
		}
		for _, c := range p.idle {
			errs = append(errs, c.close())
		}
	})
	return errors.Join(errs...)
}
