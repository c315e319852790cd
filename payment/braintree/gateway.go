package braintree

import (
	"context"
	"net/http"

	"github.com/checkstand/checkstand/payment/exchange"
)

// do makes one exchange with the gateway below /merchants/{id}; err is as
// exchange.Client.Do says.
func (p *Provider) do(ctx context.Context, method string, body []byte, path ...string) (exchange.Reply, error) {
	header := http.Header{
		"Authorization": {p.basic.Reveal()},
		"X-Apiversion":  {p.version},
		"Accept":        {"application/xml"},
		"User-Agent":    {"Checkstand"},
	}
	if body != nil {
		header.Set("Content-Type", "application/json")
	}
	return p.client.Do(ctx, method, p.base.JoinPath(path...), header, body)
}

// requestID is the gateway's id of an exchange. It is not documented, and
// empty when there is none; the id of the transaction is what Braintree's
// support asks for.
func requestID(r exchange.Reply) string { return r.Header.Get("X-Request-Id") }
