// Package server puts the surfaces together: one App is everything that a
// Checkstand process does, for the command line, the demo and the tests alike.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/limit"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/openapi"
	"github.com/checkstand/checkstand/server/rest"
	"github.com/checkstand/checkstand/server/schemas"
	"github.com/checkstand/checkstand/server/web"
	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/postgres"
	"github.com/checkstand/checkstand/store/sqlite"
)

// Options are what an App is given beside its configuration. The zero value is
// right for a server.
type Options struct {
	Log *slog.Logger
	Now func() time.Time // time.Now when nil
	// OnStep is told of each step of each purchase; tests crash there.
	OnStep func(checkout.Step)
	// Routes are added to the server, by pattern of http.ServeMux. They come
	// before the App's own.
	Routes map[string]http.Handler
	// Pages, if set, adjusts what the pages for people show.
	Pages func(*web.Config)
}

// App is one process of a server: its store, its surfaces and its background
// work.
type App struct {
	cfg       *config.Config
	log       *slog.Logger
	now       func() time.Time
	store     *store.Store
	merchants *merchants
	core      *checkout.Service
	orders    *order.Service
	handler   http.Handler
	work      *background
	limits    *limit.Limits
	described *openapi.Library
	lock      *processLock
	draining  atomic.Bool
}

// OpenStore opens the database that a configuration names and brings its
// schema up to date.
func OpenStore(ctx context.Context, db config.Database, now func() time.Time) (*store.Store, error) {
	switch db.Engine() {
	case config.SQLite:
		return sqlite.Open(ctx, db.Source(), sqlite.Options{Clock: now})
	case config.PostgreSQL:
		return postgres.Open(ctx, db.Source(), postgres.Options{Clock: now})
	}
	return nil, fmt.Errorf("database: %s is neither a SQLite path nor a postgres:// URL", db)
}

// OpenBox makes the box that seals secrets with the configured keys.
func OpenBox(cfg *config.Config) (*secret.Box, error) {
	if len(cfg.SealingKeys) == 0 {
		return nil, errors.New("sealing_keys: give at least one key; 'checkstand keys seal' makes one")
	}
	keys := make([][]byte, len(cfg.SealingKeys))
	for i, k := range cfg.SealingKeys {
		var err error
		if keys[i], err = secret.ParseKey(k.Reveal()); err != nil {
			return nil, fmt.Errorf("sealing_keys[%d]: %w", i, err)
		}
	}
	return secret.NewBox(keys...)
}

// New opens the store and builds everything. The configuration has to have
// passed its validation, and to have a public URL. Close the App afterwards.
func New(ctx context.Context, cfg *config.Config, opts Options) (_ *App, err error) {
	a := &App{cfg: cfg, log: opts.Log, now: opts.Now}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.now == nil {
		a.now = time.Now
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	box, err := OpenBox(cfg)
	if err != nil {
		return nil, err
	}
	if a.store, err = OpenStore(ctx, cfg.Database, a.now); err != nil {
		return nil, err
	}
	if err := a.build(box, opts.OnStep); err != nil {
		return nil, err
	}
	if err := a.recover(ctx); err != nil {
		return nil, err
	}
	if err := a.scheduleComparisons(ctx); err != nil {
		return nil, err
	}
	a.work = newBackground(a)
	if a.limits, err = newLimits(cfg.Limits); err != nil {
		return nil, fmt.Errorf("limits.trusted_proxies: %w", err)
	}
	a.described = a.describe()
	surface := rest.New(rest.Config{Core: a.core, Merchants: a.merchants, Credentials: a.store, Box: box,
		Now: a.now, Log: a.log, BodyLimit: cfg.Limits.BodyBytes, Requests: cfg.Limits.Requests(), SignatureWindow: cfg.Limits.SignatureWindow, Limits: a.limits, MismatchStatus: cfg.Idempotency.MismatchStatus, Unreleased: cfg.Protocol.Unreleased,
		BaseURL: cfg.PublicURL, Currencies: a.merchants.currencies(), DocumentationURL: cfg.PublicURL + "/docs", Orders: tellsOfOrders(cfg),
		Extensions: a.merchants.extensions(), InterventionTypes: a.merchants.interventionTypes(), Carts: a.merchants.haveCarts()})
	pages, err := a.pages(opts.Pages)
	if err != nil {
		return nil, err
	}
	chats, err := a.chats(surface)
	if err != nil {
		return nil, err
	}
	a.handler = a.routes(surface, chats, pages, opts.Routes)
	return a, nil
}

// build makes the core over the open store.
func (a *App) build(box *secret.Box, onStep func(checkout.Step)) (err error) {
	if a.merchants, err = newMerchants(a.cfg, box, a.now); err != nil {
		return err
	}
	a.merchants.keep(a.store, a.now)
	a.core = checkout.New(checkout.Config{Store: a.store, Merchants: a.merchants, Box: box, Now: a.now, Log: a.log,
		PaymentTimeout: a.cfg.Payments.Timeout, UnknownBudget: a.cfg.Payments.UnknownBudget, OnStep: onStep,
		Guesses:   checkout.GuessLimits{Session: a.cfg.Limits.WrongCodes, Key: a.cfg.Limits.WrongCodesOfKey, Window: a.cfg.Limits.WrongCodesWindow},
		Retention: checkout.Retention{Answers: a.cfg.Limits.IdempotencyRetention, Unsold: a.cfg.Limits.UnsoldRetention}})
	a.orders = newOrders(a.cfg, a.merchants, a.store, a.now, a.log)
	return nil
}

// NewCore makes a core over an open store, beside whatever servers run on it:
// for an operator's commands.
func NewCore(cfg *config.Config, st *store.Store, log *slog.Logger) (*checkout.Service, error) {
	box, err := OpenBox(cfg)
	if err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, log: log, now: time.Now, store: st}
	if err := a.build(box, nil); err != nil {
		return nil, err
	}
	return a.core, nil
}

