// Package demo runs a whole shop on one machine: the server with the demo shop
// or with catalogues of one's own, the sandbox PSP, a receiver for the webhooks
// an agent would get, and a simulator of ChatGPT. Everything listens on loopback addresses.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/demo/shop"
	"github.com/checkstand/checkstand/fault"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/web"
	"github.com/checkstand/checkstand/simulator"
	"github.com/checkstand/checkstand/webhook/receiver"
)

// Options say how to run a demo.
type Options struct {
	Listen   string   // host and port of the shop; port 0 picks a free one
	Dir      string   // where everything is kept; made when absent
	Catalogs []string // files to sell instead of the demo shop
	Database string   // of the shop; a SQLite file in Dir when empty
	Currency string   // of the shop, and of catalogues that name none; usd when empty
	Log      *slog.Logger
	// Imported, if set, is told about each file of Catalogs; Progress, if set,
	// every two seconds how many items of a file were read.
	Imported func(server.IntakeReport)
	Progress func(file string, items int)
}

// Info tells where a running demo is and how to get in. Its JSON form is what
// `checkstand demo --json` prints; fields are only ever added.
type Info struct {
	BaseURL       string `json:"base_url"`
	APIKey        string `json:"api_key"`
	SandboxURL    string `json:"sandbox_url"`
	SandboxKey    string `json:"sandbox_key"` // the agent's, for delegate_payment
	LedgerKey     string `json:"ledger_key"`  // the shop's, for charges and the ledger
	MerchantID    string `json:"merchant_id"` // the shop's account at the sandbox
	WebhookURL    string `json:"webhook_url"`
	WebhookLogURL string `json:"webhook_log_url"`
	MCPURL        string `json:"mcp_url"`       // the shop's ChatGPT app
	SimulatorURL  string `json:"simulator_url"` // plays ChatGPT in a browser
	Items         int64  `json:"items"`
	ItemID        string `json:"item_id"` // one that can be bought
	Currency      string `json:"currency"`
	DataDir       string `json:"data_dir"`
	Config        string `json:"config"` // the file that the shop's other commands take with -c
	Version       string `json:"version"`
}

// Demo is a demo that is being set up or runs.
type Demo struct {
	Info      Info
	app       *server.App
	psp       *sandbox.PSP
	listeners []net.Listener // shop, sandbox, receiver, the simulator's page and its frame
	simulator *simulator.Simulator
	receiver  *receiver.Receiver
	ownDir    bool
}

const merchantID = "demo"

