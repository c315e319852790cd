package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/secret"
)

// cardHandler is the name of the payment handler that takes delegated cards.
const cardHandler = "dev.acp.tokenized.card"

// defaultProvider pays where a session names no provider: the only one that
// 2025-09-29 knows.
const defaultProvider = "stripe"

// sellerBacked begins the names of payment handlers that the shop takes by
// itself.
const sellerBacked = "dev.acp.seller_backed."

// handler picks the way to pay: what was asked for, or the card handler, else
// one that wants a delegated token, else the first.
func (p *purchase) handler() (Handler, error) {
	list := p.session.Handlers
	if p.PayWith != "" {
		i := slices.IndexFunc(list, func(h Handler) bool { return h.ID != "" && (h.ID == p.PayWith || h.Name == sellerBacked+p.PayWith) })
		if i < 0 {
			var names []string
			for _, h := range list {
				names = append(names, strings.TrimSpace(h.Name+" "+h.ID))
			}
			return Handler{}, fmt.Errorf("the session does not offer %s; it offers %s", p.PayWith, cmp.Or(strings.Join(names, ", "), "nothing"))
		}
		return list[i], nil
	}
	if len(list) == 0 {
		if p.c.dialect.handlers {
			return Handler{}, errors.New("the session offers no payment handler")
		}
		return Handler{PSP: defaultProvider, RequiresDelegate: true}, nil
	}
	if i := slices.IndexFunc(list, func(h Handler) bool { return h.Name == cardHandler }); i >= 0 {
		return list[i], nil
	}
	if i := slices.IndexFunc(list, func(h Handler) bool { return h.RequiresDelegate }); i >= 0 {
		return list[i], nil
	}
	return list[0], nil
}

// card is the buyer's, with what test cards do not care about filled in.
func (p *purchase) card() Card {
	c := p.Card
	if c.ExpMonth == 0 && c.ExpYear == 0 {
		c.ExpMonth, c.ExpYear = int(time.December), p.now().Year()+2
	}
	c.Name = cmp.Or(c.Name, fullName(*p.Buyer))
	return c
}

// delegate has the PSP make a token that is good for exactly the total.
func (p *purchase) delegate(ctx context.Context, s *Step) error {
	if !p.Token.IsZero() {
		p.token = p.Token
		s.Skipped, s.Detail = true, "paying with the token that was given"
		return nil
	}
	h, err := p.handler()
	if err != nil {
		return err
	}
	if strings.HasPrefix(h.Name, sellerBacked) {
		// The shop has no delegate payment API of its own for these: the token only
		// tells this payment from others.
		p.token = secret.New(id.Secret("vt"))
		s.Skipped, s.Detail = true, fmt.Sprintf("paying with %s, which the shop takes by itself", cmp.Or(h.DisplayName, h.ID))
		return nil
	}
	merchant := cmp.Or(p.MerchantID, h.MerchantID)
	if merchant == "" {
		return errors.New("the session does not name the shop's account at the PSP: name it with --merchant-account")
	}
	r := DelegateRequest{Card: p.card(), Billing: p.Address, Allowance: Allowance{MaxAmount: p.session.Total, Currency: p.session.Currency,
		SessionID: p.session.ID, MerchantID: merchant, ExpiresAt: p.now().Add(AllowanceLifetime)}}
	err = p.repeat(ctx, s, func(key CallOption) error {
		t, err := p.c.DelegatePayment(ctx, p.PSPURL, p.PSPKey, r, key)
		if err == nil {
			p.token, s.HTTPStatus = t.ID, t.HTTPStatus
		}
		return err
	})
	if err != nil {
		return err
	}
	s.Detail = fmt.Sprintf("a token for %s, once, in this session, to %s", money.English(p.session.Total, p.session.Currency), merchant)
	return nil
}

// complete pays. A decline ends here without an error: the result keeps what
// the shop said.
func (p *purchase) complete(ctx context.Context, s *Step) error {
	if err := p.pay(ctx, s, nil); err != nil || p.session.Status != acp.AuthenticationRequired || !p.canAuthenticate() {
		return err
	}
	s.Detail, p.result.Message = "the bank wants to authenticate the buyer", ""
	p.more = []step{{StepAuthenticate, p.authenticate, false}, {StepProve, p.prove, false}}
	return nil
}

// pay completes the session, with the result of an authentication if one was
// asked for.
func (p *purchase) pay(ctx context.Context, s *Step, authentication *acp.AuthenticationResult) error {
	h, err := p.handler()
	if err != nil {
		return err
	}
	r := acp.CompleteRequest{Buyer: p.Buyer, Authentication: authentication, Payment: acp.PaymentData{HandlerID: h.ID, Provider: h.PSP, Token: p.token.Reveal(), Billing: p.Address}}
	if kind, found := strings.CutPrefix(h.Name, sellerBacked); found {
		r.Payment.InstrumentType = "seller_backed_" + kind
	}
	err = p.call(ctx, s, func(key CallOption) (*Session, error) { return p.c.Complete(ctx, p.session.ID, r, key) })
	var refused *Error
	if errors.As(err, &refused) && declines(refused) {
		s.HTTPStatus, p.result.Message = refused.HTTPStatus, refused.Message
		s.Detail = "not paid: " + refused.Message
		return nil
	}
	if err != nil {
		return err
	}
	if err := p.settle(ctx, s); err != nil {
		return err
	}
	switch status := p.session.Status; {
	case status == acp.Completed:
		s.Detail = "paid, " + p.state()
		if o := p.session.Order; o != nil {
			s.Detail += ", order " + cmp.Or(o.ID, o.PermalinkURL)
		}
	case unsettled(status):
		p.result.Message = cmp.Or(p.session.Message(acp.ErrorMessage), p.session.Message(acp.Info), "The shop has not settled the payment yet.")
		s.Detail = fmt.Sprintf("still %s: %s", status, p.result.Message)
	case status == acp.AuthenticationRequired:
		p.result.Message = cmp.Or(p.session.Message(acp.ErrorMessage), "The card's issuer asks for 3-D Secure, which nobody is here to answer.")
		s.Detail = "not paid: " + p.result.Message
	default:
		p.result.Message = cmp.Or(p.session.Message(acp.ErrorMessage), "The shop did not complete the session and does not say why.")
		s.Detail = "not paid: " + p.result.Message
	}
	return nil
}

