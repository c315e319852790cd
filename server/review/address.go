package review

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// tunnels are the names of services that lend a public name to a machine
// behind a router. The review refuses them: they come and go.
var tunnels = []string{"ngrok.io", "ngrok.app", "ngrok.dev", "ngrok-free.app", "ngrok-free.dev", "trycloudflare.com", "loca.lt",
	"localtunnel.me", "serveo.net", "localhost.run", "lhr.life", "lhr.rocks", "devtunnels.ms", "ts.net", "pagekite.me", "bore.pub",
	"zrok.io", "pinggy.link", "pinggy.io", "telebit.io", "tunnelmole.net", "expose.sh", "sharedwithexpose.com", "playit.gg"}

// private are top-level names that no public name ends with (RFC 2606, RFC
// 6761, RFC 6762, RFC 8375 and custom).
var private = []string{"localhost", "local", "test", "invalid", "internal", "intranet", "lan", "home", "corp", "home.arpa", "onion"}

// notPublic says why a URL cannot be reached by everybody over https; "" when
// nothing speaks against it.
func notPublic(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "is not a URL"
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.IsLoopback() || ip.IsUnspecified() {
			return "is this machine alone"
		}
		if ip.IsPrivate() || ip.IsLinkLocalUnicast() {
			return "is an address of a private network"
		}
		return "is an IP address, and not a name"
	}
	under := func(list []string) bool {
		return slices.ContainsFunc(list, func(name string) bool { return host == name || strings.HasSuffix(host, "."+name) })
	}
	switch {
	case host == "localhost" || strings.HasSuffix(host, ".localhost"):
		return "is this machine alone"
	case under(private) || !strings.Contains(host, "."):
		return "is a name of a private network"
	case under(tunnels):
		return "is a tunnel, which the review refuses"
	case u.Scheme != "https":
		return "is not https"
	}
	return ""
}

// address checks what the form asks about the server.
func (c *checker) address() {
	const title = "Public https address"
	base := c.Config.PublicURL
	switch problem := notPublic(base); {
	case base == "":
		c.missing("public_url", title, "No public address is set.", "/public_url", "Write the origin that the server is reached at by everybody, such as https://shop.example.com, and put a certificate in front of it.")
	case problem != "":
		c.missing("public_url", title, base+" "+problem+".", "/public_url", "Deploy the server under a name of your own with https, and write its origin.")
	default:
		c.met("public_url", title, base)
	}
	shop := c.shop()
	if !shop.App.Enabled {
		c.missing("app", "The app is on", "app.enabled is off, so nothing is served at "+c.Listing.Endpoint+".", "app.enabled", "Write true and restart the server.")
	} else {
		c.met("app", "The app is on", "hosts are given "+c.Listing.Endpoint)
	}
	if shop.App.Challenge == "" {
		c.missing("challenge", "Domain verification", "No token is set, so nothing is served at /.well-known/openai-apps-challenge.", "app.challenge", "Copy the token that the form gives, and restart the server.")
	} else if first := c.challenged(); first != c.Shop {
		c.missing("challenge", "Domain verification", "The server answers with the token of shop "+c.Config.Merchants[first].ID+": there is one for the whole address.", "app.challenge", "Serve this shop's app under a name and a server of its own.")
	} else {
		c.met("challenge", "Domain verification", "a token is served at /.well-known/openai-apps-challenge")
	}
}

// challenged is the shop whose token the server answers with.
func (c *checker) challenged() int {
	for i := range c.Config.Merchants {
		if a := &c.Config.Merchants[i].App; a.Enabled && a.Challenge != "" {
			return i
		}
	}
	return c.Shop
}
