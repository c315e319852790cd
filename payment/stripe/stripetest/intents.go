package stripetest

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var intentParams = []string{"amount", "currency", "confirm", "customer", "payment_method", "payment_method_data[shared_payment_granted_token]", "capture_method",
	"automatic_payment_methods[enabled]", "automatic_payment_methods[allow_redirects]", "error_on_requires_action", "description", "receipt_email", "metadata[]",
	"payment_method_options[card][request_three_d_secure]", "payment_method_options[card][three_d_secure][cryptogram]", "payment_method_options[card][three_d_secure][transaction_id]",
	"payment_method_options[card][three_d_secure][version]", "payment_method_options[card][three_d_secure][electronic_commerce_indicator]"}

// Cards are Stripe's test cards with what they come to, and three of our own
// (fake) for what Stripe has no card for. A card that is not here is unknown.
var Cards = map[string]Card{
	"pm_card_visa":                                     {},
	"pm_card_visa_chargeDeclined":                      {"card_declined", "generic_decline"},
	"pm_card_visa_chargeDeclinedInsufficientFunds":     {"card_declined", "insufficient_funds"},
	"pm_card_visa_chargeDeclinedLostCard":              {"card_declined", "lost_card"},
	"pm_card_visa_chargeDeclinedStolenCard":            {"card_declined", "stolen_card"},
	"pm_card_visa_chargeDeclinedVelocityLimitExceeded": {"card_declined", "card_velocity_exceeded"},
	"pm_card_radarBlock":                               {"card_declined", "fraudulent"},
	"pm_card_chargeDeclinedExpiredCard":                {"expired_card", ""},
	"pm_card_chargeDeclinedIncorrectCvc":               {"incorrect_cvc", ""},
	"pm_card_chargeDeclinedProcessingError":            {"processing_error", ""},
	"pm_card_authenticationRequired":                   {"authentication_required", "authentication_required"},
	"pm_card_fakeProcessing":                           {}, // stays in processing until SettleIntent
	"pm_card_fakeDropAnswer":                           {}, // charges, and breaks the first answer
	"pm_card_fakeServerError":                          {}, // charges, and answers 500, stored
}

// Card is how a card is refused; the zero Card pays.
type Card struct{ Code, Decline string }

// intent is a payment.
type intent struct {
	id, status, currency, card, token, cancelReason, page string
	method                                                string // that paid: the card, or the id that Stripe keeps it under
	amount, received, capturable, refunded                int64
	manual, tried                                         bool // tried: a charge was made, whatever came of it
	created                                               time.Time
	metadata                                              map[string]string
	lastError                                             object
}

