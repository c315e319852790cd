package server_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// companies are the PSPs that are not the sandbox.
func companies() []string { return servertest.PSPs()[1:] }

// openShop starts a server whose shop has an account at a provider's stand-in.
func openShop(t *testing.T, provider string, logs *logBuffer, configure ...func(*config.PaymentConfig)) *servertest.Server {
	t.Helper()
	log := slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return servertest.Start(t, servertest.Options{PSP: provider, Log: log, UnknownBudget: time.Millisecond, Configure: func(cfg *config.Config) {
		for _, change := range configure {
			change(&cfg.Merchants[0].Payment.Test)
		}
		for _, problem := range cfg.Validate() {
			if strings.Contains(problem.Path, ".payment") {
				t.Errorf("the configuration: %s", problem)
			}
		}
	}})
}

// mint has the stand-in make a token.
func mint(t *testing.T, w *servertest.World, s *client.Session, c servertest.Card) string {
	t.Helper()
	token, err := w.PSP.Mint(t.Context(), s, c)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// breaks makes faults befall the stand-in.
func breaks(t *testing.T, w *servertest.World, faults ...servertest.Fault) {
	t.Helper()
	if err := w.PSP.Break(t.Context(), faults...); err != nil {
		t.Fatal(err)
	}
}

// loses makes the provider charge and lose its answers to the next sales.
func loses(t *testing.T, w *servertest.World) {
	t.Helper()
	breaks(t, w, servertest.AnswerLost, servertest.LookupFails)
}

func booksOf(t *testing.T, w *servertest.World, s *client.Session) servertest.Books {
	t.Helper()
	b, err := w.PSP.Books(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A purchase over HTTP with each provider, as a deployment has it: from the
// configuration through the App to the provider's own books.
func TestEachProviderTakesPayments(t *testing.T) {
	t.Parallel()
	for _, name := range companies() {
		t.Run(name, func(t *testing.T) {
			var logs logBuffer
			shop := openShop(t, name, &logs)
			account := shop.Account()
			agent := shop.Agent(t)
			var tokens []string
			minted := func(s *client.Session, c servertest.Card) string {
				token := mint(t, shop.World, s, c)
				tokens = append(tokens, token)
				return token
			}

			t.Run("approved", func(t *testing.T) {
				s := agent.Open(t, servertest.Mug)
				if len(s.Handlers) == 0 || s.Handlers[0].PSP != name || s.Handlers[0].MerchantID != account.MerchantID {
					t.Errorf("agents are told to pay with %+v", s.Handlers)
				}
				pay(t, agent, s, minted(s, servertest.CardApproved))
				bought(t, shop, s, name)
			})
			t.Run("refused, then approved", func(t *testing.T) {
				for o, code := range map[servertest.Card]string{servertest.CardDeclined: "payment_declined", servertest.CardChallenged: "requires_3ds"} {
					s := agent.Open(t, servertest.Mug)
					got, err := agent.Complete(t.Context(), s.ID, servertest.Payment(s, minted(s, o)))
					if err != nil {
						t.Fatal(err)
					}
					if got.Status != acp.ReadyForPayment || !got.HasCode(code) || booksOf(t, shop.World, s) != (servertest.Books{}) {
						t.Errorf("%s; want %s, with nothing taken but %+v", got.Raw, code, booksOf(t, shop.World, s))
					}
					pay(t, agent, s, minted(s, servertest.CardApproved))
					bought(t, shop, s, name)
				}
			})
			t.Run("a lost answer", func(t *testing.T) {
				s := agent.Open(t, servertest.Mug)
				purchase := servertest.Purchase{Session: s, Key: "lost-" + s.ID, Request: servertest.Payment(s, minted(s, servertest.CardApproved))}
				loses(t, shop.World)
				_, err := agent.Pay(t.Context(), purchase)
				refused, ok := errors.AsType[*client.Error](err)
				if !ok || refused.HTTPStatus != http.StatusServiceUnavailable {
					t.Fatalf("%v; want 503, as nobody knows", err)
				}
				if b := booksOf(t, shop.World, s); b.Charges != 1 {
					t.Fatalf("the stand-in took %+v: the test loses nothing", b)
				}
				persist(t, agent, purchase)
				bought(t, shop, s, name)
			})
			t.Run("another amount", func(t *testing.T) {
				s := agent.Open(t, servertest.Mug)
				purchase := servertest.Purchase{Session: s, Key: "wrong-" + s.ID, Request: servertest.Payment(s, minted(s, servertest.CardApproved))}
				breaks(t, shop.World, servertest.WrongAmount)
				if _, err := agent.Pay(t.Context(), purchase); err == nil {
					t.Error("an answer that tells another amount is taken")
				}
				if o := shop.Outcome(t, s.ID); o.Open != 1 || o.Orders != 0 {
					t.Errorf("%+v; want a payment that is not known", o)
				}
				persist(t, agent, purchase)
				bought(t, shop, s, name)
			})
			for _, paid := range []bool{true, false} {
				t.Run(fmt.Sprintf("undecided, then paid: %v", paid), func(t *testing.T) {
					s := agent.Open(t, servertest.Mug)
					purchase := servertest.Purchase{Session: s, Key: "pending-" + s.ID, Request: servertest.Payment(s, minted(s, servertest.CardPending))}
					got, err := agent.Pay(t.Context(), purchase)
					if err == nil && got.Status != acp.CompleteInProgress {
						t.Errorf("before it is decided: %s", got.Raw)
					}
					if o := shop.Outcome(t, s.ID); o.Open != 1 || o.Orders != 0 {
						t.Errorf("%+v; want a payment that is not decided", o)
					}
					a := attemptOf(t, shop, s)
					shop.PSP.(servertest.Undecided).Settle(t, a, paid)
					for _, call := range shop.PSP.Webhooks(a.ID) {
						if status, body := callBack(t, shop, webhookOfTestMode, call); status != http.StatusOK {
							t.Errorf("%d %q", status, body)
						}
					}
					servertest.Eventually(t, webhookTime, func() error {
						o := shop.Outcome(t, s.ID)
						if o.Open != 0 {
							return fmt.Errorf("%+v", o)
						}
						return o.Lawful()
					})
					if o := shop.Outcome(t, s.ID); (o.Orders == 1) != paid {
						t.Errorf("%+v", o)
					}
				})
			}

			log := logs.String()
			if !strings.Contains(log, "payment settled") {
				t.Error("the log says nothing of the purchases: the test looks in the wrong place")
			}
			for _, secret := range append(tokens, account.Key.Reveal(), servertest.Buyer().Email) {
				if strings.Contains(log, secret) {
					t.Errorf("the log shows %q", secret)
				}
			}
		})
	}
}

// A key that the provider does not know is the shop's fault, and said so.
func TestAWrongKeyIsTheShopsFault(t *testing.T) {
	t.Parallel()
	for name, wrongKey := range map[string]string{"stripe": "sk_test_of_somebody_else", "adyen": "AQEofSomebodyElse", "braintree": "key_of_somebody_else"} {
		t.Run(name, func(t *testing.T) {
			var logs logBuffer
			shop := openShop(t, name, &logs, func(p *config.PaymentConfig) { p.Key = secret.New(wrongKey) })
			agent := shop.Agent(t)
			s := agent.Open(t, servertest.Mug)
			_, err := agent.Complete(t.Context(), s.ID, servertest.Payment(s, mint(t, shop.World, s, servertest.CardApproved)))
			refused, ok := errors.AsType[*client.Error](err)
			if !ok || refused.HTTPStatus != http.StatusInternalServerError || refused.Code != "payment_provider_error" {
				t.Errorf("%v; want 500 payment_provider_error", err)
			}
			if b := booksOf(t, shop.World, s); b != (servertest.Books{}) {
				t.Errorf("took %+v", b)
			}
			if _, err := shop.Store.OrderOfSession(t.Context(), servertest.MerchantID, s.ID); !errors.Is(err, checkout.ErrNotFound) {
				t.Errorf("an order: %v", err)
			}
			if strings.Contains(logs.String(), wrongKey) {
				t.Error("the log shows the key")
			}
		})
	}
}

// persist repeats a payment, as an agent does, until it is bought.
func persist(t *testing.T, agent *servertest.Agent, purchase servertest.Purchase) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got, err := servertest.Persist(ctx, func() (*client.Session, error) { return agent.Pay(ctx, purchase) })
	if err != nil || got.Status != acp.Completed {
		t.Fatalf("%+v, %v", got, err)
	}
}

func pay(t *testing.T, agent *servertest.Agent, s *client.Session, token string) {
	t.Helper()
	got, err := agent.Complete(t.Context(), s.ID, servertest.Payment(s, token))
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != acp.Completed || got.Order == nil {
		t.Fatalf("not bought: %s", got.Raw)
	}
}

// bought checks that the shop's database and the provider's books agree on one
// order and one charge of its total.
func bought(t *testing.T, shop *servertest.Server, s *client.Session, provider string) {
	t.Helper()
	o := shop.Outcome(t, s.ID)
	if err := o.Bought(); err != nil || o.Total != s.Total {
		t.Fatalf("%+v, %v; want %d once", o, err, s.Total)
	}
	attempts, err := shop.Store.SessionAttempts(t.Context(), servertest.MerchantID, s.ID)
	if err != nil {
		t.Fatal(err)
	}
	paid := 0
	for _, a := range attempts {
		if a.Provider != provider || a.State.Live() {
			t.Errorf("an attempt at %s is %s", a.Provider, a.State)
		}
		if a.State == payment.Captured && a.Captured == s.Total && a.PSPRef != "" {
			paid++
		}
	}
	if paid != 1 {
		t.Errorf("%d attempts captured the total; want one", paid)
	}
}
