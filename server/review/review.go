// Package review prepares a shop's ChatGPT app for the review of the store: it
// holds the configuration, the listing of the app and the catalogue against
// what the review asks, and makes the test cases that go with a submission out
// of what the shop really sells.
package review

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/mcp"
)

// Status is what became of one thing that the review asks for.
type Status string

const (
	Missing Status = "missing" // required and not there: the app would be refused
	Advised Status = "advised" // allowed, but worth a look
	Met     Status = "met"     // there
	Attest  Status = "attest"  // only a person can say, or do it
)

// Finding is one thing that the review asks for, and how it stands.
type Finding struct {
	ID     string `json:"id"` // never changes, for scripts
	Status Status `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Key    string `json:"key,omitempty"` // of the configuration
	Fix    string `json:"fix,omitempty"` // what to do
}

// Tool is a tool as the form of a submission asks about it.
type Tool struct {
	Name        string      `json:"name"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Hidden      bool        `json:"hidden_from_model"`
	ReadOnly    bool        `json:"read_only"`
	Destructive bool        `json:"destructive"`
	OpenWorld   bool        `json:"open_world"`
	Reasons     mcp.Reasons `json:"justifications"`
}

// Report is everything that a submission needs.
type Report struct {
	MerchantID string    `json:"merchant_id"`
	Name       string    `json:"name"`
	Endpoint   string    `json:"endpoint"`
	Mode       string    `json:"mode"`
	Ready      bool      `json:"ready"` // no Finding is Missing
	Findings   []Finding `json:"findings"`
	Tools      []Tool    `json:"tools"`
	Cases      []Case    `json:"test_cases"`
	Negative   []Case    `json:"negative_test_cases"`
}

// Catalogue is what the shop sells.
type Catalogue interface {
	// ListItems returns up to limit items in the order of their ids, from the
	// one that follows after.
	ListItems(ctx context.Context, merchantID, after string, limit int) ([]catalog.Item, error)
	mcp.Catalogue
}

// Input is what a check looks at.
type Input struct {
	Config    *config.Config
	Shop      int // which of Config.Merchants
	Listing   mcp.Listing
	Catalogue Catalogue
	Now       time.Time
	// Probe, when set, also asks the public address.
	Probe *Prober
}

func (in *Input) shop() *config.MerchantConfig { return &in.Config.Merchants[in.Shop] }

// Check makes the report. The error is one of the catalogue: what a probe
// cannot reach is a finding.
func Check(ctx context.Context, in Input) (*Report, error) {
	shop := in.shop()
	goods, err := survey(ctx, in.Catalogue, shop, in.Listing)
	if err != nil {
		return nil, fmt.Errorf("read the catalogue of %s: %w", shop.ID, err)
	}
	r := &Report{MerchantID: shop.ID, Name: shop.Name, Endpoint: in.Listing.Endpoint, Mode: shop.App.Mode, Tools: toolsOf(in.Listing)}
	if r.Cases, err = positive(ctx, &in, goods); err != nil {
		return nil, err
	}
	r.Negative = negative(&in, goods)
	c := &checker{Input: &in, at: fmt.Sprintf("merchants[%d]", in.Shop)}
	c.address()
	c.app()
	c.pages()
	c.payment()
	c.signIn()
	c.tools()
	c.goods(goods)
	c.cases(r, goods)
	if in.Probe != nil {
		c.findings = append(c.findings, in.Probe.probe(ctx, &in)...)
	}
	c.people()
	r.Findings = c.findings
	r.Ready = !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Status == Missing })
	return r, nil
}

// Of returns the findings of one status, in their order.
func (r *Report) Of(s Status) []Finding {
	var list []Finding
	for _, f := range r.Findings {
		if f.Status == s {
			list = append(list, f)
		}
	}
	return list
}

// checker collects findings about one shop.
type checker struct {
	*Input
	at       string // the shop's path in the configuration
	findings []Finding
}

func (c *checker) met(id, title, detail string) {
	c.findings = append(c.findings, Finding{ID: id, Status: Met, Title: title, Detail: detail})
}

// missing and advised name the key of the shop that is to be changed, or "".
func (c *checker) missing(id, title, detail, key, fix string) {
	c.findings = append(c.findings, Finding{ID: id, Status: Missing, Title: title, Detail: detail, Key: c.key(key), Fix: fix})
}

func (c *checker) advised(id, title, detail, key, fix string) {
	c.findings = append(c.findings, Finding{ID: id, Status: Advised, Title: title, Detail: detail, Key: c.key(key), Fix: fix})
}

func (c *checker) attest(id, title, detail string) {
	c.findings = append(c.findings, Finding{ID: id, Status: Attest, Title: title, Detail: detail})
}

// key is the path of a key; those of the server begin with "/".
func (c *checker) key(key string) string {
	switch {
	case key == "":
		return ""
	case key[0] == '/':
		return key[1:]
	}
	return c.at + "." + key
}

func toolsOf(l mcp.Listing) []Tool {
	var tools []Tool
	for _, t := range l.Tools {
		one := Tool{Name: t.Name, Title: t.Title, Description: t.Description, Hidden: t.Hidden, Reasons: t.Reasons}
		if h := t.Annotations; h != nil {
			one.ReadOnly = h.ReadOnlyHint
			one.Destructive = h.DestructiveHint == nil || *h.DestructiveHint
			one.OpenWorld = h.OpenWorldHint == nil || *h.OpenWorldHint
		}
		tools = append(tools, one)
	}
	return tools
}
