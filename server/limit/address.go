package limit

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// maxHops is how many entries of X-Forwarded-For are looked at, from the last.
const maxHops = 32

// Proxies are the addresses whose word about a client's address is taken, in
// X-Forwarded-For. This machine's own are always among them: nobody else can
// connect from there.
type Proxies []netip.Prefix

// ParseProxies reads addresses and prefixes, such as 10.0.0.0/8. The error
// names the one that is neither.
func ParseProxies(list []string) (Proxies, error) {
	out := make(Proxies, 0, len(list))
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a, bad := netip.ParseAddr(text)
			if bad != nil {
				return nil, fmt.Errorf("%q is neither an address nor a prefix", text)
			}
			p = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func (p Proxies) trust(a netip.Addr) bool {
	if a.IsLoopback() {
		return true
	}
	for _, prefix := range p {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

// Client is the address that a request comes from, as far as it can be known:
// that of the connection, or what the trusted proxies say, each of the one
// before it. Of an IPv6 address only the network is returned, as whoever has
// one has all of it. The zero Addr is of those that cannot be told apart.
func (p Proxies) Client(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	client := at.Addr().Unmap()
	if !p.trust(client) {
		return network(client)
	}
	said := r.Header["X-Forwarded-For"]
	hops := 0
	for i := len(said) - 1; i >= 0; i-- {
		for rest := said[i]; rest != ""; {
			var last string
			if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
				rest, last = rest[:comma], rest[comma+1:]
			} else {
				rest, last = "", rest
			}
			before, ok := parseHop(strings.TrimSpace(last))
			if hops++; !ok || hops > maxHops {
				return network(client)
			}
			if client = before; !p.trust(client) {
				return network(client)
			}
		}
	}
	return network(client)
}

// parseHop reads an address, with a port or without.
func parseHop(text string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(text); err == nil {
		return a.Unmap(), true
	}
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap(), true
	}
	return netip.Addr{}, false
}

// network is an IPv4 address, or the /64 of an IPv6 one.
func network(a netip.Addr) netip.Addr {
	if a.Is4() {
		return a
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return netip.Addr{}
	}
	return p.Addr()
}
