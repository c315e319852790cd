package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/secret"
)

// ErrNotDemo is returned for a server that is not a Checkstand demo.
var ErrNotDemo = errors.New("not a Checkstand demo server")

// Demo is what a demo server tells about itself. Fields that it does not offer
// are empty.
type Demo struct {
	SandboxURL    string        // of its sandbox PSP
	SandboxKey    secret.String // the agent's key there
	WebhookLogURL string        // JSON list of the order events that were received
	MerchantID    string        // the shop's account at the sandbox
	LedgerKey     secret.String // the shop's key there
	APIKey        secret.String // the agent's key at the shop
}

// DemoInfo asks a demo server for what a test purchase needs (GET
// /demo/info). It asks loopback addresses alone: what it learns decides where
// a card number goes. It returns ErrNotDemo, a *TransportError or an *Error.
func DemoInfo(ctx context.Context, base string) (*Demo, error) {
	at, err := endpoint(base)
	if err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	if !loopback(at) {
		return nil, fmt.Errorf("%w: %s is not an address of this machine", ErrNotDemo, at.Host)
	}
	c, err := New(Config{BaseURL: base, Version: acp.V20260417})
	if err != nil {
		return nil, err
	}
	a, err := c.send(ctx, request{method: http.MethodGet, url: at.String() + "/demo/info"})
	if notFound(err) {
		return nil, ErrNotDemo
	}
	if err != nil {
		return nil, err
	}
	root, err := parse(a.body)
	if err != nil {
		return nil, ErrNotDemo
	}
	d := &Demo{SandboxURL: root.get("sandbox_url").text(), SandboxKey: secret.New(root.get("sandbox_key").text()),
		WebhookLogURL: root.get("webhook_log_url").text(), MerchantID: root.get("merchant_id").text(),
		LedgerKey: secret.New(root.get("ledger_key").text()), APIKey: secret.New(root.get("api_key").text())}
	return d, nil
}

func loopback(u *url.URL) bool {
	if u.Hostname() == "localhost" {
		return true
	}
	ip := net.ParseIP(u.Hostname())
	return ip != nil && ip.IsLoopback()
}

// DemoItem is an item that a demo server offers to agents without a feed.
type DemoItem struct {
	ID       string
	Title    string
	Price    int64 // minor units; 0 when the server does not say
	Currency string
}

// DemoItems lists what a demo server sells (GET /demo/items). It returns
// ErrNotDemo when there is no such list.
func (c *Client) DemoItems(ctx context.Context) ([]DemoItem, error) {
	a, err := c.send(ctx, request{method: http.MethodGet, url: c.base.Scheme + "://" + c.base.Host + "/demo/items"})
	if notFound(err) {
		return nil, ErrNotDemo
	}
	if err != nil {
		return nil, err
	}
	list, err := parseValue(a.body)
	if err != nil {
		return nil, ErrNotDemo
	}
	var items []DemoItem
	for _, n := range list.items() {
		item := DemoItem{ID: n.get("id").text(), Title: n.get("title").line(), Currency: n.get("currency").line()}
		item.Price, _ = n.get("price").integer()
		if item.ID != "" {
			items = append(items, item)
		}
	}
	return items, nil
}

func notFound(err error) bool {
	var refused *Error
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.HTTPStatus {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusUnauthorized:
		return true
	}
	return false
}
