package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/savedcard"
	"github.com/checkstand/checkstand/secret"
)

// declinedError is a purchase that the payment provider said no to.
type declinedError struct{ message string }

func (e declinedError) Error() string { return e.message }

// purchaseFlags are what the buy command was told.
type purchaseFlags struct {
	version, item, option, card, token, currency, country string
	bank, customer, payWith                               string
	psp, webhookLog, merchantAccount                      string
	quantity                                              int64
	timeout                                               time.Duration
	asJSON, browser                                       bool
}

func newBuy() *cobra.Command {
	var f purchaseFlags
	c := &cobra.Command{
		Use:   "buy URL",
		Short: "Buy something as an AI agent does",
		Long: `Buy something from any server that speaks the Agentic Commerce Protocol, as an
AI agent does: discovery, session, address, delivery, delegated payment,
completion, webhook; and 3-D Secure, where the card's bank wants it. Every step
is printed. With --browser the payment is left to you: the link of the shop's
checkout page is printed instead.

The agent's key is read from CHECKSTAND_API_KEY, its key at the payment provider
from CHECKSTAND_PSP_KEY, and the shop's key at a sandbox, to count the charges,
from CHECKSTAND_LEDGER_KEY. A Checkstand demo on this machine needs none of
them: it tells.`,
		Example: `  checkstand buy http://127.0.0.1:8080
  checkstand buy --browser http://127.0.0.1:8080
  checkstand buy --item mug-stoneware-sand --quantity 2 --card 4000000000000002 http://127.0.0.1:8080
  checkstand buy --card 4000002760003184 --bank refuse http://127.0.0.1:8080
  checkstand buy --customer cus_1 --pay-with saved_card http://127.0.0.1:8080
  CHECKSTAND_API_KEY=csk_test_… checkstand buy --item sku-1 --token tok_visa https://shop.example.com
  CHECKSTAND_API_KEY=csk_test_… CHECKSTAND_PSP_KEY=… checkstand buy --item sku-1 --psp https://psp.example.com https://shop.example.com`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(c); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context(), f.timeout)
			defer cancel()
			cfg, err := f.config(ctx, c.ErrOrStderr(), args[0])
			if err != nil {
				return err
			}
			out := c.OutOrStdout()
			var faulty error
			result, err := client.Purchase(ctx, cfg, func(s client.Step) {
				faulty = errors.Join(faulty, f.printStep(out, s))
			})
			if result != nil {
				faulty = errors.Join(faulty, f.printResult(out, result))
			}
			switch {
			case errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil && c.Context().Err() == nil:
				return fmt.Errorf("not done within --timeout %v: %w", f.timeout, err)
			case err != nil:
				return err
			case faulty != nil:
				return faulty
			case result.Status != acp.Completed && !f.browser:
				return declinedError{result.Message}
			}
			return nil
		},
	}
	fl := c.Flags()
	fl.BoolVar(&f.browser, "browser", false, "print the link of the shop's checkout page instead of paying")
	fl.BoolVar(&f.asJSON, "json", false, "print one JSON object a step, and one for the result")
	fl.StringVar(&f.version, "api-version", string(acp.V20260417), "API `VERSION` to speak")
	fl.StringVar(&f.item, "item", "", "`ID` of the item (default: the first that a demo offers)")
	fl.Int64Var(&f.quantity, "quantity", 1, "how many")
	fl.StringVar(&f.option, "delivery", "", "`ID` of a delivery option (default: the preselected or cheapest)")
	fl.StringVar(&f.currency, "currency", "", "`CODE` of the session's currency (default: what the shop says that it sells in)")
	fl.StringVar(&f.country, "country", "US", "`CODE` of the country that the test buyer lives in")
	fl.StringVar(&f.card, "card", "4242424242424242", "test card `NUMBER` to pay with")
	fl.StringVar(&f.bank, "bank", "confirm", "the buyer's `ANSWER` when the bank asks about the payment (3-D Secure): confirm, refuse, cancel, or ask, which prints a link for you")
	fl.StringVar(&f.token, "token", "", "payment `TOKEN` to pay with instead, such as tok_visa")
	fl.StringVar(&f.customer, "customer", "", "`ID` of a customer of the shop, to be signed in as; the shop has to believe this agent")
	fl.StringVar(&f.payWith, "pay-with", "", "payment `HANDLER` to pay with instead of a card: its ID, or saved_card, gift_card, points or store_credit")
	fl.StringVar(&f.psp, "psp", "", "`URL` of the payment provider's delegate payment API")
	fl.StringVar(&f.merchantAccount, "merchant-account", "", "the shop's account `ID` at the payment provider, where the session does not name it")
	fl.StringVar(&f.webhookLog, "webhook-log", "", "`URL` of a list of received webhooks, to wait for the order's")
	fl.DurationVar(&f.timeout, "timeout", 2*time.Minute, "limit of the whole purchase")
	return c
}