// recover makes what a process that died had in hand free to be taken up at
// once. That is only sure to be nobody's when this is the only server on the
// database: with SQLite, a lock on the file says so. With PostgreSQL the
// leases of the dead run out by themselves.
func (a *App) recover(ctx context.Context) error {
	if a.cfg.Database.Engine() != config.SQLite {
		return nil
	}
	lock, err := lockProcess(a.cfg.Database.Source() + ".lock")
	if errors.Is(err, errLocked) {
		return fmt.Errorf("another server is running on %s; stop it, or use PostgreSQL for several servers on one database", a.cfg.Database)
	}
	if err != nil {
		return err
	}
	a.lock = lock
	return a.store.EndLeases(ctx)
}

// Handler answers every request of this server.
func (a *App) Handler() http.Handler { return a.handler }

// Store is the App's store, for commands and tests that look at it.
func (a *App) Store() *store.Store { return a.store }

// Serve answers on a listener and does the background work until ctx ends;
// then it drains: not ready any more, no new connections, requests and jobs in
// flight carried to their end within the configured grace.
func (a *App) Serve(ctx context.Context, ln net.Listener) error {
	l := a.cfg.Limits
	srv := &http.Server{Handler: a.handler, ReadTimeout: l.ReadTimeout, ReadHeaderTimeout: l.ReadTimeout,
		WriteTimeout: l.WriteTimeout, IdleTimeout: l.IdleTimeout, MaxHeaderBytes: l.HeaderBytes,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn)}
	a.work.start()
	defer a.work.stop()

	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	a.draining.Store(true)
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.ShutdownGrace)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		return errors.Join(fmt.Errorf("requests were still running after %s: %w", l.ShutdownGrace, err), srv.Close())
	}
	return nil
}

// Close ends the background work and closes the store.
func (a *App) Close() error {
	var errs []error
	if a.work != nil {
		a.work.stop()
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	if a.lock != nil {
		errs = append(errs, a.lock.release())
	}
	return errors.Join(errs...)
}

// routes puts the surfaces on one mux.
func (a *App) routes(surface *rest.Surface, chats *mcp.Surface, pages http.Handler, extra map[string]http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", a.ready)
	mux.HandleFunc("POST "+pspWebhookPath, a.limited(a.pspWebhook))
	mux.HandleFunc("GET "+pspWebhookPath, a.limited(a.pspWebhook)) // Braintree's challenge
	mux.HandleFunc("GET "+schemas.Root, a.limited(schemas.Handler().ServeHTTP))
	mux.HandleFunc("GET "+schemas.SellerRoot, a.limited(schemas.Handler().ServeHTTP))
	for _, pattern := range []string{"GET /openapi.json", "GET /openapi.yaml", "GET /openapi/{file}"} {
		mux.HandleFunc(pattern, a.limited(a.described.ServeHTTP))
	}
	for _, pattern := range slices.Sorted(maps.Keys(extra)) {
		mux.Handle(pattern, extra[pattern])
	}
	mux.Handle("/", a.logged(pages))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rest.Handles(r.URL.Path) {
			surface.ServeHTTP(w, r)
			return
		}
		if mcp.Handles(r.URL.Path) {
			chats.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// ready tells a load balancer whether to send requests here.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	if a.draining.Load() {
		say(w, http.StatusServiceUnavailable, "shutting down")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := a.store.Ping(ctx); err != nil {
		a.log.ErrorContext(ctx, "database does not answer", "error", err)
		say(w, http.StatusServiceUnavailable, "database does not answer")
		return
	}
	say(w, http.StatusOK, "ready")
}

func say(w http.ResponseWriter, status int, word string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(word + "\n")) // whoever hung up gets nothing
}
