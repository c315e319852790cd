package webhook_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/webhook"
	"github.com/checkstand/checkstand/webhook/receiver"
)

const key = "whsec_for_tests"

type endpoints map[string]webhook.Endpoint

func (e endpoints) Endpoint(_, agent string, _ bool) (webhook.Endpoint, bool) {
	ep, ok := e[agent]
	return ep, ok
}

// event is the job of an order in a version.
func event(t *testing.T, version acp.Version) job.Job {
	t.Helper()
	j, err := order.NewEvent(order.Created, &order.Order{MerchantID: "shop", Agent: "agent", APIVersion: version,
		Order: acp.Order{ID: "ord_1", CheckoutSessionID: "cs_1", PermalinkURL: "https://shop.example/orders/ord_1", Status: "confirmed"}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// deliver hands a job to a receiver at url and gives what was logged too.
func deliver(t *testing.T, url string, j job.Job) (error, string) {
	t.Helper()
	var log bytes.Buffer
	d := &webhook.Deliverer{Endpoints: endpoints{"agent": {URL: url, Secret: secret.New(key)}}, Client: webhook.NewClient(), Now: time.Now,
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	return d.Deliver(context.Background(), j), log.String()
}

func TestAnEventArrivesSignedInTheAgentsVersion(t *testing.T) {
	// The draft's events are those of the newest version, switched on or not.
	for _, version := range append(wire.Supported(), acp.Unreleased) {
		t.Run(string(version), func(t *testing.T) {
			kind, whole := "order_create", version >= acp.V20260417
			if version == acp.V20250912 {
				kind = "order_created"
			}
			rec, err := receiver.New(receiver.Config{Secret: secret.New(key)})
			if err != nil {
				t.Fatal(err)
			}
			srv := httptest.NewServer(rec)
			defer srv.Close()
			err, log := deliver(t, srv.URL+receiver.Path, event(t, version))
			if err != nil {
				t.Fatal(err)
			}
			if got := rec.Events(); len(got) != 1 || !got[0].Verified || got[0].Type != kind || (got[0].OrderID != "") != whole {
				t.Fatalf("%+v", got)
			}
			if strings.Contains(log, key) {
				t.Fatal("the log holds the secret")
			}
		})
	}
}

func TestEachTryIsSignedAnew(t *testing.T) {
	var signatures []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signatures = append(signatures, r.Header.Get(sign.WebhookHeader))
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer srv.Close()
	now := time.Now()
	d := &webhook.Deliverer{Endpoints: endpoints{"agent": {URL: srv.URL, Secret: secret.New(key)}}, Client: webhook.NewClient(),
		Now: func() time.Time { now = now.Add(time.Minute); return now }, Log: slog.New(slog.DiscardHandler)}
	j := event(t, acp.V20260417)
	for range 2 {
		if err := d.Deliver(context.Background(), j); err == nil {
			t.Fatal("503 was taken for a yes")
		}
	}
	if signatures[0] == "" || signatures[0] == signatures[1] {
		t.Fatal(signatures)
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	const taken, again, never = "taken", "again", "never"
	for _, c := range []struct {
		status int
		after  string
		want   string
		delay  time.Duration
	}{
		{200, "", taken, 0}, {202, "", taken, 0}, {204, "", taken, 0},
		{301, "", never, 0}, {302, "", never, 0},
		{400, "", never, 0}, {401, "", never, 0}, {404, "", never, 0}, {410, "", never, 0},
		{408, "", again, 0}, {409, "", again, 0}, {425, "", again, 0}, {429, "7", again, 7 * time.Second},
		{500, "", again, 0}, {503, "120", again, 2 * time.Minute}, {503, "99999999", again, 6 * time.Hour}, {503, "soon", again, 0},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/hook" {
				t.Errorf("a redirect was followed to %s", r.URL.Path)
			}
			w.Header().Set("Location", "/elsewhere")
			if c.after != "" {
				w.Header().Set("Retry-After", c.after)
			}
			w.WriteHeader(c.status)
		}))
		err, _ := deliver(t, srv.URL+"/hook", event(t, acp.V20260417))
		srv.Close()
		got := again
		if err == nil {
			got = taken
		} else if job.IsPermanent(err) {
			got = never
		}
		delay, _ := job.AskedDelay(err)
		if got != c.want || delay != c.delay {
			t.Errorf("%d with Retry-After %q: %s after %s; want %s after %s", c.status, c.after, got, delay, c.want, c.delay)
		}
	}
}

func TestAnAddressIsNotQuotedWhenNobodyAnswers(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	err, log := deliver(t, srv.URL+"/hook?token=sesame", event(t, acp.V20260417))
	if err == nil || job.IsPermanent(err) || strings.Contains(err.Error()+log, "sesame") {
		t.Fatal(err, log)
	}
}

func TestAnAgentWithoutAnEndpointIsNotTold(t *testing.T) {
	j, err := order.NewEvent(order.Created, &order.Order{Agent: "silent", APIVersion: acp.V20260417}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err, _ := deliver(t, "http://127.0.0.1:1", j); err != nil {
		t.Fatal(err)
	}
}

func TestAJobThatCannotBeReadIsParked(t *testing.T) {
	if err, _ := deliver(t, "http://127.0.0.1:1", job.Job{Payload: []byte("{")}); !job.IsPermanent(err) {
		t.Fatal(err)
	}
}