// check refuses values that no purchase can have.
func (f *purchaseFlags) check(c *cobra.Command) error {
	switch {
	case !slices.Contains(client.Versions(), acp.Version(f.version)):
		return badFlag(c, "api-version", "%q is not known; use one of %s", f.version, joinVersions(client.Versions()))
	case f.quantity < 1 || f.quantity > acp.MaxQuantity:
		return badFlag(c, "quantity", "%d is not a quantity; use 1 to %d", f.quantity, acp.MaxQuantity)
	case testAddress(f.country) == nil:
		return badFlag(c, "country", "%q is not one that a test buyer lives in; use one of %s", f.country, testCountries())
	case !slices.Contains(bankAnswers, f.bank):
		return badFlag(c, "bank", "%q is no answer to a bank; use one of %s", f.bank, strings.Join(bankAnswers, ", "))
	case f.timeout <= 0:
		return badFlag(c, "timeout", "%v is no time at all; use a duration such as 2m", f.timeout)
	case f.payWith != "" && (f.browser || f.token != "" || c.Flags().Changed("card")):
		return badFlag(c, "pay-with", "is a way to pay of its own; leave --browser, --card and --token out")
	case (f.payWith != "" || f.customer != "") && f.version < string(acp.V20260130):
		return badFlag(c, "api-version", "%s has no payment handlers and no customers; use %s or a later one", f.version, acp.V20260130)
	case f.browser && (f.token != "" || c.Flags().Changed("card")):
		return badFlag(c, "browser", "the payment is made on the page; leave --card and --token out")
	case f.token != "" && c.Flags().Changed("card"):
		return badFlag(c, "card", "a payment is by card or by --token; give one of them")
	case f.token == "" && (f.card == "" || strings.Trim(cardDigits.Replace(f.card), "0123456789") != ""):
		return badFlag(c, "card", "a card number has digits only; 'checkstand sandbox --help' lists those that can be used")
	case f.token == "" && !isCardNumber(cardDigits.Replace(f.card)):
		return badFlag(c, "card", "a card number has 12 to 19 digits, the last of which checks the others; 'checkstand sandbox --help' lists those that can be used")
	}
	return nil
}

// bankAnswers are the words of --bank.
var bankAnswers = []string{"confirm", "refuse", "cancel", "ask"}

// answer is the buyer whom the bank asks about the payment.
func (f *purchaseFlags) answer(out io.Writer) func(context.Context, *client.Client, client.ChallengeAction) error {
	if f.bank != "ask" {
		action := f.bank
		if action == "confirm" {
			action = "approve"
		}
		return client.AnswerChallenge(action)
	}
	return func(_ context.Context, _ *client.Client, q client.ChallengeAction) error {
		_, err := fmt.Fprintf(out, "The bank asks about the payment. Open this in a browser and answer:\n\n  %s?creq=%s\n\n", q.URL, q.Request())
		return err
	}
}

// welcome serves, on loopback and until ctx ends, the page that a buyer's
// browser comes to once the bank has its answer. The answer itself is read at
// the provider.
func welcome(ctx context.Context) (address string, err error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	srv := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "The bank has your answer. You can close this window.\n") // whoever hung up gets nothing
	})}
	context.AfterFunc(ctx, func() { _ = srv.Close() }) // nobody is waiting any more
	go func() { _ = srv.Serve(ln) }()                  // ends with Close
	return "http://" + ln.Addr().String() + "/", nil
}

