package servertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen/adyentest"
	"github.com/checkstand/checkstand/payment/braintree/braintreetest"
)

// Vault is a StandIn that keeps cards of the shop's customers. All of them are.
type Vault interface {
	StandIn
	// Keep keeps a card for a customer, named by a word, as the shop's own pages
	// would have done. CardPending is not among them.
	Keep(ctx context.Context, customer string, c Card) (payment.Stored, error)
	// Forget takes it away again.
	Forget(ctx context.Context, stored payment.Stored) error
}

func (d *sandboxDesk) Keep(ctx context.Context, customer string, c Card) (payment.Stored, error) {
	number, known := sandboxNumbers[c]
	if !known {
		return payment.Stored{}, fmt.Errorf("the sandbox has no card that is %s", c)
	}
	var card struct {
		ID string `json:"id"`
	}
	err := d.ask(ctx, http.MethodPost, "/v1/cards", http.StatusCreated, map[string]any{"merchant_id": accountID, "customer": customer,
		"number": number, "exp_month": 12, "exp_year": time.Now().Year() + 3}, &card)
	return payment.Stored{Customer: customer, Card: card.ID}, err
}

func (d *sandboxDesk) Forget(ctx context.Context, stored payment.Stored) error {
	return d.ask(ctx, http.MethodDelete, "/v1/cards/"+stored.Card, http.StatusOK, nil, nil)
}

// ask calls the sandbox as the shop does.
func (d *sandboxDesk) ask(ctx context.Context, method, path string, want int, body, into any) error {
	sent, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, d.world.PSPURL+path, bytes.NewReader(sent))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+d.world.PSPKey.Reveal())
	req.Header.Set("Idempotency-Key", id.New("idem", time.Now()))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != want {
		return fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

func (d *stripeDesk) Keep(_ context.Context, customer string, c Card) (payment.Stored, error) {
	return d.fake.Attach(customer, map[Card]string{CardApproved: "pm_card_visa", CardDeclined: "pm_card_visa_chargeDeclined",
		CardChallenged: "pm_card_authenticationRequired"}[c]), nil
}

func (d *stripeDesk) Forget(_ context.Context, stored payment.Stored) error {
	d.fake.Detach(stored.Card)
	return nil
}

func (d *adyenDesk) Keep(_ context.Context, customer string, c Card) (payment.Stored, error) {
	return d.fake.Store(customer, map[Card]adyentest.Outcome{CardApproved: adyentest.Authorised, CardDeclined: adyentest.Refused,
		CardChallenged: adyentest.NeedsSCA}[c]), nil
}

func (d *adyenDesk) Forget(_ context.Context, stored payment.Stored) error {
	d.fake.Disable(stored.Card)
	return nil
}

func (d braintreeDesk) Keep(_ context.Context, customer string, c Card) (payment.Stored, error) {
	return d.fake.Vault(customer, map[Card]braintreetest.Outcome{CardApproved: braintreetest.Approve, CardDeclined: braintreetest.DoNotHonor,
		CardChallenged: braintreetest.ThreeDSecure}[c]), nil
}

func (d braintreeDesk) Forget(_ context.Context, stored payment.Stored) error {
	d.fake.Delete(stored.Card)
	return nil
}
