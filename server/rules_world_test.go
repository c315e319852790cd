package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/sqlite/sqlitetest"
	"github.com/checkstand/checkstand/webhook/receiver"
)

// market is a whole server with its PSP and its webhook receiver, for the
// tests of the protocol's rules: several shops, credentials of every kind, a
// clock that tests move, and a log that they read.
type market struct {
	url      string
	dir      string // holds every file of the server and of the PSP
	app      *server.App
	handler  http.Handler
	box      *secret.Box
	client   *http.Client
	clock    *movingClock
	hooks    *receiver.Receiver
	tap      *tap // in front of hooks
	psp      *sandbox.PSP
	counter  *counter // in front of psp
	pspURL   string
	logs     *logBuffer
	bearer   string // the key that requests carry unless they say otherwise
	account  string // of the shop "shop" at the PSP
	secrets  map[string]string
	requests atomic.Int64
}

// The shops of a market.
const (
	dollars  = "shop" // usd, prices without tax
	euros    = "haus" // eur, prices with tax in them
	yen      = "mise" // jpy, no decimals
	dinars   = "souq" // kwd, three decimals
	bargains = "sale" // usd, with discounts
	club     = "club" // usd, with every policy
	corner   = "spot" // usd, with places to come to and a courier
	theAgent = "rules-agent"
)

// marketItems are what each shop sells, at its own currency's scale.
func marketItems(currency string, scale int64) []catalog.Item {
	item := func(id string, price, stock int64) catalog.Item {
		return catalog.Item{ID: id, ProductID: "p-" + id, Title: "Thing " + id, ProductTitle: "Thing " + id, Price: price * scale, Currency: currency,
			Kind: catalog.Physical, WeightGrams: 350, Availability: catalog.InStock, Tracked: true, Stock: stock, Images: []string{"/pictures/" + id + ".svg"}}
	}
	download := item("download", 999, 0)
	download.Kind, download.Tracked, download.WeightGrams = catalog.Digital, false, 0
	free := download
	free.ID, free.ProductID, free.Title, free.Price = "free", "p-free", "Sample", 0
	exempt := item("exempt", 1234, 500)
	exempt.TaxExempt = true
	return []catalog.Item{item("ok", 1995, 1_000_000), item("other", 333, 1000), item("low", 4200, 3), item("oos", 700, 0), exempt, download, free}
}

// movingClock shows real time plus what tests have added: the PSP's and the
// network's own clocks go on beside it.
type movingClock struct{ ahead atomic.Int64 }

func (c *movingClock) Now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *movingClock) Advance(d time.Duration) { c.ahead.Add(int64(d)) }

// logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// openMarket starts a market; everything in it ends with the test.
func openMarket(t testing.TB) *market {
	t.Helper()
	return openMarketWith(t, func(*config.Config) {})
}