// isCardNumber reports whether digits can be the number of a card, by its length
// and its check digit (ISO/IEC 7812).
func isCardNumber(digits string) bool {
	return len(digits) >= 12 && len(digits) <= 19 && secret.CheckDigit(digits)
}

var cardDigits = strings.NewReplacer(" ", "", "-", "")

func joinVersions(list []acp.Version) string {
	var words []string
	for _, v := range list {
		words = append(words, string(v))
	}
	return strings.Join(words, ", ")
}

// config puts together flags, environment and what a demo tells.
func (f *purchaseFlags) config(ctx context.Context, out io.Writer, base string) (client.PurchaseConfig, error) {
	key, pspKey, ledgerKey := os.Getenv("CHECKSTAND_API_KEY"), os.Getenv("CHECKSTAND_PSP_KEY"), os.Getenv("CHECKSTAND_LEDGER_KEY")
	cfg := client.PurchaseConfig{OnPage: f.browser, ItemID: f.item, Quantity: f.quantity, Option: f.option, Currency: f.currency,
		PSPURL: f.psp, MerchantID: f.merchantAccount, WebhookLogURL: f.webhookLog,
		Address: testAddress(f.country), PSPKey: secret.New(pspKey), LedgerKey: secret.New(ledgerKey), Token: secret.New(f.token)}
	demo, err := client.DemoInfo(ctx, base)
	switch {
	case err == nil:
		key = first(key, demo.APIKey.Reveal())
		cfg.PSPURL, cfg.MerchantID, cfg.WebhookLogURL = first(cfg.PSPURL, demo.SandboxURL), first(cfg.MerchantID, demo.MerchantID), first(cfg.WebhookLogURL, demo.WebhookLogURL)
		cfg.PSPKey, cfg.LedgerKey = secret.New(first(pspKey, demo.SandboxKey.Reveal())), secret.New(first(ledgerKey, demo.LedgerKey.Reveal()))
	case !errors.Is(err, client.ErrNotDemo):
		return cfg, err
	}
	if key == "" {
		return cfg, errors.New("CHECKSTAND_API_KEY is not set; set it to the key that the shop gave the agent ('checkstand keys create' makes one)")
	}
	if f.browser {
		cfg.Client, err = f.client(base, key)
		return cfg, err
	}
	if f.customer != "" {
		buyer := client.TestBuyer()
		buyer.CustomerID, buyer.AuthenticationStatus = f.customer, "authenticated"
		cfg.Buyer = &buyer
	}
	if cfg.PayWith = f.payWith; f.payWith != "" {
		if f.payWith != "saved_card" && !strings.HasPrefix(f.payWith, savedcard.Prefix+"_") {
			cfg.LedgerKey = secret.String{} // what the shop owes is in no book of its payment provider
		}
		if cfg.LedgerKey.IsZero() {
			cfg.PSPURL = ""
		}
		cfg.Client, err = f.client(base, key)
		return cfg, err
	}
	if f.token == "" && (cfg.PSPURL == "" || cfg.PSPKey.IsZero()) {
		return cfg, errors.New("a card needs a payment provider that makes a payment token of it: name it with --psp and set CHECKSTAND_PSP_KEY to the agent's key there; or pay with a test token, --token tok_visa")
	}
	if cfg.Answer = f.answer(out); f.bank == "ask" {
		if cfg.NotifyURL, err = welcome(ctx); err != nil {
			return cfg, err
		}
	}
	if f.token == "" {
		cfg.Card = client.Card{Number: secret.New(cardDigits.Replace(f.card)), ExpMonth: 12, ExpYear: time.Now().Year() + 3, CVC: secret.New("123")}
	} else if cfg.LedgerKey.IsZero() {
		cfg.PSPURL = ""
	}
	cfg.Client, err = f.client(base, key)
	return cfg, err
}