func (s *Server) createIntent(r request) answer {
	amount, err := strconv.ParseInt(r.params.Get("amount"), 10, 64)
	customer := r.params.Get("customer")
	currency, card, spt := r.params.Get("currency"), r.params.Get("payment_method"), r.params.Get("payment_method_data[shared_payment_granted_token]")
	switch {
	case err != nil || amount < 0:
		return refuse(400, invalid, "parameter_invalid_integer", "amount", "Invalid integer")
	case currency == "" || currency != strings.ToLower(currency) || len(currency) != 3:
		return refuse(400, invalid, "", "currency", "Invalid currency")
	case amount < s.cfg.MinAmount:
		return refuse(400, invalid, "amount_too_small", "amount", "Amount must be at least the minimum")
	case r.params.Get("confirm") != "true":
		return refuse(400, invalid, "parameter_missing", "confirm", "This stand-in only confirms at once")
	case r.params.Get("automatic_payment_methods[enabled]") == "true" && r.params.Get("automatic_payment_methods[allow_redirects]") != "never":
		return refuse(400, invalid, "parameter_missing", "return_url", "A return_url is required for methods that redirect")
	case customer != "" && card == "":
		return refuse(400, invalid, "parameter_missing", "payment_method", "This stand-in charges no default payment methods")
	case card != "" && spt != "":
		return refuse(400, invalid, "parameters_exclusive", "payment_method", "Pass one of both")
	case spt != "" && !r.beta:
		return refuse(400, invalid, "parameter_unknown", "payment_method_data[shared_payment_granted_token]", "Received unknown parameter")
	}
	var grant *token
	if spt != "" {
		var refused *answer
		if grant, refused = s.chargeable(spt, currency, amount); refused != nil {
			return *refused
		}
		card = grant.card
	}
	method := card
	if kept, isKept := s.vault[card]; isKept || customer != "" {
		if refused := s.attached(customer, card); refused != nil {
			return *refused
		}
		card = kept.card
	}
	how, known := Cards[card]
	if !known {
		return refuse(404, invalid, "resource_missing", "payment_method", "No such PaymentMethod")
	}
	proof := func(name string) string {
		return r.params.Get("payment_method_options[card][three_d_secure][" + name + "]")
	}
	const asked = "authentication_required"
	switch {
	case proof("cryptogram") != "" && (proof("transaction_id") == "" || !slices.Contains([]string{"2.1.0", "2.2.0", "2.3.0", "2.3.1"}, proof("version"))):
		return refuse(400, invalid, "parameter_missing", "payment_method_options[card][three_d_secure]", "Missing or invalid parameter")
	case proof("cryptogram") != "" && how.Code == asked:
		how = Card{}
	case proof("cryptogram") == "" && how.Code == "" && r.params.Get("payment_method_options[card][request_three_d_secure]") == "any":
		how = Cards["pm_card_authenticationRequired"]
	}
	in := &intent{id: s.id("pi"), currency: currency, amount: amount, card: card, method: method, token: spt, created: s.now(),
		manual: r.params.Get("capture_method") == "manual", metadata: metadata(r, "metadata")}
	s.intents[in.id] = in
	a := s.confirm(in, how, r.params.Get("error_on_requires_action") == "true")
	if grant != nil && (in.received > 0 || in.capturable > 0 || in.status == "processing") {
		grant.used += amount
		s.deactivate(grant, "consumed")
	}
	return a
}

// chargeable checks a token as Stripe is seen to do: without codes.
func (s *Server) chargeable(spt, currency string, amount int64) (*token, *answer) {
	refused := func(a answer) (*token, *answer) { return nil, &a }
	const param = "payment_method_data[shared_payment_granted_token]"
	t, found := s.known(spt)
	switch {
	case !found:
		return refused(refuse(404, invalid, "resource_missing", param, "No such shared payment granted token"))
	case t.reason != "":
		return refused(refuse(400, invalid, "", param, "The shared payment granted token cannot be used because it is already in a deactivated state."))
	case t.currency != currency:
		return refused(refuse(400, invalid, "", "currency", "The currency does not match the shared payment granted token."))
	case amount > t.limit-t.used:
		return refused(refuse(400, invalid, "", "amount", "The requested amount is greater than the remaining amount capturable with this shared payment granted token."))
	}
	return t, nil
}

// confirm charges the card.
func (s *Server) confirm(in *intent, how Card, failOnAction bool) answer {
	switch {
	case how.Code == "authentication_required" && !failOnAction:
		in.status = "requires_action"
		s.emit("payment_intent.requires_action", s.show(in))
	case how.Code != "":
		in.status, in.tried = "requires_payment_method", true
		in.lastError = failure("card_error", how.Code, "", "Your card was declined.")
		if how.Decline != "" {
			in.lastError["decline_code"] = how.Decline
		}
		in.lastError["payment_method"] = object{"id": cmp.Or(in.method, in.card), "object": "payment_method", "type": "card", "card": object{"brand": "visa", "last4": "3184"}}
		s.emit("payment_intent.payment_failed", s.show(in))
		e := object{"payment_intent": s.show(in)}
		for k, v := range in.lastError {
			e[k] = v
		}
		return answer{status: 402, body: object{"error": e}, began: true}
	case in.card == "pm_card_fakeProcessing":
		in.status, in.tried = "processing", true
		s.emit("payment_intent.processing", s.show(in))
	default:
		s.pay(in)
	}
	a := ok(s.show(in))
	switch in.card {
	case "pm_card_fakeDropAnswer":
		a.drop = true
	case "pm_card_fakeServerError":
		a.status, a.body = 500, object{"error": failure("api_error", "", "", "Something went wrong")}
	}
	return a
}

