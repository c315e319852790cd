package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server"
	"github.com/checkstand/checkstand/server/config"
)

// Where a sandbox that runs by itself gets its keys.
const (
	envSandboxAgentKey = "CHECKSTAND_TEST_SANDBOX_AGENT_KEY"
	envSandboxShopKey  = "CHECKSTAND_TEST_SANDBOX_SHOP_KEY"
	envSandboxHookKey  = "CHECKSTAND_TEST_SANDBOX_WEBHOOK_SECRET"
	envSandboxSigning  = "CHECKSTAND_TEST_SANDBOX_SIGNATURE_KEY"
)

// sandboxGrace is how long answers in flight may take when the sandbox stops.
const sandboxGrace = 5 * time.Second

// sandboxDesk is what the sandbox command was told.
type sandboxDesk struct {
	path, listen, data string
	accounts           []string
	slow               time.Duration
	agentKey, shopKey  secret.String
	madeKey            bool // agentKey is of this run
	publicURL          string
	webhooks           []string // ACCOUNT=URL, or URL where there is one account
}

func newSandbox() *cobra.Command {
	var d sandboxDesk
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Run the sandbox payment provider by itself",
		Long: `Run the sandbox payment provider by itself: delegate payment, charges, payment
pages and a ledger, with test cards that decide the outcome. It keeps its own
file, so that it outlives the shop.

Address, accounts and the shop's key are those of payment.test in the
configuration. Without a configuration, or for other keys, set

  ` + envSandboxShopKey + `    the shop's, for charges and the ledger
  ` + envSandboxAgentKey + `   the agent's, for delegate_payment (default: a new one)

With --webhook it reports what becomes of payments, signed with the secret in

  ` + envSandboxHookKey + `

Agents have to sign their requests to it once they share this secret with it:

  ` + envSandboxSigning + `

Card numbers, and what becomes of a payment with them:

` + testCards() + `
Tokens that need no card:

` + testTokens(sandbox.StaticTokens()) + `

Saved cards that every customer has, for 'checkstand cards add':

` + testTokens(sandbox.StaticCards()),
		Example: `  checkstand sandbox
  ` + envSandboxShopKey + `=… checkstand sandbox --listen 127.0.0.1:8090 --data sandbox.db --merchant acct_test`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := d.settle(c); err != nil {
				return err
			}
			return d.run(c)
		},
	}
	configFlag(c, &d.path)
	f := c.Flags()
	f.StringVar(&d.listen, "listen", "127.0.0.1:8090", "`HOST:PORT`, in place of the configuration's; port 0 picks a free one")
	f.StringVar(&d.data, "data", "sandbox.db", "`FILE` to keep tokens and charges in")
	f.StringSliceVar(&d.accounts, "merchant", []string{"acct_test"}, "`ID` of a shop's account, where no configuration says it; may be given several times")
	f.DurationVar(&d.slow, "slow-answer", sandbox.DefaultSlow, "how long the slow test card takes")
	f.StringVar(&d.publicURL, "public-url", "", "`URL` at which buyers reach it, for payment pages (default: where the shop reaches it)")
	f.StringArrayVar(&d.webhooks, "webhook", nil, "`ACCOUNT=URL` to report what becomes of an account's payments to; the URL alone where there is one account; may be given several times")
	return c
}

// settle puts together flags, environment and configuration.
func (d *sandboxDesk) settle(c *cobra.Command) error {
	d.agentKey, d.shopKey = secret.New(os.Getenv(envSandboxAgentKey)), secret.New(os.Getenv(envSandboxShopKey))
	if d.madeKey = d.agentKey.IsZero(); d.madeKey {
		d.agentKey = secret.New(id.Secret("sbx_agent"))
	}
	if !d.shopKey.IsZero() {
		return nil
	}
	cfg, err := loadConfig(c, d.path)
	if err != nil {
		return err
	}
	at := ""
	if d.accounts, d.shopKey, at, err = sandboxOf(cfg); err != nil {
		return err
	}
	if u, err := url.Parse(at); err == nil && u.Scheme == "http" && u.Port() != "" && !c.Flags().Changed("listen") {
		d.listen = u.Host
	}
	return nil
}