// Start opens everything and listens; Run answers.
func Start(ctx context.Context, version string, opts Options) (_ *Demo, err error) {
	d := &Demo{}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if err := opts.check(); err != nil {
		return nil, err
	}
	if opts.Dir == "" {
		if opts.Dir, err = os.MkdirTemp("", "checkstand-demo-"); err != nil {
			return nil, err
		}
		d.ownDir = true
	} else if opts.Dir, err = filepath.Abs(opts.Dir); err != nil {
		return nil, err
	} else if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, err
	}
	d.Info.DataDir = opts.Dir
	secrets, err := openSecrets(filepath.Join(opts.Dir, "secrets.json"))
	if err != nil {
		return nil, err
	}
	if err := d.listen(ctx, opts.Listen); err != nil {
		return nil, err
	}
	d.Info.BaseURL, d.Info.SandboxURL = originOf(d.listeners[0]), originOf(d.listeners[1])
	d.Info.WebhookURL, d.Info.WebhookLogURL = originOf(d.listeners[2])+receiver.Path, originOf(d.listeners[2])+"/events"
	d.Info.MCPURL, d.Info.SimulatorURL = d.Info.BaseURL+"/mcp", simulator.Origin(d.listeners[3])+"/"
	d.Info.SandboxKey, d.Info.LedgerKey, d.Info.MerchantID, d.Info.Version = secrets.AgentKey, secrets.MerchantKey, accountID, version

	if d.psp, err = sandbox.Open(ctx, sandbox.Config{Path: filepath.Join(opts.Dir, "sandbox.db"), AgentKey: secret.New(secrets.AgentKey),
		MerchantKey: secret.New(secrets.MerchantKey), MerchantIDs: []string{accountID}, Name: "sandbox", Now: time.Now, Log: opts.Log}); err != nil {
		return nil, err
	}
	if d.receiver, err = receiver.New(receiver.Config{Secret: secret.New(secrets.WebhookSecret), Log: opts.Log}); err != nil {
		return nil, err
	}
	if d.simulator, err = simulator.New(simulator.Config{MCPURL: d.Info.MCPURL, Version: version, Log: opts.Log,
		PSP: simulator.PSP{URL: d.Info.SandboxURL, Key: secret.New(secrets.AgentKey)}}); err != nil {
		return nil, err
	}
	if err := d.psp.SetWebhook(ctx, sandbox.Webhook{MerchantID: accountID, URL: d.Info.BaseURL + "/webhooks/payments/" + merchantID + "/test",
		Secret: secret.New(secrets.PSPSecret)}); err != nil {
		return nil, err
	}
	cfg := configure(opts, d.Info, secrets)
	if d.Info.Config, err = writeConfig(opts.Dir, cfg, secrets); err != nil {
		return nil, err
	}
	d.app, err = server.New(ctx, cfg, server.Options{Log: opts.Log, Routes: map[string]http.Handler{
		"GET /demo/info": http.HandlerFunc(d.info), "GET /demo/items": http.HandlerFunc(d.items)},
		Pages: func(p *web.Config) {
			p.Pictures, p.Policies = shop.Pictures(), shop.Policies()
		}})
	if err != nil {
		return nil, err
	}
	if d.Info.APIKey, err = secrets.apiKey(ctx, d.app.Store()); err != nil {
		return nil, err
	}
	if err := d.stock(ctx, opts, cfg); err != nil {
		return nil, err
	}
	return d, nil
}

// check settles the currency that the shop sells in, and refuses options that
// cannot be. Its error has a fault of currency or listen.
func (o *Options) check() error {
	if o.Currency == "" {
		o.Currency = shop.Currency
	}
	if err := money.CheckCurrency(o.Currency); err != nil {
		return fault.New("currency", "%v", err)
	}
	if len(o.Catalogs) == 0 && o.Currency != shop.Currency {
		return fault.New("currency", "the demo shop's prices are in %s; to sell in %s, give your own items with --catalog", shop.Currency, o.Currency)
	}
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return fault.New("listen", "%q is not HOST:PORT; use 127.0.0.1:8080, or port 0 for a free one", o.Listen)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fault.New("listen", "%q is not a loopback address; a demo hands its keys to whoever asks, so it stays on this machine", host)
	}
	return nil
}

// listen takes the five addresses. Only the shop's can be chosen.
func (d *Demo) listen(ctx context.Context, shopAddress string) error {
	for _, address := range []string{shopAddress, "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"} {
		ln, err := server.Listen(ctx, address, "--listen")
		if err != nil {
			return err
		}
		d.listeners = append(d.listeners, ln)
	}
	return nil
}

func originOf(ln net.Listener) string { return "http://" + ln.Addr().String() }

// stock fills the catalogue.
func (d *Demo) stock(ctx context.Context, opts Options, cfg *config.Config) error {
	intake := server.Intake{Store: d.app.Store(), Merchant: merchantID, Progress: opts.Progress}
	intake.Options.Currency, intake.Options.Country = opts.Currency, cfg.Merchants[0].Country
	intake.Replace = true
	var err error
	if len(opts.Catalogs) > 0 {
		var reports []server.IntakeReport
		reports, err = intake.Run(ctx, opts.Catalogs)
		if opts.Imported != nil {
			for _, r := range reports {
				opts.Imported(r)
			}
		}
	} else if n, countErr := d.app.Store().CountItems(ctx, merchantID); countErr != nil || n > 0 {
		// A demo that is started again keeps the stock it had.
		err = countErr
	} else {
		err = d.stockDemoShop(ctx)
	}
	if err != nil {
		return err
	}
	if d.Info.Items, err = d.app.Store().CountItems(ctx, merchantID); err != nil {
		return err
	}
	offers, err := d.offers(ctx)
	if len(offers) > 0 {
		d.Info.ItemID = offers[0].ID
	}
	d.Info.Currency = opts.Currency
	return err
}