// pay takes or holds the money.
func (s *Server) pay(in *intent) {
	in.lastError, in.tried = nil, true
	if in.manual {
		in.status, in.capturable = "requires_capture", in.amount
		s.emit("payment_intent.amount_capturable_updated", s.show(in))
		return
	}
	in.status, in.received = "succeeded", in.amount
	s.emit("payment_intent.succeeded", s.show(in))
}

// SettleIntent decides about a payment in processing.
func (s *Server) SettleIntent(id string, paid bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in := s.intents[id]; in != nil && in.status == "processing" {
		s.settle(in, paid)
	}
}

func (s *Server) settle(in *intent, paid bool) {
	if paid {
		s.pay(in)
		return
	}
	in.status, in.lastError = "requires_payment_method", failure("card_error", "card_declined", "", "Declined")
	s.emit("payment_intent.payment_failed", s.show(in))
}

func (s *Server) show(in *intent) object {
	o := object{"id": in.id, "object": "payment_intent", "status": in.status, "amount": in.amount, "amount_received": in.received,
		"amount_capturable": in.capturable, "currency": in.currency, "created": in.created.Unix(), "livemode": s.cfg.Live, "latest_charge": nil, "capture_method": "automatic",
		"payment_method": cmp.Or(in.method, in.card), "next_action": nil, "last_payment_error": nil, "cancellation_reason": nil, "metadata": maps.Clone(in.metadata),
		"client_secret": in.id + "_secret_fake"}
	if in.tried {
		o["latest_charge"] = "ch_" + in.id[3:]
	}
	if in.manual {
		o["capture_method"] = "manual"
	}
	if in.status == "requires_action" {
		o["next_action"] = object{"type": "use_stripe_sdk"}
	}
	if in.lastError != nil {
		o["last_payment_error"] = in.lastError
	}
	if in.cancelReason != "" {
		o["cancellation_reason"] = in.cancelReason
	}
	return o
}

func (s *Server) getIntent(r request) answer {
	in, found := s.intents[r.id]
	if !found {
		return refuse(404, invalid, "resource_missing", "intent", "No such payment_intent")
	}
	return ok(s.expanded(in, r.params, "latest_charge"))
}

func (s *Server) expanded(in *intent, params map[string][]string, name string) object {
	o := s.show(in)
	if in.tried && slices.Contains(params["expand[]"], name) {
		o["latest_charge"] = s.charge(in)
	}
	return o
}

// charge counts what is released of a hold as refunded, as Stripe does.
func (s *Server) charge(in *intent) object {
	released := int64(0)
	if in.manual && (in.received > 0 || in.status == "canceled") {
		released = in.amount - in.received
	}
	return object{"id": "ch_" + in.id[3:], "object": "charge", "amount": in.amount, "amount_captured": in.received, "amount_refunded": in.refunded + released,
		"currency": in.currency, "captured": in.received > 0, "payment_intent": in.id, "metadata": maps.Clone(in.metadata)}
}

// unexpected is the refusal of a move that the status does not allow.
func (s *Server) unexpected(in *intent) answer {
	f := failure(invalid, "payment_intent_unexpected_state", "", "This PaymentIntent has a status of "+in.status)
	f["payment_intent"] = s.show(in)
	return answer{status: 400, body: object{"error": f}, began: true}
}

func (s *Server) captureIntent(r request) answer {
	in, found := s.intents[r.id]
	if !found {
		return refuse(404, invalid, "resource_missing", "intent", "No such payment_intent")
	}
	if in.status != "requires_capture" {
		return s.unexpected(in)
	}
	amount := in.capturable
	if given := r.params.Get("amount_to_capture"); given != "" {
		var err error
		if amount, err = strconv.ParseInt(given, 10, 64); err != nil || amount <= 0 {
			return refuse(400, invalid, "parameter_invalid_integer", "amount_to_capture", "Invalid integer")
		}
	}
	if amount > in.capturable {
		return refuse(400, invalid, "amount_too_large", "amount_to_capture", "The amount to capture is greater than the amount capturable")
	}
	maps.Copy(in.metadata, metadata(r, "metadata"))
	s.capture(in, amount)
	return ok(s.show(in))
}