// openMarketWith starts one whose configuration is changed.
func openMarketWith(t testing.TB, change func(*config.Config)) *market {
	t.Helper()
	m := &market{dir: t.TempDir(), clock: &movingClock{}, logs: &logBuffer{}, account: "acct_" + dollars}
	m.secrets = map[string]string{"webhook secret": id.Secret("whsec"), "key of charges": id.Secret("sbx_shop"),
		"key of delegate_payment": id.Secret("sbx_agent"), "sealing key": secret.GenerateKey(), "signature key": id.Secret("sig")}
	log := slog.New(slog.NewTextHandler(m.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))

	var err error
	m.psp, err = sandbox.Open(t.Context(), sandbox.Config{Path: filepath.Join(m.dir, "psp.db"), AgentKey: secret.New(m.secrets["key of delegate_payment"]),
		MerchantKey: secret.New(m.secrets["key of charges"]), MerchantIDs: []string{"acct_" + dollars, "acct_" + euros, "acct_" + yen, "acct_" + dinars, "acct_" + bargains, "acct_" + club, "acct_" + corner},
		Name: "sandbox", Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, m.psp.Close()) })
	pspServer := m.psp.Server()
	m.counter = &counter{to: pspServer.Handler}
	pspServer.Handler = m.counter
	m.pspURL = m.serve(t, pspServer)
	if m.hooks, err = receiver.New(receiver.Config{Secret: secret.New(m.secrets["webhook secret"]), Now: m.clock.Now, Log: log}); err != nil {
		t.Fatal(err)
	}
	m.tap = &tap{to: m.hooks}
	hooksURL := m.serve(t, &http.Server{Handler: m.tap, ReadHeaderTimeout: 5 * time.Second}) + receiver.Path

	ln := loopback(t)
	m.url = "http://" + ln.Addr().String()
	cfg := m.configuration(hooksURL)
	sqlitetest.Create(t, cfg.Database.Source())
	change(cfg)
	if m.app, err = server.New(t.Context(), cfg, server.Options{Log: log, Now: m.clock.Now}); err != nil {
		t.Fatal(err)
	}
	m.handler = m.app.Handler()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- m.app.Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		must(t, <-done)
		must(t, m.app.Close())
	})
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	m.client = &http.Client{Transport: transport, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

	if m.box, err = server.OpenBox(cfg); err != nil {
		t.Fatal(err)
	}
	for i := range cfg.Merchants {
		m.fill(t, cfg.Merchants[i].ID, marketItems(cfg.Merchants[i].Currency, map[bool]int64{true: 10, false: 1}[cfg.Merchants[i].ID == dinars]))
	}
	m.bearer = m.issue(t, credential.Params{MerchantID: dollars, Agent: theAgent})
	m.secrets["API key"] = m.bearer
	return m
}

// configuration is that of the seven shops.
func (m *market) configuration(hooksURL string) *config.Config {
	cfg := config.Default()
	cfg.Protocol.Unreleased = true
	cfg.PublicURL, cfg.Database = m.url, config.Database(filepath.Join(m.dir, "shop.db"))
	cfg.SealingKeys = []secret.String{secret.New(m.secrets["sealing key"])}
	cfg.Payments.Timeout, cfg.Payments.UnknownBudget = 10*time.Second, time.Second
	for _, s := range []struct{ id, currency, country, standard, express string }{
		{dollars, "usd", "US", "5.90", "14.90"}, {euros, "eur", "DE", "4.90", "9.90"}, {yen, "jpy", "JP", "590", "1490"}, {dinars, "kwd", "KW", "1.250", "2.505"},
		{bargains, "usd", "US", "5.90", "14.90"}, {club, "usd", "US", "5.90", "14.90"}, {corner, "usd", "US", "5.90", "14.90"}} {
		mc := config.DefaultMerchant()
		mc.ID, mc.Name, mc.Currency, mc.Country = s.id, "Rules "+s.id, s.currency, s.country
		mc.Links = config.LinksConfig{TermsOfUse: m.url + "/policies/terms", PrivacyPolicy: m.url + "/policies/privacy", ReturnPolicy: m.url + "/policies/returns"}
		mc.Tax = config.TaxConfig{Rounding: "half_up", PricesIncludeTax: s.id == euros, Rates: []config.RateConfig{
			{Country: "US", Region: "CA", Percent: "8.625", Name: "Sales tax"}, {Country: "DE", Percent: "19", Name: "VAT"},
			{Country: "JP", Percent: "10", Name: "Consumption tax"}, {Country: "KW", Percent: "3.3333", Name: "Levy"}}}
		mc.Shipping = []config.ShippingConfig{
			{ID: "express", Title: "Express", Carrier: "Courier", Kind: "flat", Countries: []string{"US", s.country}, Regions: []string{"!US-HI"}, Price: s.express, MinDays: 1, MaxDays: 2},
			{ID: "standard", Title: "Standard", Carrier: "Post", Kind: "flat", Countries: []string{"US", s.country}, Price: s.standard, MinDays: 3, MaxDays: 6},
			{ID: "electronic", Title: "By e-mail", Kind: "digital", Price: "0"},
		}
		if s.id == bargains {
			mc.Discounts = marketDiscounts()
		}
		if s.id == club {
			setPolicies(&mc)
		}
		if s.id == corner {
			mc.Shipping = append(mc.Shipping, nearby()...)
		}
		mc.Payment.Test.Provider, mc.Payment.Test.URL, mc.Payment.Test.Key, mc.Payment.Test.MerchantID =
			"sandbox", m.pspURL, secret.New(m.secrets["key of charges"]), "acct_"+s.id
		mc.Agents = []config.AgentConfig{{Name: theAgent, MayIdentifyCustomers: s.id == club, Webhook: config.WebhookConfig{URL: hooksURL, Secret: secret.New(m.secrets["webhook secret"])}},
			{Name: knowingAgent, MayIdentifyCustomers: true}}
		cfg.Merchants = append(cfg.Merchants, mc)
	}
	return cfg
}

