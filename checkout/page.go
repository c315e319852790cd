package checkout

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/payment"
)

const (
	// pageLifetime is for how long a PSP's page can be paid. Stripe takes no
	// less than half an hour, reckoned by its own clock. The stock is held, and
	// the agent has to wait, for as long.
	pageLifetime = 32 * time.Minute
	// pageAsking is how often the PSP is asked about an open page when it does
	// not call.
	pageAsking = 2 * time.Minute
	// returnPatience is how long a buyer who comes back waits for the PSP's word.
	returnPatience = 5 * time.Second
)

// MaxPageResult bounds what a browser brings back from a PSP's page, in bytes.
const MaxPageResult = 8 << 10

// ErrNoPage is returned where the PSP has not opened its page; nothing was
// charged, and trying again is safe.
var ErrNoPage = errors.New("the payment provider has not opened its payment page")

// Opened is what came of opening a payment page.
type Opened struct {
	// Session as it stands. If it is complete_in_progress the buyer is to go to
	// URL; else it is completed (nothing had to be paid), or has messages that
	// say why it cannot be paid as it is.
	Session *Session
	URL     string
}

// OpenPage takes the session to a payment page of the PSP: it holds the stock,
// commits the sealed request for the page, and asks the PSP for it. The amount
// is fixed from then on. Opening again while the page is open gives the same
// page. The payment itself is learned from the PSP's webhook, or by asking the
// PSP, never from the buyer's browser. Errors: ErrNotVisitor, ErrNoPage, ErrBusy
// while another process asks for the page, and *acp.Error for a session that is
// over or being paid in another way.
func (s *Service) OpenPage(ctx context.Context, v Visit) (Opened, error) {
	var p *paging
	err := s.store.Update(ctx, func(tx Tx) error {
		sess, m, err := s.visited(ctx, tx, v)
		if err != nil {
			return err
		}
		pr := m.Payment(sess.Live).Hosted()
		if pr == nil {
			return acp.Refused(http.StatusConflict, acp.CodeUnsupported, "", "This shop takes no payments on a page.")
		}
		p = &paging{Service: s, merchant: m, provider: pr}
		return p.claim(tx, sess)
	})
	if err != nil {
		return Opened{}, err
	}
	if p.attempt == nil {
		return Opened{Session: p.session, URL: p.url}, nil
	}
	s.onStep(StepReserved)
	return p.open(context.WithoutCancel(ctx))
}

// paging is one opening of a payment page.
type paging struct {
	*Service
	merchant *Merchant
	provider payment.Hosted
	session  *Session
	url      string           // of the page that is open already
	attempt  *payment.Attempt // to be opened; nil when there is nothing to pay
}

// claim is the first transaction.
func (p *paging) claim(tx Tx, sess *Session) error {
	now := p.now()
	p.session = sess
	switch sess.Status {
	case acp.CompleteInProgress:
		return p.join(tx, sess, now)
	case acp.Completed, acp.Canceled, acp.Expired, acp.PendingApproval:
		return sess.editable()
	}
	if err := sess.toPage(p.merchant); err != nil {
		return err
	}
	if e := cmp.Or(sess.countable(p.merchant), sess.reachable()); e != nil {
		return e
	}
	sess.forgetPaymentMessages()
	sess.UpdatedAt = now
	payable, items, err := (&purchase{Service: p.Service, merchant: p.merchant}).recheck(tx, sess, now)
	switch {
	case err != nil:
		return err
	case !payable:
		return tx.SaveSession(sess)
	case sess.Total() == 0:
		if err := sess.hold(tx, p.merchant, items); err != nil {
			return err
		}
		if err := p.sell(tx, p.merchant, sess, nil, now); err != nil {
			return err
		}
		return tx.SaveSession(sess)
	}
	return p.reserve(tx, sess, items, now)
}

// toPage readies the session for a payment that its buyer makes on a page, and
// refuses a buyer who has not accepted the terms. The PSP asks the buyer for an
// authentication there by itself, and whose address the page shows for the
// delivery is who pays.
func (s *Session) toPage(m *Merchant) error {
	if err := s.agreed(m); err != nil {
		return err
	}
	if d := s.FulfillmentDetails; d != nil && d.Email != "" && (s.Buyer == nil || s.Buyer.Email == "") {
		var b acp.Buyer
		if s.Buyer != nil {
			b = *s.Buyer
		}
		b.Email = d.Email
		s.Buyer = &b
	}
	if s.Status != acp.AuthenticationRequired {
		return nil
	}
	s.Authentication = nil
	return s.become(acp.ReadyForPayment)
}

// join takes an attempt up again whose page may be open.
func (p *paging) join(tx Tx, sess *Session, now time.Time) error {
	a, err := tx.Attempt(sess.MerchantID, sess.AttemptID)
	if err != nil {
		return err
	}
	if a.Kind != payment.OnPage || !a.State.Live() {
		return sess.editable()
	}
	if page, ok := p.storedPage(a); ok && now.Before(page.ExpiresAt) {
		p.url = page.URL
		return nil
	}
	// Whoever asks the PSP owns the attempt: a page that opens while another
	// process learns that there was none would be paid for nothing.
	if a.LeaseUntil.After(now) {
		return ErrBusy
	}
	if !p.merchant.Payment(sess.Live).took(a) {
		return otherAccount(a)
	}
	a.LeaseUntil = p.lease(now)
	p.attempt = a
	return tx.SaveAttempt(a)
}

