package stripe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// call is one request to Stripe.
type call struct {
	method  string
	path    []string // escaped and joined below the base address
	query   string
	body    []byte
	key     string // Idempotency-Key
	version string // Stripe-Version; the configured one when empty
}

// reply is an HTTP answer as far as it arrived: status is 0 when none did.
type reply struct {
	status    int
	requestID string
	replayed  bool // the stored answer to an earlier request under the same key
	body      []byte
}

// do makes one exchange; err is as exchange.Client.Do says, and names neither
// the address nor anything sent.
func (p *Provider) do(ctx context.Context, c call) (reply, error) {
	escaped := make([]string, len(c.path))
	for i, part := range c.path {
		escaped[i] = url.PathEscape(part)
	}
	target := p.base.JoinPath(escaped...)
	target.RawQuery = c.query
	header := http.Header{
		"Authorization":  {"Bearer " + p.cfg.Key.Reveal()},
		"Accept":         {"application/json"},
		"Stripe-Version": {or(c.version, p.cfg.APIVersion)},
	}
	if p.cfg.Account != "" {
		header.Set("Stripe-Account", p.cfg.Account)
	}
	if c.method == http.MethodPost {
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.key != "" {
		header.Set("Idempotency-Key", c.key)
	}
	r, err := p.client.Do(ctx, c.method, target, header, c.body)
	return reply{status: r.Status, requestID: r.Header.Get("Request-Id"), body: r.Body,
		replayed: strings.EqualFold(r.Header.Get("Idempotent-Replayed"), "true")}, err
}

// silence is the result of a question without an answer. err is ErrNotSent
// when Stripe could not be reached at all.
func silence(r reply, err error) (payment.Result, error) {
	result := payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID}
	switch {
	case errors.Is(err, payment.ErrNotSent):
		return result, err
	case err != nil:
		result.DeclineCode = "no_answer"
	default:
		result.DeclineCode = fmt.Sprintf("http_%d", r.status)
	}
	return result, nil
}

// get asks a question and reads the answer into v. ok is false when there is
// no usable answer, and result and err are what is to be said then. A refusal
// of our keys is no different: it tells nothing about a payment.
func (p *Provider) get(ctx context.Context, c call, v any) (r reply, result payment.Result, ok bool, err error) {
	c.method = http.MethodGet
	r, err = p.do(ctx, c)
	if err != nil || r.status != http.StatusOK {
		result, err = silence(r, err)
		return r, result, false, err
	}
	if json.Unmarshal(r.body, v) != nil {
		return r, r.unexpected(), false, nil
	}
	return r, payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID}, true, nil
}

// unexpected is the result of an answer that says nothing that is understood.
func (r reply) unexpected() payment.Result {
	return payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID, DeclineCode: "unexpected_answer"}
}

// failure is the "error" of an answer, or the last_payment_error of a payment.
// Its message is not read beyond messageRules and never shown: it may quote
// what was sent.
type failure struct {
	Type    string  `json:"type"`
	Code    string  `json:"code"`
	Decline string  `json:"decline_code"`
	Param   string  `json:"param"`
	Message string  `json:"message"`
	Intent  *intent `json:"payment_intent"`
	Method  struct {
		Card struct {
			Brand string `json:"brand"`
		} `json:"card"`
	} `json:"payment_method"`
}

// failure reads the error of an answer; it is empty where there is none.
func (r reply) failure() failure {
	var envelope struct {
		Error failure `json:"error"`
	}
	if json.Unmarshal(r.body, &envelope) != nil {
		return failure{}
	}
	return envelope.Error
}

// reason is what the operator is told of it: Stripe's own codes.
func (f failure) reason() string { return or(or(f.Decline, f.Code), f.Type) }

// expandable is a reference that Stripe writes as an id, or as the object
// itself where that was asked for.
type expandable[T any] struct {
	ID     string
	Object *T
}

// UnmarshalJSON reads null, an id or an object.
func (e *expandable[T]) UnmarshalJSON(b []byte) error {
	*e = expandable[T]{}
	switch {
	case string(b) == "null":
		return nil
	case len(b) > 0 && b[0] == '"':
		return json.Unmarshal(b, &e.ID)
	}
	var id struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(b, &id); err != nil {
		return err
	}
	e.ID, e.Object = id.ID, new(T)
	return json.Unmarshal(b, e.Object)
}