// counter passes requests on to the PSP. The answer to a payment can be kept
// back.
type counter struct {
	to    http.Handler
	asked atomic.Pointer[chan struct{}]
}

// keep keeps the answer to the next payment, which is carried out, until it is
// let go.
func (c *counter) keep() (letGo func()) {
	kept := make(chan struct{})
	c.asked.Store(&kept)
	return sync.OnceFunc(func() { close(kept) })
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && r.URL.Path == "/v1/charges" {
		if kept := c.asked.Swap(nil); kept != nil {
			answer := httptest.NewRecorder()
			c.to.ServeHTTP(answer, r)
			<-*kept
			maps.Copy(w.Header(), answer.Header())
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes()) // whoever hung up gets nothing
			return
		}
	}
	c.to.ServeHTTP(w, r)
}

// fill makes items the whole catalogue of a shop.
func (m *market) fill(t testing.TB, merchant string, items []catalog.Item) {
	t.Helper()
	imp, err := m.app.Store().Import(t.Context(), merchant, store.ImportOptions{Replace: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := imp.Put(items...); err != nil {
		t.Fatal(errors.Join(err, imp.Abort()))
	}
	if _, err := imp.Commit(); err != nil {
		t.Fatal(err)
	}
}

// issue makes a credential and returns its key.
func (m *market) issue(t testing.TB, p credential.Params) string {
	t.Helper()
	c, key, err := credential.New(p, m.box, m.clock.Now())
	if err == nil {
		err = m.app.Store().InsertCredential(t.Context(), c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key.Reveal()
}

// issueFor makes a plain credential of a shop and returns its key.
func (m *market) issueFor(t testing.TB, merchant string) string {
	t.Helper()
	return m.issue(t, credential.Params{MerchantID: merchant, Agent: theAgent})
}

// ledger is what the PSP has taken for a session, by currency.
func (m *market) ledger(t testing.TB, sessionID string) map[string]int64 {
	t.Helper()
	l, err := m.psp.Ledger(t.Context(), sessionID)
	if err != nil {
		t.Fatal(err)
	}
	taken := map[string]int64{}
	for _, total := range l.Totals {
		taken[total.Currency] += total.Authorized + total.Captured - total.Refunded
	}
	return taken
}

// freshKey is an Idempotency-Key that was not used before.
func (m *market) freshKey() string { return fmt.Sprintf("key-%d", m.requests.Add(1)) }

func (m *market) serve(t testing.TB, srv *http.Server) string {
	t.Helper()
	ln := loopback(t)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	t.Cleanup(func() {
		must(t, srv.Close())
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return "http://" + ln.Addr().String()
}

func loopback(t testing.TB) net.Listener {
	t.Helper()
	ln, err := server.Listen(t.Context(), "127.0.0.1:0", "listen")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// spoken are the versions of the market: the released ones and the draft.
func spoken() []acp.Version { return append(wire.Supported(), acp.Unreleased) }

// eachVersion runs a rule in every version that it applies to, all when none
// are named.
func eachVersion(t *testing.T, rule string, test func(t *testing.T, v dialect), versions ...acp.Version) {
	t.Helper()
	if len(versions) == 0 {
		versions = spoken()
	}
	t.Run(rule, func(t *testing.T) {
		for _, v := range versions {
			t.Run(string(v), func(t *testing.T) { test(t, dialect(v)) })
		}
	})
}