// reserve holds the stock and commits the request for the page.
func (p *paging) reserve(tx Tx, sess *Session, items map[string]*catalog.Item, now time.Time) error {
	setup := p.merchant.Payment(sess.Live)
	a := newAttempt(sess, setup, now)
	a.Kind, a.LeaseUntil = payment.OnPage, p.lease(now)
	body, err := p.provider.BuildHosted(p.hostedCharge(p.merchant, sess, a))
	if err != nil {
		return err
	}
	a.Sealed = p.box.Seal(body, a.ID)
	if err := sess.beginPayment(tx, p.merchant, a, items, now, "page", ""); err != nil {
		return err
	}
	p.attempt = a
	return nil
}

// hostedCharge is what the PSP's page is built from.
func (s *Service) hostedCharge(m *Merchant, sess *Session, a *payment.Attempt) payment.HostedCharge {
	page := m.BaseURL + CheckoutPath(sess.MerchantID, sess.ID)
	h := payment.HostedCharge{
		Charge:    m.charge(sess, a),
		Lines:     sess.paymentLines(),
		ReturnURL: page + "/return", CancelURL: page,
		ExpiresAt: s.now().Add(pageLifetime), Locale: m.texts(sess).Locale(),
	}
	h.RequireAuthentication = m.Payment(sess.Live).demandsProof()
	return h
}

// paymentLines are the lines of a payment page. They add up to the total, or
// there are none, and the page shows the total alone.
func (s *Session) paymentLines() []payment.HostedLine {
	var lines []payment.HostedLine
	var sum int64
	add := func(title string, quantity, amount int64) {
		lines, sum = append(lines, payment.HostedLine{Title: title, Quantity: quantity, Amount: amount}), sum+amount
	}
	for i := range s.LineItems {
		l := &s.LineItems[i]
		subtotal, _ := acp.Amount(l.Totals, acp.TotalSubtotal)
		add(l.Name, l.Quantity, subtotal)
	}
	for _, t := range s.Totals {
		if t.Type == acp.TotalFulfillment { // the only figure that is discounted as a whole
			discount, _ := acp.Amount(s.Totals, acp.TotalDiscount)
			t.Amount -= discount
		}
		switch t.Type {
		case acp.TotalFulfillment, acp.TotalTax, acp.TotalFee, acp.TotalGiftWrap, acp.TotalTip:
			if t.Amount > 0 {
				add(t.DisplayText, 1, t.Amount)
			}
		}
	}
	if sum != s.Total() {
		return nil
	}
	return lines
}

// storedPage is what is kept of an open page, sealed: whoever has the address
// can pay, and see what is paid for.
type storedPage struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// sealedPage binds it to its attempt, apart from the attempt's request.
func sealedPage(a *payment.Attempt) string { return a.ID + "/page" }

// open asks the PSP for the page and records the answer. The address is only
// given away once it is recorded with an attempt that waits for its payment.
func (p *paging) open(ctx context.Context) (Opened, error) {
	a := p.attempt
	page, r := p.openAgain(ctx, p.provider, a)
	p.onStep(StepAnswered)
	if _, err := p.settle(ctx, a, r, "page", nil); err != nil {
		return Opened{}, err
	}
	p.onStep(StepSettled)
	stored, err := p.store.Reader(ctx).Attempt(a.MerchantID, a.ID)
	if err != nil {
		return Opened{}, err
	}
	if page.URL == "" || !stored.State.Live() || stored.PageRef != page.Ref {
		p.log.WarnContext(ctx, "no payment page was opened", "attempt", a.ID, "state", string(stored.State), "class", string(r.Class), "reason", r.DeclineCode)
		return Opened{}, ErrNoPage
	}
	sess, err := p.store.Reader(ctx).Session(a.MerchantID, a.SessionID)
	return Opened{Session: sess, URL: page.URL}, err
}

// openAgain sends the sealed request for a page; as its key is the attempt's,
// there is one page however often it is sent. What it learned of the page is
// in a, for settle to record.
func (s *Service) openAgain(ctx context.Context, pr payment.Hosted, a *payment.Attempt) (payment.HostedPage, payment.Result) {
	unclear := payment.Result{Class: payment.ClassUnknown}
	if !s.now().Before(a.LeaseUntil) {
		s.log.WarnContext(ctx, "payment page not asked for: this process was slower than its lease", "attempt", a.ID)
		return payment.HostedPage{}, unclear
	}
	body, err := s.box.Open(a.Sealed, a.ID)
	if err != nil {
		s.log.ErrorContext(ctx, "sealed payment request cannot be opened; was a sealing key removed too early?", "attempt", a.ID, "error", err)
		return payment.HostedPage{}, unclear
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	page, r, err := pr.OpenHosted(ctx, a.IdemKey, body)
	switch {
	case err != nil:
		s.log.WarnContext(ctx, "payment provider not reachable", "attempt", a.ID, "error", err)
		if a.Tries > 0 {
			return payment.HostedPage{}, unclear // it may have been reached before
		}
		return payment.HostedPage{}, payment.Result{Class: payment.ClassProcessorError, DeclineCode: notSent}
	case page.URL == "":
		// A definite no ends the attempt also when an earlier request may have
		// opened a page: nobody was given its address.
		return payment.HostedPage{}, r
	}
	if page.ExpiresAt.IsZero() {
		page.ExpiresAt = a.CreatedAt.Add(pageLifetime)
	}
	kept, err := json.Marshal(storedPage{URL: page.URL, ExpiresAt: page.ExpiresAt})
	if err != nil {
		return payment.HostedPage{}, unclear
	}
	a.PageRef, a.Page = page.Ref, s.box.Seal(kept, sealedPage(a))
	return page, payment.Result{Class: payment.ClassPending, RequestID: r.RequestID}
}

func (s *Service) storedPage(a *payment.Attempt) (page storedPage, ok bool) {
	plain, err := s.box.Open(a.Page, sealedPage(a))
	if err != nil || json.Unmarshal(plain, &page) != nil {
		return storedPage{}, false
	}
	return page, true
}
