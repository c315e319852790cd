package braintree

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
)

const (
	// listWindow is the time that one search of a list covers: a search names at
	// most listLimit transactions.
	listWindow = time.Hour
	listLimit  = 20000
	// listPage is how many transactions the gateway shows at a time.
	listPage = 50
)

// List implements payment.Lister. It goes through the time an hour at a time,
// the sales of an hour in the order of their ids; a cursor says where it is, as
// "1767225600/id". Sales that were declined are listed too, refunds are not:
// they are in Refunded.
func (p *Provider) List(ctx context.Context, from, to time.Time, cursor string) ([]payment.Listed, string, error) {
	start, after, err := readCursor(cursor, from)
	if err != nil {
		return nil, "", err
	}
	for start.Before(to) {
		end := start.Add(listWindow)
		if end.After(to) {
			end = to
		}
		ids, err := p.idsBetween(ctx, start, end)
		if err != nil {
			return nil, "", err
		}
		i, found := slices.BinarySearch(ids, after)
		if found {
			i++
		}
		if rest := ids[i:]; len(rest) > 0 {
			page := rest[:min(listPage, len(rest))]
			next := writeCursor(start, page[len(page)-1])
			if len(page) == len(rest) {
				next = writeCursor(end, "")
				if !end.Before(to) {
					next = ""
				}
			}
			listed, err := p.listed(ctx, page, start, end)
			return listed, next, err
		}
		start, after = end, ""
	}
	return nil, "", nil
}

func writeCursor(start time.Time, after string) string {
	return strconv.FormatInt(start.Unix(), 10) + "/" + after
}

func readCursor(cursor string, from time.Time) (start time.Time, after string, err error) {
	if cursor == "" {
		return from.Truncate(time.Second), "", nil
	}
	seconds, after, ok := strings.Cut(cursor, "/")
	n, err := strconv.ParseInt(seconds, 10, 64)
	if !ok || err != nil || (after != "" && !identifier.MatchString(after)) {
		return time.Time{}, "", errors.New("braintree payments: the cursor is none that List gave")
	}
	return time.Unix(n, 0), after, nil
}

// idsBetween names the sales of a window, sorted.
func (p *Provider) idsBetween(ctx context.Context, start, end time.Time) ([]string, error) {
	ids, r, err := p.searchIDs(ctx, map[string]any{
		"created_at": map[string]string{"min": start.UTC().Format(time.RFC3339), "max": end.UTC().Format(time.RFC3339)},
		"type":       []string{typeSale},
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("braintree payments: list: %w", err)
	case r.Class == payment.ClassUnknown:
		return nil, fmt.Errorf("braintree payments: list: %s", r.DeclineCode)
	case len(ids) >= listLimit:
		return nil, fmt.Errorf("braintree payments: list: more than %d sales within %s, of which a search names no more", listLimit, listWindow)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// listed reads sales, leaving out those that were not made in [start, end): a
// search includes the second at its end.
func (p *Provider) listed(ctx context.Context, ids []string, start, end time.Time) ([]payment.Listed, error) {
	sales, err := p.byIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	page := []payment.Listed{}
	for _, t := range sales {
		at := t.created()
		if t.Type != typeSale || (!at.IsZero() && (at.Before(start) || !at.Before(end))) {
			continue
		}
		refunded, err := p.refunded(ctx, t)
		if err != nil {
			return nil, err
		}
		page = append(page, payment.Listed{PSPRef: t.ID, Reference: t.OrderID, Result: p.sale(t), Refunded: refunded, At: at})
	}
	return page, nil
}

// refunded adds up what was given back of a sale.
func (p *Provider) refunded(ctx context.Context, sale transaction) (sum int64, err error) {
	if len(sale.RefundIDs) > maxRefunds {
		return 0, fmt.Errorf("braintree payments: list: %s has more than %d refunds", sale.ID, maxRefunds)
	}
	for ids := range slices.Chunk(sale.RefundIDs, listPage) {
		refunds, err := p.byIDs(ctx, ids)
		if err != nil {
			return 0, err
		}
		for _, t := range refunds {
			if r := p.refund(payment.Op{PSPRef: sale.ID}, t); r.Class == payment.ClassRefunded {
				if sum, err = money.Add(sum, r.Amount); err != nil {
					return 0, fmt.Errorf("braintree payments: list: %w", err)
				}
			}
		}
	}
	return sum, nil
}

// byIDs reads transactions, at most listPage at a time, and wants all of them.
func (p *Provider) byIDs(ctx context.Context, ids []string) ([]transaction, error) {
	reply, r, err := p.ask(ctx, http.MethodPost, &search{map[string]any{"ids": ids}}, "transactions", "advanced_search")
	switch {
	case err != nil:
		return nil, fmt.Errorf("braintree payments: list: %w", err)
	case r.Class == payment.ClassUnknown:
		return nil, fmt.Errorf("braintree payments: list: %s", r.DeclineCode)
	}
	var page searchPage
	if err := decode(reply.Body, rootPage, &page); err != nil {
		return nil, fmt.Errorf("braintree payments: list: %w", err)
	}
	if len(page.Transactions) != len(ids) {
		return nil, fmt.Errorf("braintree payments: list: asked for %d transactions, got %d", len(ids), len(page.Transactions))
	}
	return page.Transactions, nil
}
