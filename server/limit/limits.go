package limit

import (
	"context"
	"net/http"
	"net/netip"
	"time"
)

// Limits are those of a server's surfaces. A nil *Limits holds nobody back.
type Limits struct {
	Proxies   Proxies
	Addresses *Limiter[netip.Addr] // all requests from one address
	Keys      *Limiter[string]     // requests with one credential, by its id
	WrongKeys *Limiter[netip.Addr] // requests from one address with a key that is not valid
	Forms     *Limiter[netip.Addr] // forms of the pages from one address
}

type clientKey struct{}

// WithClient remembers the address of a client that was admitted, for what is
// done for it within this process.
func WithClient(ctx context.Context, client netip.Addr) context.Context {
	return context.WithValue(ctx, clientKey{}, client)
}

// Admit finds out where a request comes from and takes a token of that address,
// unless the request is part of one that was admitted. wait is 0, or how long
// the client has to wait.
func (l *Limits) Admit(r *http.Request) (client netip.Addr, wait time.Duration) {
	if l == nil {
		return netip.Addr{}, 0
	}
	if client, ok := r.Context().Value(clientKey{}).(netip.Addr); ok {
		return client, 0
	}
	client = l.Proxies.Client(r)
	return client, l.Addresses.Take(client)
}
