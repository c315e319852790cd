package braintree

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
	"github.com/go-json-experiment/json"
)

// maxSales is how many transactions of one attempt are looked at. There is one,
// or without request keys a few refused ones beside it.
const maxSales = 10

// resendFor is for how long an attempt may be sent again to learn its outcome.
// Braintree keeps request keys for 30 days, but the repeat may be the first to
// arrive, and a buyer who left should not be charged out of the blue.
const resendFor = 2 * time.Minute

// ResendToLearn implements payment.Resendable: with request keys, the same
// bytes under the same key are answered at once and exactly, while a search
// lags behind. Without keys a repeat tells nothing.
func (p *Provider) ResendToLearn() time.Duration {
	if !p.keyed {
		return 0
	}
	return resendFor
}

// Reconcile implements payment.Provider. It searches for the attempt's id,
// which every sale carries as its order id.
//
// A search may miss a sale of the last minute or so. Nothing found is therefore
// ClassUnknown at first, and whoever asked may learn more by sending the same
// bytes again, see ResendToLearn. Only when that time is over, and every
// request since must have been answered and be found by a search, is it
// ClassNotFound, the definite no.
//
// A hold that expired, or was voided in the Control Panel, is ClassVoided of an
// attempt that is Authorized, and ClassProcessorError of one whose hold nobody
// knew. No webhook tells of either.
func (p *Provider) Reconcile(ctx context.Context, a payment.Attempt) (payment.Result, error) {
	sales, asked, err := p.byOrder(ctx, a.ID)
	if err != nil || asked.Class == payment.ClassUnknown {
		return asked, err
	}
	settled := !a.CreatedAt.IsZero() && p.now().Sub(a.CreatedAt) > resendFor+p.inFlight+p.lag
	if len(sales) > 0 {
		r := p.pick(sales, asked)
		if r.Class == payment.ClassUnknown && settled && onlyDuplicates(sales) {
			r.Class = payment.ClassProcessorError // of another payment than ours
		}
		return ended(a, sales, r), nil
	}
	asked.Class = payment.ClassNotFound
	if !settled {
		asked.Class, asked.DeclineCode = payment.ClassUnknown, searchNotSettled
	}
	return asked, nil
}

// ended is the result of asking about an attempt that was held: one that is not
// any more was given back. Of one that was captured in part the gateway shows
// the part alone; what was held is the attempt's.
func ended(a payment.Attempt, sales []transaction, r payment.Result) payment.Result {
	if a.State != payment.Authorized {
		return r
	}
	for _, t := range sales {
		if t.ID == r.PSPRef && (t.Status == "voided" || t.Status == "authorization_expired") {
			r.Class, r.DeclineCode = payment.ClassVoided, clean(t.Status)
		}
	}
	if r.Class == payment.ClassCaptured && r.Currency == a.Currency && r.Captured < a.Amount {
		r.Amount = a.Amount
	}
	return r
}

// onlyDuplicates reports whether all that was found are refusals of the
// account's duplicate checking.
func onlyDuplicates(sales []transaction) bool {
	for _, t := range sales {
		if t.Rejection != "duplicate" {
			return false
		}
	}
	return true
}

// pick gives the result of an attempt's sales. Without request keys a refused
// one may stand beside the one that counts. Two that count are for a person to
// look at.
func (p *Provider) pick(sales []transaction, asked payment.Result) payment.Result {
	var best payment.Result
	paid := 0
	for _, t := range sales {
		r := p.sale(t)
		switch {
		case r.Class.State().Paid():
			best = r
			paid++
		case paid > 0:
		case best.Class == "" || r.Class == payment.ClassUnknown:
			best = r
		}
	}
	if paid > 1 {
		best = payment.Result{Class: payment.ClassUnknown, DeclineCode: severalSales}
	}
	best.RequestID = asked.RequestID
	return best
}

// search is the body of a search: fields with their criteria.
type search struct {
	Search map[string]any `json:"search"`
}

// byOrder finds the sales with an order id. The Result is of ClassUnknown when
// there is no usable answer, and of no class otherwise. A refusal of our keys
// is no answer either: it says nothing about the attempt. err is ErrNotSent,
// with a Result of ClassUnknown, when the gateway cannot be reached at all.
func (p *Provider) byOrder(ctx context.Context, order string) ([]transaction, payment.Result, error) {
	ids, r, err := p.searchIDs(ctx, map[string]any{"order_id": map[string]string{"is": order}})
	if err != nil || r.Class == payment.ClassUnknown {
		return nil, r, err
	}
	if len(ids) > maxSales {
		return nil, payment.Result{Class: payment.ClassUnknown, RequestID: r.RequestID, DeclineCode: severalSales}, nil
	}
	var sales []transaction
	for _, id := range ids {
		t, answer, err := p.find(ctx, id)
		switch {
		case err != nil || t == nil:
			return nil, answer, err
		case t.OrderID != order:
			return nil, payment.Result{Class: payment.ClassUnknown, RequestID: answer.RequestID, DeclineCode: unexpectedAnswer}, nil
		case t.Type == typeSale:
			sales = append(sales, *t)
		}
		r = answer
	}
	return sales, r, nil
}

// searchIDs lists the ids of the transactions that meet all criteria.
func (p *Provider) searchIDs(ctx context.Context, criteria map[string]any) ([]string, payment.Result, error) {
	reply, r, err := p.ask(ctx, http.MethodPost, &search{criteria}, "transactions", "advanced_search_ids")
	if err != nil || r.Class == payment.ClassUnknown {
		return nil, r, err
	}
	var found searchIDs
	if err := decode(reply.Body, rootIDs, &found); err != nil || found.IDs == nil {
		return nil, unknown(reply, unexpectedAnswer), nil
	}
	return found.IDs.Items, r, nil
}

// find reads one transaction. It is nil when there is no usable answer; the
// Result is of ClassUnknown then. That holds for a 404 too, as an id that
// Braintree gave us is not unknown to it.
func (p *Provider) find(ctx context.Context, id string) (*transaction, payment.Result, error) {
	if !identifier.MatchString(id) {
		return nil, payment.Result{Class: payment.ClassUnknown, DeclineCode: unexpectedAnswer}, nil
	}
	reply, r, err := p.ask(ctx, http.MethodGet, nil, "transactions", id)
	if err != nil || r.Class == payment.ClassUnknown {
		return nil, r, err
	}
	var t transaction
	if err := decode(reply.Body, rootTransaction, &t); err != nil || t.ID != id {
		return nil, unknown(reply, unexpectedAnswer), nil
	}
	return &t, r, nil
}

// ask sends a question that changes nothing. The Result is of ClassUnknown
// unless the answer is a 200, and of no class then.
func (p *Provider) ask(ctx context.Context, method string, question *search, path ...string) (exchange.Reply, payment.Result, error) {
	var body []byte
	if question != nil {
		var err error
		if body, err = json.Marshal(question, json.Deterministic(true)); err != nil {
			return exchange.Reply{}, payment.Result{Class: payment.ClassUnknown}, err
		}
	}
	reply, err := p.do(ctx, method, body, path...)
	switch {
	case errors.Is(err, payment.ErrNotSent):
		return reply, payment.Result{Class: payment.ClassUnknown}, err
	case err != nil:
		return reply, unknown(reply, noAnswer), nil
	case reply.Status != http.StatusOK:
		return reply, unknown(reply, httpReason(reply.Status)), nil
	}
	return reply, payment.Result{RequestID: requestID(reply)}, nil
}
