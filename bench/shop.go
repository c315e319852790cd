package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/feed"
	"github.com/checkstand/checkstand/feed/feedtest"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/store"
)

const (
	merchantID = "bench"
	accountID  = "acct_bench"
	agentName  = "bench-agent"

	catalogueSize = 2000
	plenty        = 1_000_000 // units of each item, so that none sells out
)

// shop is a real server with everything a purchase needs: an App as
// `checkstand serve` builds it, the sandbox PSP on its own listener, a filled
// catalogue, and a credential that has to sign each request.
type shop struct {
	app     *server.App
	psp     *sandbox.PSP
	pspHTTP *http.Server
	pspURL  string
	pspKey  secret.String // the agent's
	wallet  *client.Client
	ln      net.Listener
	log     *os.File
	agent   agent
	items   []string // ids
	stop    func() error
}

// openShop builds the server; serve makes it answer.
func openShop(ctx context.Context, database, dir string) (_ *shop, err error) {
	s := &shop{pspKey: secret.New(id.Secret("sbx_agent")), stop: func() error { return nil }}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	// Lines are written as in production, to where nobody reads them.
	if s.log, err = os.OpenFile(os.DevNull, os.O_WRONLY, 0); err != nil {
		return nil, err
	}
	log := slog.New(slog.NewJSONHandler(s.log, nil))
	merchantKey := secret.New(id.Secret("sbx_shop"))
	if s.psp, err = sandbox.Open(ctx, sandbox.Config{Path: filepath.Join(dir, "sandbox.db"), AgentKey: s.pspKey, MerchantKey: merchantKey,
		MerchantIDs: []string{accountID}, Name: "sandbox", Now: time.Now, Log: log}); err != nil {
		return nil, err
	}
	pspListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.pspHTTP, s.pspURL = s.psp.Server(), "http://"+pspListener.Addr().String()
	go s.pspHTTP.Serve(pspListener) //nolint:errcheck // ends with close; a failure shows as failed purchases
	if s.wallet, err = client.New(client.Config{BaseURL: s.pspURL, Version: acp.V20260417,
		HTTPClient: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}); err != nil {
		return nil, err
	}
	if s.ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	cfg := configure(s.ln.Addr().String(), database, s.pspURL, merchantKey)
	if s.app, err = server.New(ctx, cfg, server.Options{Log: log}); err != nil {
		return nil, err
	}
	if err := s.fill(ctx); err != nil {
		return nil, err
	}
	return s, s.admit(ctx, cfg)
}

// configure is what a small shop that ships within one country would write.
func configure(address, database, pspURL string, pspKey secret.String) *config.Config {
	cfg := config.Default()
	// One agent on one machine asks as often as it can.
	cfg.Limits.KeyPerSecond, cfg.Limits.AddressPerSecond = 0, 0
	cfg.Listen, cfg.PublicURL, cfg.Database = address, "http://"+address, config.Database(database)
	cfg.SealingKeys = []secret.String{secret.New(secret.GenerateKey())}
	m := config.DefaultMerchant()
	m.ID, m.Name, m.Currency, m.Country, m.Locale = merchantID, "Bench Shop", "usd", "US", "en-US"
	m.Links = config.LinksConfig{TermsOfUse: "https://shop.example.com/terms", PrivacyPolicy: "https://shop.example.com/privacy",
		ReturnPolicy: "https://shop.example.com/returns"}
	m.Tax = config.TaxConfig{Rounding: "half_up", Rates: []config.RateConfig{
		{Country: "US", Region: "CA", Percent: "7.25", Name: "Sales tax"},
		{Country: "US", Region: "CA", PostalPrefix: "941", Percent: "8.625", Name: "Sales tax"},
		{Country: "US", Region: "NY", Percent: "8.875", Name: "Sales tax"},
	}}
	m.Shipping = []config.ShippingConfig{
		{ID: "standard", Title: "Standard", Description: "By post", Carrier: "Postal service", Kind: "by_subtotal", Countries: []string{"US"},
			Tiers: []config.TierConfig{{Price: "5.90"}}, FreeFrom: "75.00", MinDays: 3, MaxDays: 6},
		{ID: "express", Title: "Express", Description: "By courier", Carrier: "Courier", Kind: "flat", Countries: []string{"US"},
			Regions: []string{"!US-AK", "!US-HI"}, Price: "14.90", MinDays: 1, MaxDays: 2},
	}
	m.Payment.Test.Provider, m.Payment.Test.URL, m.Payment.Test.Key, m.Payment.Test.MerchantID = "sandbox", pspURL, pspKey, accountID
	cfg.Merchants = []config.MerchantConfig{m}
	return cfg
}

// fill imports a generated Shopify export.
func (s *shop) fill(ctx context.Context) error {
	var csv bytes.Buffer
	if err := feedtest.WriteShopify(&csv, catalogueSize); err != nil {
		return err
	}
	imp, err := s.app.Store().Import(ctx, merchantID, store.ImportOptions{Replace: true})
	if err != nil {
		return err
	}
	_, err = feed.Read(ctx, &csv, feed.Options{Currency: "usd", Country: "US"}, func(it catalog.Item) error {
		it.Stock = plenty
		s.items = append(s.items, it.ID)
		return imp.Put(it)
	}, nil)
	if err != nil {
		return errors.Join(err, imp.Abort())
	}
	_, err = imp.Commit()
	return err
}

// admit makes the agent's credential.
func (s *shop) admit(ctx context.Context, cfg *config.Config) error {
	box, err := server.OpenBox(cfg)
	if err != nil {
		return err
	}
	s.agent = agent{version: acp.V20260417, host: s.ln.Addr().String(), signature: secret.New(id.Secret("sig"))}
	c, key, err := credential.New(credential.Params{MerchantID: merchantID, Agent: agentName,
		SignaturePolicy: credential.SignatureRequired, SignatureSecret: s.agent.signature}, box, time.Now())
	if err != nil {
		return err
	}
	s.agent.key = key
	return s.app.Store().InsertCredential(ctx, c)
}

// serve answers until close.
func (s *shop) serve() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.app.Serve(ctx, s.ln) }()
	s.stop = func() error { cancel(); return <-ended }
}

// delegate gets a payment token for a session from the PSP, as an agent does.
func (s *shop) delegate(ctx context.Context, sessionID string) (string, error) {
	token, err := s.wallet.DelegatePayment(ctx, s.pspURL, s.pspKey, client.DelegateRequest{
		Card: client.Card{Number: secret.New("4242424242424242"), ExpMonth: 12, ExpYear: time.Now().Year() + 2, CVC: secret.New("123"), Name: "Test Buyer"},
		Allowance: client.Allowance{MaxAmount: 10_000_000, Currency: "usd", SessionID: sessionID, MerchantID: accountID,
			ExpiresAt: time.Now().Add(time.Hour)}})
	if err != nil {
		return "", err
	}
	return token.ID.Reveal(), nil
}

func (s *shop) close() error {
	errs := []error{s.stop()}
	if s.app != nil {
		errs = append(errs, s.app.Close())
	}
	if s.pspHTTP != nil {
		errs = append(errs, s.pspHTTP.Close())
	}
	if s.psp != nil {
		errs = append(errs, s.psp.Close())
	}
	if s.log != nil {
		errs = append(errs, s.log.Close())
	}
	return errors.Join(errs...)
}