// Run answers until ctx ends, then drains. ready is called once everything
// answers; an error of it ends the run.
func (d *Demo) Run(ctx context.Context, ready func() error) error {
	beside := []*http.Server{d.psp.Server(),
		{Handler: d.receiver, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute}}
	group, serving := errgroup.WithContext(ctx)
	for i, srv := range beside {
		group.Go(func() error {
			if err := srv.Serve(d.listeners[i+1]); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	group.Go(func() error { return d.simulator.Serve(serving, d.listeners[3], d.listeners[4]) })
	group.Go(func() error {
		err := d.app.Serve(serving, d.listeners[0])
		// The two others outlive the shop, whose draining may need them.
		for _, srv := range beside {
			err = errors.Join(err, srv.Close())
		}
		return err
	})
	if err := d.answering(ctx); err != nil {
		return err
	}
	if err := ready(); err != nil {
		return err
	}
	return group.Wait()
}

// answering waits until the shop says that it is ready.
func (d *Demo) answering(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Info.BaseURL+"/readyz", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("the demo shop is not ready: %s", resp.Status)
	}
	return errors.Join(err, resp.Body.Close())
}

// CheckoutLink opens a session for one item, as an agent does, and returns the
// link of its checkout page: a buyer can review and pay there. It is good for
// one browser. The demo has to be running and to have something to sell.
func (d *Demo) CheckoutLink(ctx context.Context) (string, error) {
	agent, err := client.New(client.Config{BaseURL: d.Info.BaseURL, APIKey: secret.New(d.Info.APIKey), Version: acp.V20260417})
	if err != nil {
		return "", err
	}
	got, err := client.Purchase(ctx, client.PurchaseConfig{Client: agent, ItemID: d.Info.ItemID, Currency: d.Info.Currency, OnPage: true}, nil)
	if err != nil {
		return "", err
	}
	return got.CheckoutURL, nil
}

// Close gives everything back, and removes a directory that nobody asked for.
func (d *Demo) Close() error {
	var errs []error
	for _, ln := range d.listeners {
		if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if d.app != nil {
		errs = append(errs, d.app.Close())
	}
	if d.psp != nil {
		errs = append(errs, d.psp.Close())
	}
	if d.ownDir {
		errs = append(errs, os.RemoveAll(d.Info.DataDir))
	}
	return errors.Join(errs...)
}

// info hands the keys of this demo to whoever asks: it listens on loopback
// addresses only, and the keys open nothing else.
func (d *Demo) info(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Origin") != "" {
		http.Error(w, "Not for pages in a browser.", http.StatusForbidden)
		return
	}
	answerJSON(w, d.Info)
}

// offer is an item that an agent without a feed may buy.
type offer struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Price    int64  `json:"price"` // minor units
	Currency string `json:"currency"`
}

// maxOffers bounds the list: it is to choose from, not a feed.
const maxOffers = 200

// offers lists items that can be bought now.
func (d *Demo) offers(ctx context.Context) ([]offer, error) {
	list, err := d.app.Store().ListItems(ctx, merchantID, "", maxOffers)
	if err != nil {
		return nil, err
	}
	out := []offer{}
	for _, it := range list {
		if it.Available() > 0 && it.Price > 0 && it.Currency == d.currency() {
			out = append(out, offer{it.ID, it.Title, it.Price, it.Currency})
		}
	}
	return out, nil
}

func (d *Demo) items(w http.ResponseWriter, r *http.Request) {
	list, err := d.offers(r.Context())
	if err != nil {
		http.Error(w, "The catalogue cannot be read.", http.StatusInternalServerError)
		return
	}
	answerJSON(w, list)
}

func answerJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v) // whoever hung up gets nothing
}
