package soak

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
)

// bank is the provider's side of one shop's account: its stand-in, seen from
// behind the counter. Amounts are in the shop's minor units.
type bank interface {
	// provider is the adapter for the account.
	provider() payment.Provider
	// account is the shop's id at the provider.
	account() string
	// mint makes a token for one session, as an agent's wallet does.
	mint(ctx context.Context, a paymenttest.Allowance) (string, error)
	// statement is what the provider itself says of the sessions.
	statement(ctx context.Context, sessions []string) (map[string]books, error)
	// reference is the provider's id of the payment of an attempt, as somebody
	// finds it in the provider's dashboard; "" when there is none.
	reference(ctx context.Context, session, attempt string) (string, error)
	// webhooks takes the calls that wait to be made.
	webhooks() []payment.WebhookRequest
	// sign makes a call good for now; a provider signs when it calls.
	sign(payment.WebhookRequest) payment.WebhookRequest
	// pass tells that time has gone on.
	pass(d time.Duration)
	// settle lets the provider finish what it has accepted.
	settle()
	// slow reports whether there are payments that are decided about later.
	slow() bool
	// elsewhere is the provider's own dashboard; nil where there is none.
	elsewhere() elsewhere
	// units converts minor units into those of the dashboard.
	units(minor int64) int64
}

// elsewhere is what people do at the provider itself.
type elsewhere interface {
	Keep(customer string, ends paymenttest.Outcome) payment.Stored // of a card
	Forget(payment.Stored)
	EndHold(ref string)
	RefundElsewhere(ref string, units int64)
	Dispute(ref string) (disputeID string)
	CloseDispute(disputeID string, won bool)
	Decide(paid bool) // of slow payments
}

// books are what a provider knows of one session, in minor units.
type books struct {
	charges int   // payments that hold or took money
	in      int64 // held, or taken
	out     int64 // given back, of in
}

// lookUp is the client with which the simulation itself asks; no fault strikes
// it.
var lookUp = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: idleConns, IdleConnTimeout: idleLifetime}}

// call asks a stand-in past the wire, and reads its JSON.
func call(ctx context.Context, method, address string, header http.Header, body string, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = header
	resp, err := lookUp.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %w", method, req.URL.Path, refusal(resp.StatusCode))
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// refusal is the status of an answer that is none of success.
type refusal int

func (r refusal) Error() string { return http.StatusText(int(r)) }
