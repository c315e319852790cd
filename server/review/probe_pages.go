package review

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// readPages reads the pages that the form asks for, and the logo.
func (p *probing) readPages(ctx context.Context) {
	pages := p.shopPages()
	pages = append(pages, page{id: "logo", title: "Logo", key: "logo", url: p.shop().Logo})
	for _, page := range pages {
		if page.url == "" {
			continue
		}
		id, title := "probe_"+page.id, page.title+" can be read"
		a, err := p.ask(ctx, http.MethodGet, page.url, nil, true)
		wrong := ""
		switch {
		case err != nil:
			wrong = fmt.Sprintf("%s: %v.", page.url, err)
		case a.status != http.StatusOK:
			wrong = fmt.Sprintf("%s answers %d and not 200.", page.url, a.status)
		case page.id == "logo" && !strings.HasPrefix(a.kind(), "image/"):
			wrong = fmt.Sprintf("%s answers %s and not a picture.", page.url, a.kind())
		case len(a.body) == 0:
			wrong = page.url + " answers an empty page."
		default:
			p.met(id, title, page.url)
			continue
		}
		p.missing(id, title, wrong, page.key, "Publish it there, for everybody and without a login, or write another URL.")
	}
}

// identity reads what ChatGPT reads before it lets a buyer sign in.
func (p *probing) identity(ctx context.Context) {
	const id, title = "probe_oauth", "Metadata of the sign-in"
	endpoint, err := url.Parse(p.Listing.Endpoint)
	if err != nil {
		p.missing(id, title, p.Listing.Endpoint+" is not a URL.", "", deploy)
		return
	}
	issuer := p.shop().App.OAuth.Issuer
	address := p.base() + "/.well-known/oauth-protected-resource" + endpoint.EscapedPath()
	var resource struct {
		Resource string   `json:"resource"`
		Servers  []string `json:"authorization_servers"`
	}
	switch problem := p.document(ctx, address, &resource); {
	case problem != "":
		p.missing(id, title, problem, "", deploy)
	case resource.Resource != p.Listing.Endpoint:
		p.missing(id, title, fmt.Sprintf("%s is about %q and not about %s.", address, resource.Resource, p.Listing.Endpoint), "", deploy)
	case !slices.Contains(resource.Servers, issuer):
		p.missing(id, title, fmt.Sprintf("%s does not name %s.", address, issuer), "app.oauth.issuer", deploy)
	default:
		p.met(id, title, address)
	}
	p.issuer(ctx, issuer)
}

// issuer reads the metadata of the identity provider at the addresses that
// RFC 8414 and OpenID Connect have for it.
func (p *probing) issuer(ctx context.Context, issuer string) {
	const id, title = "probe_issuer", "Metadata of the identity provider"
	const fix = "Have the identity provider publish it; ChatGPT refuses one without S256."
	u, err := url.Parse(issuer)
	if err != nil {
		p.missing(id, title, issuer+" is not a URL.", "app.oauth.issuer", fix)
		return
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	origin := u.Scheme + "://" + u.Host
	var problems []string
	for _, address := range []string{origin + "/.well-known/oauth-authorization-server" + path, origin + "/.well-known/openid-configuration" + path,
		origin + path + "/.well-known/openid-configuration"} {
		var meta struct {
			Issuer  string   `json:"issuer"`
			Methods []string `json:"code_challenge_methods_supported"`
		}
		problem := p.document(ctx, address, &meta)
		switch {
		case problem != "":
			if !slices.Contains(problems, problem) {
				problems = append(problems, problem)
			}
			continue
		case meta.Issuer != issuer:
			p.missing(id, title, fmt.Sprintf("%s is of %q and not of %s.", address, meta.Issuer, issuer), "app.oauth.issuer", "Write the issuer exactly as the provider's metadata has it.")
		case !slices.Contains(meta.Methods, "S256"):
			p.missing(id, title, address+" does not list S256 in code_challenge_methods_supported.", "", fix)
		default:
			p.met(id, title, address)
		}
		return
	}
	p.missing(id, title, strings.Join(problems, " "), "app.oauth.issuer", fix)
}

// document reads a JSON document.
func (p *probing) document(ctx context.Context, address string, into any) (problem string) {
	a, err := p.ask(ctx, http.MethodGet, address, nil, false)
	switch {
	case err != nil:
		return fmt.Sprintf("%s: %v.", address, err)
	case a.status != http.StatusOK:
		return fmt.Sprintf("%s answers %d and not 200.", address, a.status)
	case json.Unmarshal(a.body, into) != nil:
		return fmt.Sprintf("%s answers no JSON: %s.", address, shown(a.body))
	}
	return ""
}
