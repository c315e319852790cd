package stripe

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// Ids of a customer and of a payment method that is attached to it. Stripe
// takes those of the older card and source objects as payment methods too.
var (
	customerForm = regexp.MustCompile(`^cus_[0-9A-Za-z]{1,251}$`)
	methodForm   = regexp.MustCompile(`^(?:pm|card|src)_[0-9A-Za-z]{1,250}$`)
)

// CheckStored implements payment.Vault.
func (p *Provider) CheckStored(s payment.Stored) error {
	switch err := s.Check(); {
	case err != nil:
		return err
	case !customerForm.MatchString(s.Customer):
		return errors.New("that is no customer of Stripe's: its id begins with cus_")
	case strings.HasPrefix(s.Card, testCards):
		return errors.New("that is one of Stripe's test cards, which belong to no customer: attach it to one, and give the id that it gets there")
	case !methodForm.MatchString(s.Card):
		return errors.New("that is no payment method of Stripe's: its id begins with pm_ (or card_ or src_)")
	}
	return nil
}

// versionFor is the API version for a charge: that of shared payment tokens
// knows less of everything else.
func (p *Provider) versionFor(body []byte) string {
	if sent, err := url.ParseQuery(string(body)); err == nil && sent.Has("customer") {
		return p.cfg.APIVersion
	}
	return p.cfg.TokenAPIVersion
}

// explainStored finds out whether a refused charge was refused for its card:
// the error has no code that tells it. otherwise is the class when the customer
// has the card, or when that could not be learned.
func (p *Provider) explainStored(ctx context.Context, customer, method string, f failure, otherwise payment.Class) (payment.Class, string) {
	r, err := p.do(ctx, call{method: http.MethodGet, path: []string{"v1", "customers", customer, "payment_methods", method}})
	if err != nil {
		return otherwise, f.reason()
	}
	var found struct {
		ID       string               `json:"id"`
		Customer expandable[struct{}] `json:"customer"`
	}
	switch {
	case r.status == http.StatusNotFound && r.failure().Code == "resource_missing",
		r.status == http.StatusOK && json.Unmarshal(r.body, &found) == nil && found.ID != "" && found.Customer.ID != customer:
		return payment.ClassTokenInvalid, "stored_card_missing"
	}
	return otherwise, f.reason()
}
