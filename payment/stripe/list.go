package stripe

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// List implements payment.Lister: the payments made in [from, to), newest
// first, a hundred a page. Stripe counts in seconds; a part of one at the end
// counts as all of it. Reference is empty of payments that are none of ours. err wraps ErrNotSent when Stripe could not be reached; any other error
// says how Stripe refused, and the same cursor may be asked for again.
func (p *Provider) List(ctx context.Context, from, to time.Time, cursor string) ([]payment.Listed, string, error) {
	query := url.Values{
		"created[gte]": {unix(from)},
		"created[lt]":  {unix(to.Add(time.Second - 1))},
		"limit":        {strconv.Itoa(pageSize)},
		"expand[]":     {"data.latest_charge"},
	}
	if cursor != "" {
		query.Set("starting_after", cursor)
	}
	r, err := p.do(ctx, call{method: http.MethodGet, path: []string{"v1", "payment_intents"}, query: query.Encode()})
	if err != nil {
		return nil, "", fmt.Errorf("stripe payments: list: %w", err)
	}
	if r.status != http.StatusOK {
		return nil, "", fmt.Errorf("stripe payments: list: HTTP %d %s (request %s)", r.status, r.failure().reason(), r.requestID)
	}
	var page struct {
		Object string   `json:"object"`
		Data   []intent `json:"data"`
		More   bool     `json:"has_more"`
	}
	if json.Unmarshal(r.body, &page) != nil || page.Object != "list" || (page.More && len(page.Data) == 0) {
		return nil, "", fmt.Errorf("stripe payments: list: the answer is not a list (request %s)", r.requestID)
	}
	listed := make([]payment.Listed, 0, len(page.Data))
	for _, in := range page.Data {
		item := payment.Listed{PSPRef: in.ID, Reference: in.Metadata[metaAttempt], Result: p.result(in, r.requestID), At: time.Unix(in.Created, 0).UTC()}
		if charge := in.LatestCharge.Object; charge != nil {
			if item.Refunded, err = fromStripe(charge.givenBack(), in.Currency); err != nil {
				item.Result = payment.Result{Class: payment.ClassUnknown, PSPRef: in.ID, RequestID: r.requestID, DeclineCode: "amount_not_exact"}
			}
		}
		listed = append(listed, item)
	}
	next := ""
	if page.More {
		next = page.Data[len(page.Data)-1].ID
	}
	return listed, next, nil
}

// givenBack is what was refunded of the money that was taken. Stripe counts
// what it releases of a hold among what is refunded: all of a hold that is
// canceled, and the rest of one that is captured in part.
func (c charge) givenBack() int64 {
	return max(c.Refunded-(c.Amount-c.AmountCaptured), 0)
}