// sandboxOf finds the one sandbox that the shops of a configuration pay
// through: their accounts, the key to it and its URL.
func sandboxOf(cfg *config.Config) (accounts []string, key secret.String, at string, err error) {
	first := ""
	for i := range cfg.Merchants {
		m := &cfg.Merchants[i]
		p := &m.Payment.Test
		if p.Provider != "sandbox" {
			continue
		}
		if first == "" {
			first, key, at = m.ID, p.Key, p.URL
		}
		if p.Key != key || p.URL != at {
			return nil, key, "", fmt.Errorf("shops %s and %s have different sandboxes in payment.test; run each with its key in %s, and --merchant and --listen", first, m.ID, envSandboxShopKey)
		}
		accounts = append(accounts, p.MerchantID)
	}
	if first == "" {
		return nil, key, "", errors.New("no shop of the configuration pays through a sandbox; write payment.test with provider: sandbox")
	}
	return accounts, key, at, nil
}

func (d *sandboxDesk) run(c *cobra.Command) (err error) {
	ctx := c.Context()
	psp, err := sandbox.Open(ctx, sandbox.Config{Path: d.data, MerchantIDs: d.accounts, Name: "sandbox", Now: time.Now, SlowAnswer: d.slow,
		AgentKey: d.agentKey, MerchantKey: d.shopKey, SignatureKey: secret.New(os.Getenv(envSandboxSigning)), PublicURL: d.publicURL, Log: quietLogger(c.ErrOrStderr(), false)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, psp.Close()) }()
	for _, given := range d.webhooks {
		if err := d.report(ctx, psp, given); err != nil {
			return err
		}
	}
	ln, err := server.Listen(ctx, d.listen, "--listen")
	if err != nil {
		return err
	}
	if err := d.tell(c, ln.Addr()); err != nil {
		return errors.Join(err, ln.Close())
	}
	srv := psp.Server()
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), sandboxGrace)
		defer cancel()
		if srv.Shutdown(grace) != nil {
			_ = srv.Close() // what is left is finished by the next Open
		}
	})
	defer stop()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// report sets an account's webhook as --webhook gives it.
func (d *sandboxDesk) report(ctx context.Context, psp *sandbox.PSP, given string) error {
	account, address, named := strings.Cut(given, "=")
	if !named || strings.Contains(account, "://") {
		if len(d.accounts) != 1 {
			return fmt.Errorf("--webhook %s: there are %d accounts; write ACCOUNT=URL", given, len(d.accounts))
		}
		account, address = d.accounts[0], given
	}
	key := secret.New(os.Getenv(envSandboxHookKey))
	if key.IsZero() {
		return fmt.Errorf("--webhook needs the secret to sign with: set %s", envSandboxHookKey)
	}
	err := psp.SetWebhook(ctx, sandbox.Webhook{MerchantID: account, URL: address, Secret: key})
	if refusal, ok := errors.AsType[*acp.Error](err); ok {
		return fmt.Errorf("--webhook %s: %s %s", given, refusal.Param, refusal.Message)
	}
	return err
}

func (d *sandboxDesk) tell(c *cobra.Command, at net.Addr) error {
	p := printer{w: c.OutOrStdout()}
	p.f("The sandbox takes payments at http://%s\n\n", at)
	p.f("  Accounts     %s\n", strings.Join(d.accounts, ", "))
	if d.madeKey {
		p.f("  Agent's key  %s   for this run; %s sets another\n", d.agentKey.Reveal(), envSandboxAgentKey)
	} else {
		p.f("  Agent's key  as in %s\n", envSandboxAgentKey)
	}
	p.f("\nStop with Ctrl-C.\n")
	return p.err
}

func testCards() string {
	var b strings.Builder
	for _, card := range sandbox.TestCards() {
		fmt.Fprintf(&b, "  %-16s  %s, %s\n", card.Number, card.Brand, card.Says)
	}
	return b.String()
}

func testTokens(list []sandbox.StaticToken) string {
	var names []string
	for _, t := range list {
		names = append(names, "  "+t.Token)
	}
	return strings.Join(names, "\n")
}
