package stripe

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/payment"
)

const (
	// resendWindow is for how long the core learns an outcome by sending the same
	// bytes under the same key again. Stripe keeps its answers for a day, but a
	// request that never arrived would charge a buyer who has gone by then.
	resendWindow = 2 * time.Minute
	// settled is after how long no request of an attempt can be on its way any
	// more. "Not found" is a definite no from then on, and is not said before.
	settled = 15 * time.Minute
	// clockSkew is how far Stripe's clock and ours may be apart.
	clockSkew = time.Minute

	// maxPages bounds the pages of a list that are read to find one payment, of
	// pageSize each. A shop with more payments in a quarter of an hour is
	// searched instead.
	maxPages = 20
	pageSize = 100
)

// Reconcile implements payment.Provider. Stripe's list of payments is strongly
// consistent; it is read from the time of the attempt on until the payment
// with the attempt's id in its metadata turns up.
//
// Without a payment it is ClassNotFound only when none can come any more, see
// settled. Before that the answer is ClassUnknown, and a repeat under the same
// key, which is the same request to Stripe, tells more: see ResendToLearn.
// A hold that has ended, or was canceled at Stripe, is ClassVoided of an attempt
// that is Authorized, and ClassProcessorError of one whose hold nobody knew.
//
// Whatever goes wrong on the way is ClassUnknown; err is ErrNotSent, with a
// Result of ClassUnknown, when Stripe cannot be reached at all.
func (p *Provider) Reconcile(ctx context.Context, a payment.Attempt) (payment.Result, error) {
	in, found, result, err := p.lookUp(ctx, a)
	if err != nil {
		return result, err
	}
	if !found {
		if result.Class == payment.ClassNotFound {
			result = p.notFound(a.CreatedAt, result)
		}
		return result, nil
	}
	if in.Status == "requires_confirmation" && p.age(a.CreatedAt) >= settled {
		return p.giveUp(ctx, in, ""), nil
	}
	return ended(a, in, p.finish(ctx, in, result)), nil
}

// ResendToLearn implements payment.Resendable.
func (p *Provider) ResendToLearn() time.Duration { return resendWindow }

// lookUp finds the payment of an attempt: by Stripe's id where it is known,
// else by ours.
func (p *Provider) lookUp(ctx context.Context, a payment.Attempt) (in intent, found bool, result payment.Result, err error) {
	if a.PSPRef == "" {
		return p.find(ctx, a.ID, a.CreatedAt.Add(-clockSkew), a.CreatedAt.Add(settled+clockSkew))
	}
	in, result, err = p.retrieve(ctx, a.PSPRef)
	switch {
	case err != nil || in.ID == "":
		return in, false, result, err
	case in.Metadata[metaAttempt] != a.ID:
		return in, false, payment.Result{Class: payment.ClassUnknown, RequestID: result.RequestID, DeclineCode: "payment_of_another_attempt"}, nil
	}
	return in, true, result, nil
}

func (p *Provider) age(created time.Time) time.Duration { return p.now().Sub(created) }

// notFound is what may be said of an attempt that Stripe has no trace of.
func (p *Provider) notFound(created time.Time, result payment.Result) payment.Result {
	if p.age(created) < settled {
		result.Class, result.DeclineCode = payment.ClassUnknown, "may_be_on_its_way"
	}
	return result
}

// retrieve asks for one payment. The intent is empty when there is no usable
// answer.
func (p *Provider) retrieve(ctx context.Context, id string) (intent, payment.Result, error) {
	var in intent
	r, result, ok, err := p.get(ctx, call{path: []string{"v1", "payment_intents", id}}, &in)
	if !ok {
		return intent{}, result, err
	}
	if in.ID != id {
		return intent{}, r.unexpected(), nil
	}
	return in, p.result(in, r.requestID), nil
}

// find looks for the payment with an attempt's id in its metadata among those
// made between two times. Without one result is of ClassNotFound, or
// ClassUnknown when it cannot be said.
func (p *Provider) find(ctx context.Context, attempt string, from, to time.Time) (in intent, found bool, result payment.Result, err error) {
	query := url.Values{"created[gte]": {unix(from)}, "created[lte]": {unix(to)}}
	whole, result, err := eachPage(ctx, p, []string{"v1", "payment_intents"}, query, maxPages, func(next intent) bool {
		if found = next.Metadata[metaAttempt] == attempt; found {
			in = next
		}
		return !found
	}, func(in intent) string { return in.ID })
	switch {
	case found:
		return in, true, p.result(in, result.RequestID), nil
	case err != nil || result.DeclineCode != "":
		return in, false, result, err
	case !whole:
		return p.search(ctx, attempt)
	}
	result.Class = payment.ClassNotFound
	return in, false, result, nil
}

// search asks Stripe's index, which lags behind: what it finds is there, what
// it does not find may be too.
func (p *Provider) search(ctx context.Context, attempt string) (in intent, found bool, result payment.Result, err error) {
	var page struct {
		Data []intent `json:"data"`
	}
	if strings.ContainsAny(attempt, `'"\`) { // no id of ours; it would be another query
		return in, false, payment.Result{Class: payment.ClassUnknown, DeclineCode: "reference_not_searchable"}, nil
	}
	query := url.Values{"query": {"metadata['" + metaAttempt + "']:'" + attempt + "'"}, "limit": {"2"}}
	_, result, ok, err := p.get(ctx, call{path: []string{"v1", "payment_intents", "search"}, query: query.Encode()}, &page)
	if !ok {
		return in, false, result, err
	}
	if len(page.Data) != 1 || page.Data[0].Metadata[metaAttempt] != attempt {
		result.DeclineCode = "too_many_payments_to_list"
		return in, false, result, nil
	}
	// The index may show an older state.
	in, result, err = p.retrieve(ctx, page.Data[0].ID)
	return in, in.ID != "", result, err
}

// eachPage reads a list of Stripe's, newest first, until visit says that it has
// seen enough. whole is false when there is more than pages hold. When a page
// cannot be read result has a DeclineCode, and err may be ErrNotSent.
func eachPage[T any](ctx context.Context, p *Provider, path []string, query url.Values, pages int, visit func(T) bool, id func(T) string) (whole bool, result payment.Result, err error) {
	query.Set("limit", strconv.Itoa(pageSize))
	for range pages {
		var page struct {
			Object string `json:"object"`
			Data   []T    `json:"data"`
			More   bool   `json:"has_more"`
		}
		r, result, ok, err := p.get(ctx, call{path: path, query: query.Encode()}, &page)
		switch {
		case !ok:
			return false, result, err
		case page.Object != "list" || page.Data == nil || (page.More && len(page.Data) == 0):
			return false, r.unexpected(), nil
		}
		for _, item := range page.Data {
			if !visit(item) {
				return true, result, nil
			}
		}
		if !page.More {
			return true, result, nil
		}
		query.Set("starting_after", id(page.Data[len(page.Data)-1]))
	}
	return false, result, nil
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
