package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// List implements payment.Lister: the charges made in [from, to), the newest
// first. err wraps ErrNotSent when the PSP could not be reached; any other
// error says how it refused, and the same cursor may be asked for again.
func (p *Provider) List(ctx context.Context, from, to time.Time, cursor string) ([]payment.Listed, string, error) {
	query := url.Values{"merchant_id": {p.merchant}, "from": {from.UTC().Format(time.RFC3339Nano)}, "to": {to.UTC().Format(time.RFC3339Nano)}}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	r, err := p.exchange(ctx, http.MethodGet, "/v1/charges", query, nil, "")
	if err != nil {
		return nil, "", fmt.Errorf("sandbox payments: list: %w", err)
	}
	if r.status != http.StatusOK {
		return nil, "", fmt.Errorf("sandbox payments: list: HTTP %d (request %s)", r.status, r.requestID)
	}
	var page struct {
		Charges []charge `json:"charges"`
		Next    *string  `json:"next"`
	}
	if err := json.Unmarshal(r.body, &page); err != nil || page.Charges == nil || page.Next == nil || (*page.Next != "" && *page.Next == cursor) {
		return nil, "", fmt.Errorf("sandbox payments: list: the answer is not a list (request %s)", r.requestID)
	}
	listed := make([]payment.Listed, 0, len(page.Charges))
	for _, c := range page.Charges {
		listed = append(listed, payment.Listed{PSPRef: c.ID, Reference: c.Reference, Result: c.answer(r), Refunded: c.Refunded, At: c.Created})
	}
	return listed, *page.Next, nil
}
