package simulator

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/secret"
)

// A card of the payment sheet, and what becomes of a payment with it.
type card struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Says  string `json:"says"`
	Last4 string `json:"last4"`
	// Played names what the sheet does by itself, with no word of the shop's.
	Played string `json:"played,omitempty"`

	number string // at the sandbox
	static string // the sandbox's token that needs no card; "" when there is none
}

const approvedNumber = "4242424242424242"

// findCard is the card of an ID.
func findCard(id string) (card, bool) {
	for _, c := range cards {
		if c.ID == id {
			return c, true
		}
	}
	return card{}, false
}

// of is the card with a person's name on it.
func (c card) of(name string, now time.Time) client.Card {
	return client.Card{Number: secret.New(cmp.Or(c.number, approvedNumber)), ExpMonth: int(time.December), ExpYear: now.Year() + 2, Name: name}
}

var cards = []card{
	{ID: "approve", Title: "Approved", Says: "The payment goes through.", number: approvedNumber, static: "tok_visa"},
	{ID: "decline", Title: "Declined", Says: "The bank refuses. Try another card in the same sheet.", number: "4000000000000002", static: "tok_chargeDeclined"},
	{ID: "funds", Title: "Insufficient funds", Says: "Declined as well, for another reason.", number: "4000000000009995", static: "tok_chargeDeclinedInsufficientFunds"},
	{ID: "3ds", Title: "3-D Secure", Says: "The bank wants to see its customer first. See the switch of that name.", number: "4000002760003184", static: "tok_threeDSecure2Required"},
	{ID: "slow", Title: "Slow bank", Says: "Approved after a while.", number: "4000000000000077"},
	{ID: "broken", Title: "Lost connection", Says: "Charged, then the connection between shop and bank breaks.", number: "4000000000006975"},
	{ID: "timeout", Title: "Sheet times out", Says: "The payment goes through, and the sheet gives up before the answer.", Played: "timeout", number: approvedNumber, static: "tok_visa"},
	{ID: "lost", Title: "Answer lost", Says: "The sheet does not hear of the charge and asks again with the same token. There must be one order.", Played: "lost", number: approvedNumber, static: "tok_visa"},
	{ID: "double", Title: "Double click", Says: "Pays twice at once with one token. There must be one order.", Played: "double", number: approvedNumber, static: "tok_visa"},
	{ID: "out_of_stock", Title: "Sold out meanwhile", Says: "The sheet answers in the shop's place; the shop is not called.", Played: "out_of_stock"},
}

// offered are the cards that can be paid with here.
func (s *Simulator) offered() []card {
	out := slices.Clone(cards)
	out = slices.DeleteFunc(out, func(c card) bool { return c.Played != "out_of_stock" && s.token(c).IsZero() && s.agent == nil })
	for i := range out {
		if s.agent != nil && out[i].number != "" {
			out[i].Last4 = out[i].number[len(out[i].number)-4:]
		}
	}
	return out
}

// token is the unchanging token that stands for a card, if any.
func (s *Simulator) token(c card) secret.String {
	if s.Token.IsZero() {
		return secret.New(c.static)
	}
	if c.number == approvedNumber {
		return s.Token
	}
	return secret.String{} // a token of one's own is good for one thing
}

// allowanceLifetime is how long a token of the sheet may be used.
const allowanceLifetime = 15 * time.Minute

// due is what the sheet wants paid: a session's total, with a card.
type due struct {
	Card       string `json:"card"`
	SessionID  string `json:"session_id"`
	MerchantID string `json:"merchant_id"`
	Currency   string `json:"currency"`
	Amount     int64  `json:"amount"` // minor units
	Name       string `json:"name"`
}

// issue makes the token that the sheet pays with.
func (s *Simulator) issue(w http.ResponseWriter, r *http.Request) {
	var wish struct {
		due
		Billing *acp.Address `json:"billing_address"`
	}
	if !take(w, r, &wish) {
		return
	}
	c, ok := findCard(wish.Card)
	if !ok {
		refuse(w, http.StatusBadRequest, "There is no such test card.")
		return
	}
	if s.agent == nil {
		token := s.token(c)
		if token.IsZero() {
			refuse(w, http.StatusBadRequest, "This card needs a sandbox payment provider.")
			return
		}
		answer(w, map[string]string{"token": token.Reveal()})
		return
	}
	now := s.Now()
	token, err := s.agent.DelegatePayment(r.Context(), s.PSP.URL, s.PSP.Key, client.DelegateRequest{
		Card: c.of(wish.Name, now),
		Allowance: client.Allowance{MaxAmount: wish.Amount, Currency: wish.Currency, SessionID: wish.SessionID,
			MerchantID: wish.MerchantID, ExpiresAt: now.Add(allowanceLifetime)},
		Billing: wish.Billing})
	if err != nil {
		refuseFor(w, "gave no token", err)
		return
	}
	answer(w, map[string]string{"token": token.ID.Reveal()})
}

// refuseFor answers with what the sandbox did not do, and why.
func refuseFor(w http.ResponseWriter, failure string, err error) {
	why := err.Error()
	if refused := (*client.Error)(nil); errors.As(err, &refused) {
		why = refused.Message
	}
	refuse(w, http.StatusBadGateway, fmt.Sprintf("The sandbox %s: %s", failure, why))
}