func (f *purchaseFlags) client(base, key string) (*client.Client, error) {
	return client.New(client.Config{BaseURL: base, APIKey: secret.New(key), Version: acp.Version(f.version), UserAgent: "checkstand-buy/" + buildVersion()})
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// stepLine is a step for machines; fields are only ever added.
type stepLine struct {
	Step       string  `json:"step"`
	OK         bool    `json:"ok"`
	Skipped    bool    `json:"skipped,omitempty"`
	HTTPStatus int     `json:"http_status,omitempty"`
	Status     string  `json:"status,omitempty"`
	SessionID  string  `json:"session_id,omitempty"`
	Total      int64   `json:"total,omitempty"`
	Attempts   int     `json:"attempts,omitempty"`
	MS         float64 `json:"ms"`
	Detail     string  `json:"detail,omitempty"`
	Error      string  `json:"error,omitempty"`
}

// resultLine is the last line for machines; fields are only ever added.
type resultLine struct {
	OrderID     string `json:"order_id"`
	OrderNumber string `json:"order_number,omitempty"`
	Permalink   string `json:"permalink_url,omitempty"`
	SessionID   string `json:"session_id"`
	Status      string `json:"status"`
	Total       int64  `json:"total"`
	Currency    string `json:"currency"`
	Charges     int    `json:"charges"` // -1 when the ledger was not asked
	Webhook     bool   `json:"webhook"`
	Message     string `json:"message,omitempty"`
	CheckoutURL string `json:"checkout_url,omitempty"`
}

func (f *purchaseFlags) printStep(w io.Writer, s client.Step) error {
	if f.asJSON {
		line := stepLine{Step: s.Name, OK: s.Err == nil, Skipped: s.Skipped, HTTPStatus: s.HTTPStatus, Status: string(s.Status),
			Attempts: s.Attempts, MS: float64(s.Duration.Microseconds()) / 1000, Detail: s.Detail}
		if s.Session != nil {
			line.SessionID, line.Total = s.Session.ID, s.Session.Total
		}
		if s.Err != nil {
			line.Error = s.Err.Error()
		}
		return printJSON(w, line)
	}
	mark, detail := "ok  ", s.Detail
	switch {
	case s.Err != nil:
		mark, detail = "FAIL", s.Err.Error()
	case s.Skipped:
		mark = "-   "
	}
	_, err := fmt.Fprintf(w, "%s  %-17s %6s  %s\n", mark, s.Name, s.Duration.Round(time.Millisecond), detail)
	return err
}

func (f *purchaseFlags) printResult(w io.Writer, r *client.Result) error {
	if f.asJSON {
		return printJSON(w, resultLine{OrderID: r.OrderID, OrderNumber: r.OrderNumber, Permalink: r.Permalink, SessionID: r.SessionID,
			Status: string(r.Status), Total: r.Total, Currency: r.Currency, Charges: r.Charges, Webhook: r.Webhook, Message: r.Message, CheckoutURL: r.CheckoutURL})
	}
	p := printer{w: w}
	p.f("\n")
	switch {
	case r.Status == acp.Completed:
		p.f("Bought. Order %s over %s", first(r.OrderNumber, r.OrderID), money.English(r.Total, r.Currency))
		if r.Charges >= 0 {
			p.f(", charged %s", times(r.Charges))
		}
		p.f(".\n")
		if r.Permalink != "" {
			p.f("See it at %s\n", r.Permalink)
		}
	case r.CheckoutURL != "":
		p.f("Open this in a browser, to see what it costs and pay by hand:\n\n  %s\n", r.CheckoutURL)
	case r.SessionID != "":
		p.f("Not bought; session %s is %s", r.SessionID, r.Status)
		switch {
		case r.Charges == 0:
			p.f(", and nothing was charged")
		case r.Charges > 0:
			p.f(", and was charged %s", times(r.Charges))
		}
		p.f(".\n")
		if r.Message != "" {
			p.f("%s\n", r.Message)
		}
	}
	return p.err
}

func times(n int) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
