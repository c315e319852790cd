package stripetest

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
)

var sessionParams = []string{"mode", "success_url", "cancel_url", "client_reference_id", "customer_email", "expires_at", "locale", "metadata[]",
	"line_items[][quantity]", "line_items[][price_data][currency]", "line_items[][price_data][unit_amount]", "line_items[][price_data][product_data][name]",
	"payment_method_options[card][request_three_d_secure]", "payment_intent_data[capture_method]", "payment_intent_data[description]", "payment_intent_data[metadata][]"}

// session is a payment page.
type session struct {
	id, status, currency string
	cancelURL            string
	lines                []int64
	total                int64
	created, expires     time.Time
	manual               bool
	metadata             map[string]string
	intentMetadata       map[string]string
	intent               *intent
}

func (s *Server) createSession(r request) answer {
	p := r.params
	now := s.now()
	page := &session{status: "open", cancelURL: p.Get("cancel_url"), created: now, expires: now.Add(24 * time.Hour), metadata: metadata(r, "metadata"),
		intentMetadata: metadata(r, "payment_intent_data[metadata]"), manual: p.Get("payment_intent_data[capture_method]") == "manual"}
	if p.Get("mode") != "payment" {
		return refuse(400, invalid, "parameter_missing", "mode", "Missing required param: mode.")
	}
	for _, name := range []string{"success_url", "cancel_url"} {
		if u, err := url.Parse(p.Get(name)); err != nil || u.Host == "" {
			return refuse(400, invalid, "url_invalid", name, "Not a valid URL")
		}
	}
	if given := p.Get("expires_at"); given != "" {
		at, err := strconv.ParseInt(given, 10, 64)
		if page.expires = time.Unix(at, 0); err != nil || page.expires.Before(now.Add(30*time.Minute-time.Second)) || page.expires.After(now.Add(24*time.Hour)) {
			return refuse(400, invalid, "", "expires_at", "The expires_at timestamp must be between 30 minutes and 24 hours from Checkout Session creation.")
		}
	}
	for i := 0; ; i++ {
		at := fmt.Sprintf("line_items[%d]", i)
		if !p.Has(at + "[quantity]") {
			break
		}
		quantity, err := strconv.ParseInt(p.Get(at+"[quantity]"), 10, 64)
		unit, err2 := strconv.ParseInt(p.Get(at+"[price_data][unit_amount]"), 10, 64)
		currency := p.Get(at + "[price_data][currency]")
		if err != nil || err2 != nil || quantity <= 0 || unit < 0 || p.Get(at+"[price_data][product_data][name]") == "" || (i > 0 && currency != page.currency) || i >= 100 {
			return refuse(400, invalid, "parameter_invalid_integer", at, "Invalid line item")
		}
		page.currency = currency
		page.lines = append(page.lines, quantity*unit)
		page.total += quantity * unit
	}
	if page.total < s.cfg.MinAmount {
		return refuse(400, invalid, "amount_too_small", "", "The total amount is too small")
	}
	page.id = s.id("cs_test")
	s.sessions[page.id] = page
	return ok(s.showPage(page, nil))
}

func (s *Server) showPage(page *session, params url.Values) object {
	o := object{"id": page.id, "object": "checkout.session", "status": page.status, "amount_total": page.total, "currency": page.currency, "livemode": s.cfg.Live,
		"expires_at": page.expires.Unix(), "metadata": page.metadata, "payment_intent": nil, "payment_status": "unpaid", "url": nil, "created": page.created.Unix()}
	if page.status == "open" {
		o["url"] = s.http.URL + "/pay/" + page.id
	}
	if page.intent != nil {
		o["payment_intent"] = page.intent.id
		if slices.Contains(params["expand[]"], "payment_intent") {
			o["payment_intent"] = s.show(page.intent)
		}
		if page.intent.received > 0 {
			o["payment_status"] = "paid"
		}
	}
	return o
}

func (s *Server) getSession(r request) answer {
	page, found := s.sessions[r.id]
	if !found {
		return refuse(404, invalid, "resource_missing", "session", "No such checkout.session")
	}
	s.expireIfDue(page)
	return ok(s.showPage(page, r.params))
}

func (s *Server) listSessions(r request) answer {
	return s.list(r, "cs_", func(id string) (object, time.Time, bool) {
		page := s.sessions[id]
		s.expireIfDue(page)
		return s.showPage(page, nil), page.created, true
	})
}

func (s *Server) expireIfDue(page *session) {
	if page.status == "open" && !s.now().Before(page.expires) {
		s.expirePage(page)
	}
}

func (s *Server) expirePage(page *session) {
	page.status = "expired"
	if page.intent != nil {
		page.intent.page = ""
		s.cancel(page.intent, "")
	}
	s.emit("checkout.session.expired", s.showPage(page, nil))
}

func (s *Server) expireSession(r request) answer {
	page, found := s.sessions[r.id]
	if !found {
		return refuse(404, invalid, "resource_missing", "session", "No such checkout.session")
	}
	s.expireIfDue(page)
	if page.status != "open" {
		return refuse(400, invalid, "", "", "Only Checkout Sessions with a status in [\"open\"] can be expired.")
	}
	s.expirePage(page)
	return ok(s.showPage(page, nil))
}

// PayPage is the buyer paying on a page with a card. It reports whether the
// page took it; after a decline the page stays open.
func (s *Server) PayPage(id, card string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	page := s.sessions[id]
	if page == nil {
		return false
	}
	s.expireIfDue(page)
	if page.status != "open" {
		return false
	}
	in := page.intent
	if in == nil {
		in = &intent{id: s.id("pi"), currency: page.currency, amount: page.total, created: s.now(), manual: page.manual, metadata: page.intentMetadata, page: page.id}
		s.intents[in.id], page.intent = in, in
	}
	in.card = card
	s.confirm(in, Cards[card], false)
	if in.status == "requires_payment_method" || in.status == "requires_action" {
		return false
	}
	page.status, in.page = "complete", ""
	s.emit("checkout.session.completed", s.showPage(page, nil))
	return true
}

// LeavePage is the buyer going back to the shop, and gives the address where
// the page's link leads. The page stays open.
func (s *Server) LeavePage(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if page := s.sessions[id]; page != nil {
		return page.cancelURL
	}
	return ""
}

// Page is what a payment page shows: what each line comes to, and the total,
// in Stripe's units. open is false when it takes no payment.
func (s *Server) Page(id string) (lines []int64, total int64, open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	page := s.sessions[id]
	if page == nil {
		return nil, 0, false
	}
	s.expireIfDue(page)
	return slices.Clone(page.lines), page.total, page.status == "open"
}

// DecidePage decides about a slow payment that a page took.
func (s *Server) DecidePage(id string, paid bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	page := s.sessions[id]
	if page == nil || page.intent == nil || page.intent.status != "processing" {
		return
	}
	s.settle(page.intent, paid)
	outcome := "checkout.session.async_payment_failed"
	if paid {
		outcome = "checkout.session.async_payment_succeeded"
	}
	s.emit(outcome, s.showPage(page, nil))
}
