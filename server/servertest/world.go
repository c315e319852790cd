package servertest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server"
	"github.com/checkstand/checkstand/server/servertest/tcpproxy"
	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/sqlite/sqlitetest"
	"github.com/checkstand/checkstand/webhook/receiver"
)

// World is all that surrounds the servers of one test: the database with a
// stocked catalogue and credentials, the stand-in of a PSP at an address of its
// own, the receiver of webhooks. It outlives its servers, and ends with the
// test.
type World struct {
	PSP      StandIn
	PSPURL   string          // of the PSP, past Wire
	Wire     *tcpproxy.Proxy // between the servers and the PSP; nil unless Options.Wired
	Sandbox  *sandbox.PSP    // nil at another PSP
	PSPKey   secret.String   // the shop's at the sandbox, for charges and the ledger
	AgentKey secret.String   // the agents' at the sandbox, for delegate_payment
	Webhooks *receiver.Receiver
	// Store is a view of the database that is no server's.
	Store *store.Store

	APIKey       secret.String // of a credential that does not sign
	SignedAPIKey secret.String // of one that must sign, with SignatureKey
	SignatureKey secret.String
	opts         Options
	blueprint    blueprint
	sandboxFile  string // "" at another PSP
	pspWrap      wrapper
	pspRequests  atomic.Int64
	webhookWrap  wrapper
}

// NewWorld makes a world without a server in it.
func NewWorld(t testing.TB, opts Options) *World {
	t.Helper()
	if opts.Database == "" {
		opts.Database = sqlitetest.File(t)
	}
	if opts.Items == nil {
		opts.Items = Goods()
	}
	if opts.PSP == "" {
		opts.PSP = PSPs()[0]
	}
	if opts.PaymentTimeout == 0 {
		opts.PaymentTimeout = DefaultPaymentTimeout
	}
	if opts.UnknownBudget == 0 {
		opts.UnknownBudget = DefaultUnknownBudget
	}
	w := &World{opts: opts, PSPKey: secret.New(id.Secret("sbx_shop")), AgentKey: secret.New(id.Secret("sbx_agent")),
		SignatureKey: secret.New(id.Secret("sig"))}
	w.blueprint = blueprint{Database: opts.Database, SealingKey: secret.GenerateKey(), PSP: opts.PSP, PSPKey: w.PSPKey.Reveal(),
		WebhookSecret: id.Secret("whsec"), Shipping: opts.Shipping, Discounts: opts.Discounts, PaymentTimeout: opts.PaymentTimeout, UnknownBudget: opts.UnknownBudget}
	w.openPSP(t)
	w.openReceiver(t)
	w.openShop(t)
	return w
}

// wire puts the proxy between the servers and the PSP.
func (w *World) wire(t testing.TB) {
	t.Helper()
	w.Wire = tcpproxy.New(t, strings.TrimPrefix(w.PSPURL, scheme))
	w.blueprint.PSPURL = scheme + w.Wire.Addr()
}

func (w *World) openReceiver(t testing.TB) {
	t.Helper()
	r, err := receiver.New(receiver.Config{Secret: secret.New(w.blueprint.WebhookSecret)})
	if err != nil {
		t.Fatal(err)
	}
	w.Webhooks = r
	w.blueprint.WebhookURL = serve(t, &http.Server{Handler: w.webhookWrap.around(r), ReadHeaderTimeout: 5 * time.Second}) + receiver.Path
}

// InterceptPSP puts wrap around the PSP from now on; nil takes it away.
func (w *World) InterceptPSP(wrap func(http.Handler) http.Handler) { w.pspWrap.set(wrap) }

// InterceptWebhooks puts wrap around the receiver of webhooks from now on; nil
// takes it away.
func (w *World) InterceptWebhooks(wrap func(http.Handler) http.Handler) { w.webhookWrap.set(wrap) }

// wrapper puts something around a handler that serves already.
type wrapper struct {
	wrap atomic.Pointer[func(http.Handler) http.Handler]
}

func (w *wrapper) set(wrap func(http.Handler) http.Handler) {
	if wrap == nil {
		w.wrap.Store(nil)
		return
	}
	w.wrap.Store(&wrap)
}

func (w *wrapper) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		handler := next
		if wrap := w.wrap.Load(); wrap != nil {
			handler = (*wrap)(next)
		}
		handler.ServeHTTP(rw, r)
	})
}

// openShop fills the database.
func (w *World) openShop(t testing.TB) {
	t.Helper()
	cfg := w.blueprint.configuration()
	st, err := server.OpenStore(t.Context(), cfg.Database, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, st) })
	w.Store = st
	imp, err := st.Import(t.Context(), MerchantID, store.ImportOptions{Replace: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := imp.Put(w.opts.Items...); err != nil {
		t.Fatal(errors.Join(err, imp.Abort()))
	}
	if _, err := imp.Commit(); err != nil {
		t.Fatal(err)
	}
	box, err := server.OpenBox(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.APIKey = w.issue(t, box, credential.Params{MerchantID: MerchantID, Agent: AgentName})
	w.SignedAPIKey = w.issue(t, box, credential.Params{MerchantID: MerchantID, Agent: AgentName,
		SignaturePolicy: credential.SignatureRequired, SignatureSecret: w.SignatureKey})
}

func (w *World) issue(t testing.TB, box *secret.Box, p credential.Params) secret.String {
	t.Helper()
	c, key, err := credential.New(p, box, time.Now())
	if err == nil {
		err = w.Store.InsertCredential(t.Context(), c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Item reads an item of the shop, with its stock.
func (w *World) Item(t testing.TB, itemID string) *catalog.Item {
	t.Helper()
	items, err := w.Store.Reader(t.Context()).Items(MerchantID, []string{itemID})
	if err != nil || items[itemID] == nil {
		t.Fatalf("item %s: %v", itemID, err)
	}
	return items[itemID]
}

// serve runs an HTTP server on a loopback address until the test ends, and
// returns its origin.
func serve(t testing.TB, srv *http.Server) string {
	t.Helper()
	ln := listen(t)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return originOf(ln)
}

func listen(t testing.TB) *net.TCPListener {
	t.Helper()
	var lc net.ListenConfig
	ln, err := lc.Listen(context.WithoutCancel(t.Context()), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln.(*net.TCPListener)
}

const scheme = "http://"

func originOf(ln net.Listener) string { return scheme + ln.Addr().String() }

func closed(t testing.TB, c interface{ Close() error }) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
