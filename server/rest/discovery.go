package rest

import (
	"encoding/json"
	"net/http"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/text"
)

// discoveryDocument is /.well-known/acp.json: what is switched on here, for
// everybody, with nothing in it about a merchant.
type discoveryDocument struct {
	Protocol struct {
		Name              string        `json:"name"`
		Version           acp.Version   `json:"version"`
		SupportedVersions []acp.Version `json:"supported_versions"`
		DocumentationURL  string        `json:"documentation_url,omitempty"`
	} `json:"protocol"`
	APIBaseURL   string   `json:"api_base_url"`
	Transports   []string `json:"transports"`
	Capabilities struct {
		Services            []string             `json:"services"`
		Extensions          []discoveryExtension `json:"extensions,omitempty"`
		InterventionTypes   []string             `json:"intervention_types,omitempty"`
		SupportedCurrencies []string             `json:"supported_currencies,omitempty"`
		SupportedLocales    []string             `json:"supported_locales,omitempty"`
	} `json:"capabilities"`
}

// discoveryExtension is an extension that some session here may have.
type discoveryExtension struct {
	Name   string `json:"name"`
	Spec   string `json:"spec,omitempty"`
	Schema string `json:"schema,omitempty"`
}

// discovery serves the document, which never changes while the server runs.
func (s *Surface) discovery() http.Handler {
	var d discoveryDocument
	d.Protocol.Name = "acp"
	d.Protocol.SupportedVersions = wire.Supported()
	d.Protocol.Version = wire.Newest().Version()
	d.Protocol.DocumentationURL = s.DocumentationURL
	d.APIBaseURL = s.BaseURL
	d.Transports = []string{"rest", "mcp"}
	d.Capabilities.Services = []string{"checkout"}
	if s.Orders {
		d.Capabilities.Services = append(d.Capabilities.Services, "orders")
	}
	if s.Carts {
		d.Capabilities.Services = append(d.Capabilities.Services, "carts")
	}
	for _, e := range s.Extensions {
		d.Capabilities.Extensions = append(d.Capabilities.Extensions, discoveryExtension{e.Name, e.Spec, e.Schema})
	}
	d.Capabilities.InterventionTypes = s.InterventionTypes
	d.Capabilities.SupportedCurrencies = s.Currencies
	d.Capabilities.SupportedLocales = text.Languages
	body, err := json.Marshal(d)
	if err != nil {
		panic(err) // strings and lists of strings always marshal
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(body) // whoever hung up gets nothing
	})
}
