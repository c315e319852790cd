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
	"github.com/checkstand/checkstand/payment/paymenttest"
)

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

// keeper is the vault of a stand-in.
type keeper struct{ of paymenttest.StandIn }

func (k keeper) Keep(_ context.Context, customer string, c Card) (payment.Stored, error) {
	return k.of.Keep(customer, map[Card]paymenttest.Outcome{CardApproved: paymenttest.Approve, CardDeclined: paymenttest.Decline,
		CardChallenged: paymenttest.Authentication}[c]), nil
}

func (k keeper) Forget(_ context.Context, stored payment.Stored) error {
	k.of.Forget(stored)
	return nil
}