// declines tells a refused payment from a request that went wrong. Some
// servers answer a decline with a 4xx instead of a session.
func declines(e *Error) bool {
	return e.HTTPStatus == http.StatusPaymentRequired || e.Code == acp.CodePaymentDeclined || e.Code == acp.CodeRequires3DS
}

func unsettled(s acp.Status) bool {
	return s == acp.CompleteInProgress || s == acp.InProgress || s == acp.PendingApproval
}

// settle reads the session until the payment is decided, SettleWait at most.
func (p *purchase) settle(ctx context.Context, s *Step) error {
	deadline := p.now().Add(p.SettleWait)
	for unsettled(p.session.Status) && p.now().Before(deadline) {
		if err := p.Wait(ctx, pollInterval); err != nil {
			return err
		}
		if err := p.call(ctx, s, func(CallOption) (*Session, error) { return p.c.Get(ctx, p.session.ID) }); err != nil {
			return err
		}
	}
	return nil
}

// get reads the session once more: what the shop keeps must be what it said.
func (p *purchase) get(ctx context.Context, s *Step) error {
	before := p.session
	err := p.call(ctx, s, func(CallOption) (*Session, error) { return p.c.Get(ctx, before.ID) })
	if err != nil {
		return err
	}
	s.Detail = p.state()
	if before.Status == acp.Completed && p.session.Status != acp.Completed {
		return fmt.Errorf("the session was completed and now is %s", p.session.Status)
	}
	if p.session.Status == acp.Completed {
		p.result.Message = ""
	}
	return nil
}

// webhook polls the receiver's log until the order's event is there.
func (p *purchase) webhook(ctx context.Context, s *Step) error {
	if p.WebhookLogURL == "" {
		s.Skipped, s.Detail = true, "no webhook receiver was named"
		return nil
	}
	if p.session.Status != acp.Completed {
		s.Skipped, s.Detail = true, "there is no order to be told about"
		return nil
	}
	log, err := endpoint(p.WebhookLogURL)
	if err != nil {
		return fmt.Errorf("webhook log URL: %w", err)
	}
	r := request{method: http.MethodGet, url: log.String() + "?checkout_session_id=" + url.QueryEscape(p.session.ID)}
	deadline := p.now().Add(p.WebhookWait)
	unverified := false
	for {
		s.Attempts++
		a, err := p.c.send(ctx, r)
		if _, again := repeatable(err); err != nil && !again {
			return err
		}
		if err == nil {
			s.HTTPStatus = a.status
			list, err := parseValue(a.body)
			if err != nil {
				return fmt.Errorf("%s is not a list of webhook events: %w", p.WebhookLogURL, err)
			}
			for _, event := range list.items() {
				if !p.about(event) {
					continue
				}
				if event.get("verified").boolean() {
					p.result.Webhook = true
					s.Detail = fmt.Sprintf("%s received, signature correct", cmp.Or(event.get("type").line(), "event"))
					return nil
				}
				unverified = true
			}
		}
		if !p.now().Before(deadline) {
			break
		}
		if err := p.Wait(ctx, pollInterval); err != nil {
			if unverified {
				break // that is the better reason
			}
			return err
		}
	}
	if unverified {
		return errors.New("the order's event was received, but with a wrong signature")
	}
	return fmt.Errorf("no event for the order within %v", p.WebhookWait)
}

// about reports whether an event of the log is about this purchase.
func (p *purchase) about(event node) bool {
	order, session := event.get("order_id").text(), event.get("checkout_session_id").text()
	return session == p.session.ID || (order != "" && order == p.result.OrderID)
}

// ledger asks the sandbox how many charges there are for the session.
func (p *purchase) ledger(ctx context.Context, s *Step) error {
	at := p.LedgerURL
	if at == "" && p.PSPURL != "" {
		at = strings.TrimRight(p.PSPURL, "/") + "/v1/ledger"
	}
	if at == "" || p.LedgerKey.IsZero() {
		s.Skipped, s.Detail = true, "no ledger to look into"
		return nil
	}
	ledger, err := endpoint(at)
	if err != nil {
		return fmt.Errorf("ledger URL: %w", err)
	}
	charges, err := p.charges(ctx, s, ledger.String())
	if err != nil {
		return err
	}
	p.result.Charges = charges
	s.Detail = fmt.Sprintf("%s for this session", count(charges, "charge"))
	return nil
}

func (p *purchase) charges(ctx context.Context, s *Step, at string) (int, error) {
	r := request{method: http.MethodGet, url: at + "?checkout_session_id=" + url.QueryEscape(p.session.ID), bearer: p.LedgerKey}
	var charges int64
	err := p.repeat(ctx, s, func(CallOption) error {
		a, err := p.c.send(ctx, r)
		if err != nil {
			return err
		}
		s.HTTPStatus = a.status
		root, err := parse(a.body)
		if err != nil {
			return fmt.Errorf("%s is not a ledger: %w", at, err)
		}
		n, ok := root.get("charges").integer()
		if !ok {
			return fmt.Errorf("%s is not a ledger: no number of charges", at)
		}
		charges = n
		return nil
	})
	return int(charges), err
}