// capture takes a part of a hold and releases the rest.
func (s *Server) capture(in *intent, amount int64) {
	in.status, in.received, in.capturable = "succeeded", amount, 0
	s.emit("charge.captured", s.charge(in))
	s.emit("payment_intent.succeeded", s.show(in))
}

func (s *Server) cancelIntent(r request) answer {
	in, found := s.intents[r.id]
	reason := r.params.Get("cancellation_reason")
	switch {
	case !found:
		return refuse(404, invalid, "resource_missing", "intent", "No such payment_intent")
	case !slices.Contains([]string{"", "abandoned", "duplicate", "fraudulent", "requested_by_customer"}, reason):
		return refuse(400, invalid, "", "cancellation_reason", "Invalid cancellation_reason")
	case in.status == "succeeded" || in.status == "canceled" || in.status == "processing" || in.page != "":
		return s.unexpected(in)
	}
	s.cancel(in, reason)
	return ok(s.show(in))
}

func (s *Server) cancel(in *intent, reason string) {
	in.status, in.capturable, in.cancelReason = "canceled", 0, reason
	s.emit("payment_intent.canceled", s.show(in))
}

func (s *Server) listIntents(r request) answer {
	return s.list(r, "pi_", func(id string) (object, time.Time, bool) {
		in := s.intents[id]
		return s.expanded(in, r.params, "data.latest_charge"), in.created, true
	})
}

var metadataQuery = regexp.MustCompile(`^metadata\['([^']+)'\]:'([^']*)'$`)

// searchIntents finds what is older than a minute: the index lags behind.
func (s *Server) searchIntents(r request) answer {
	m := metadataQuery.FindStringSubmatch(r.params.Get("query"))
	if m == nil {
		return refuse(400, invalid, "", "query", "We were unable to parse your search query")
	}
	data := []object{}
	for _, id := range s.order {
		if in := s.intents[id]; in != nil && in.metadata[m[1]] == m[2] && s.now().Sub(in.created) >= time.Minute {
			data = append(data, s.show(in))
		}
	}
	return ok(object{"object": "search_result", "data": data, "has_more": false})
}

// list answers a list, newest first.
func (s *Server) list(r request, prefix string, show func(id string) (object, time.Time, bool)) answer {
	limit, after, data := 10, r.params.Get("starting_after"), []object{}
	if given := r.params.Get("limit"); given != "" {
		var err error
		if limit, err = strconv.Atoi(given); err != nil || limit < 1 || limit > 100 {
			return refuse(400, invalid, "parameter_invalid_integer", "limit", "Limit is between 1 and 100")
		}
	}
	skipping := after != ""
	for _, id := range slices.Backward(s.order) {
		if skipping || !strings.HasPrefix(id, prefix) {
			skipping = skipping && id != after
			continue
		}
		o, created, match := show(id)
		if !match || !within(r, created) {
			continue
		}
		if len(data) == limit {
			return ok(object{"object": "list", "data": data, "has_more": true})
		}
		data = append(data, o)
	}
	if skipping {
		return refuse(400, invalid, "resource_missing", "starting_after", "No such object")
	}
	return ok(object{"object": "list", "data": data, "has_more": false})
}

func within(r request, created time.Time) bool {
	for bound, inside := range map[string]func(at, bound int64) bool{
		"gte": func(at, b int64) bool { return at >= b }, "gt": func(at, b int64) bool { return at > b },
		"lte": func(at, b int64) bool { return at <= b }, "lt": func(at, b int64) bool { return at < b },
	} {
		if given := r.params.Get("created[" + bound + "]"); given != "" {
			b, err := strconv.ParseInt(given, 10, 64)
			if err != nil || !inside(created.Unix(), b) {
				return false
			}
		}
	}
	return true
}

// metadata reads the metadata parameters of a request.
func metadata(r request, under string) map[string]string {
	m := map[string]string{}
	for name, values := range r.params {
		if key, found := strings.CutPrefix(name, under+"["); found {
			m[strings.TrimSuffix(key, "]")] = values[0]
		}
	}
	return m
}
