package server_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/savedcard"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// A purchase over HTTP with a saved card at each provider, from the reference
// that the shop keeps through the App to the provider's own books.
func TestEachProviderChargesSavedCards(t *testing.T) {
	t.Parallel()
	for _, name := range servertest.PSPs() {
		t.Run(name, func(t *testing.T) {
			var logs logBuffer
			shop := servertest.Start(t, servertest.Options{PSP: name, Log: slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
				UnknownBudget: time.Millisecond, Configure: func(cfg *config.Config) { cfg.Merchants[0].Agents[0].MayIdentifyCustomers = true }})
			agent := shop.Agent(t)
			var references []string
			// saved keeps a card for a customer at the provider and in the shop.
			saved := func(t *testing.T, customer string, card servertest.Card) *savedcard.Card {
				t.Helper()
				stored, err := shop.PSP.Keep(t.Context(), customer, card)
				must(t, err)
				references = append(references, stored.Card)
				now := time.Now().UTC()
				c := &savedcard.Card{ID: id.New(savedcard.Prefix, now), MerchantID: servertest.MerchantID, CustomerID: customer, Provider: name,
					Account: shop.Account().MerchantID, PSPCustomer: stored.Customer, PSPCard: stored.Card, Brand: "visa", Last4: "4242",
					ExpMonth: 12, ExpYear: now.Year() + 3, AddedBy: "test", CreatedAt: now}
				must(t, shop.Store.AddCard(t.Context(), c))
				return c
			}
			tokens := 0
			// opens opens a session as a customer; paying pays it with a card.
			opens := func(t *testing.T, customer string) *client.Session {
				t.Helper()
				cart := servertest.Cart(servertest.Mug)
				cart.Buyer.CustomerID, cart.Buyer.AuthenticationStatus = customer, "authenticated"
				s, err := agent.Create(t.Context(), cart)
				must(t, err)
				return s
			}
			paying := func(s *client.Session, c *savedcard.Card) servertest.Purchase {
				tokens++
				r := servertest.Payment(s, fmt.Sprint("vt_audit_", tokens))
				r.Buyer = nil // it was said when the session was made
				r.Payment.HandlerID, r.Payment.InstrumentType = c.ID, "seller_backed_saved_card"
				return servertest.Purchase{Session: s, Key: "saved-" + s.ID, Request: r}
			}

			t.Run("again and again", func(t *testing.T) {
				c := saved(t, "again", servertest.CardApproved)
				for range 2 {
					s := opens(t, "again")
					if len(s.Handlers) != 2 || s.Handlers[1].ID != c.ID || s.Handlers[1].DisplayName != "Visa ending in 4242" || strings.Contains(string(s.Raw), c.PSPCard) {
						t.Fatalf("%+v", s.Handlers)
					}
					got, err := agent.Pay(t.Context(), paying(s, c))
					if err != nil || got.Status != acp.Completed {
						t.Fatalf("%+v, %v", got, err)
					}
					bought(t, shop, s, name)
				}
			})
			t.Run("refused", func(t *testing.T) {
				for card, code := range map[servertest.Card]string{servertest.CardDeclined: "payment_declined", servertest.CardChallenged: "requires_3ds"} {
					customer := "refused" + string(card)
					c, s := saved(t, customer, card), opens(t, customer)
					got, err := agent.Pay(t.Context(), paying(s, c))
					if err != nil || got.Status != acp.ReadyForPayment || !got.HasCode(code) || booksOf(t, shop.World, s) != (servertest.Books{}) {
						t.Errorf("%s: %+v, %v", card, got, err)
					}
				}
			})
			t.Run("given up at the provider", func(t *testing.T) {
				c, s := saved(t, "forgotten", servertest.CardApproved), opens(t, "forgotten")
				must(t, shop.PSP.Forget(t.Context(), payment.Stored{Customer: c.PSPCustomer, Card: c.PSPCard}))
				got, err := agent.Pay(t.Context(), paying(s, c))
				if err != nil || got.Status != acp.ReadyForPayment || !got.HasCode("payment_declined") || !strings.Contains(got.Message(acp.ErrorMessage), "can no longer be used") ||
					booksOf(t, shop.World, s) != (servertest.Books{}) {
					t.Errorf("%+v, %v", got, err)
				}
			})
			t.Run("a lost answer", func(t *testing.T) {
				c, s := saved(t, "lost", servertest.CardApproved), opens(t, "lost")
				purchase := paying(s, c)
				loses(t, shop.World)
				if _, err := agent.Pay(t.Context(), purchase); err == nil {
					t.Error("an answer that was lost is taken for one")
				}
				if b := booksOf(t, shop.World, s); b.Charges != 1 {
					t.Fatalf("the stand-in took %+v: the test loses nothing", b)
				}
				persist(t, agent, purchase)
				bought(t, shop, s, name)
			})

			log := logs.String()
			if !strings.Contains(log, "payment settled") {
				t.Error("the log says nothing of the purchases: the test looks in the wrong place")
			}
			for _, secret := range append(references, "vt_audit_") {
				if strings.Contains(log, secret) {
					t.Errorf("the log shows %q", secret)
				}
			}
		})
	}
}
