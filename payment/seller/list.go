package seller

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
)

// pageSize is how many charges one page of List has.
const pageSize = 100

// List implements payment.Lister: the charges made in [from, to), to the
// second, in the order in which they were asked for.
func (p *Provider) List(ctx context.Context, from, to time.Time, cursor string) (page []payment.Listed, next string, err error) {
	if tail, ok := strings.CutPrefix(cursor, id.Attempt+"_"); cursor != "" && (!ok || strings.Trim(tail, "0123456789abcdefghijklmnopqrstuvwxyz_") != "") {
		return nil, "", errors.New("balances: the cursor is of no list")
	}
	from = from.Truncate(time.Second)
	if whole := to.Truncate(time.Second); whole.Before(to) {
		to = whole.Add(time.Second)
	}
	charges, err := p.ledger.Balances(ctx).Charges(p.merchant, p.live, from, to, cursor, pageSize)
	if err != nil {
		return nil, "", err
	}
	for i := range charges {
		q := &charges[i]
		r := charged(q)
		if q.State == balance.Released {
			r.Class = payment.ClassVoided
		}
		page = append(page, payment.Listed{PSPRef: r.PSPRef, Reference: q.Reference, Result: r, Refunded: q.Refunded,
			At: q.CreatedAt.Truncate(time.Second)})
	}
	if len(charges) == pageSize {
		next = charges[pageSize-1].Reference
	}
	return page, next, nil
}
