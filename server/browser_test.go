package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/servertest"
	"github.com/checkstand/checkstand/webhook/receiver"
)

// unhurried serves pages that reload themselves every few seconds as pages that
// do so after minutes, so that they can be looked at.
func unhurried(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		pages.ServeHTTP(answer, r)
		for name, values := range answer.Header() {
			if name != "Content-Length" {
				w.Header()[name] = values
			}
		}
		w.WriteHeader(answer.Code)
		fmt.Fprint(w, strings.Replace(answer.Body.String(), `http-equiv="refresh" content="5"`, `http-equiv="refresh" content="600"`, 1))
	})
}

// TestPurchaseInBrowser looks at what a buyer and a developer see of a purchase
// on a whole server: the shop's page, the order behind its link, the receiver
// of the order's events.
func TestPurchaseInBrowser(t *testing.T) {
	t.Parallel()
	b := browsertest.Open(t)
	s := servertest.Start(t, servertest.Options{})
	inbox := httptest.NewServer(unhurried(s.Webhooks))
	t.Cleanup(inbox.Close)
	live := httptest.NewServer(s.Webhooks)
	t.Cleanup(live.Close)

	waiting := b.Tab(t, browsertest.Options{Width: 320})
	waiting.Go(live.URL + "/")
	waiting.WaitText(".empty", "No events yet")

	agent := s.Agent(t)
	paid, err := agent.Pay(t.Context(), agent.Prepare(t, servertest.Mug, servertest.Book))
	if err != nil {
		t.Fatal(err)
	}
	// It shows the event without anybody doing anything.
	waiting.WaitText(".events", "signature correct")
	event := s.Webhooks.Events()[0]

	refused, err := http.Post(inbox.URL+receiver.Path, "application/json", strings.NewReader(`{"type":"`+strings.Repeat("order_create", 8)+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	refused.Body.Close()

	for _, page := range []struct {
		name, url, in, says string
	}{
		{"shop", s.BaseURL + "/", "h1", "Test Shop"},
		{"purchase", paid.Order.PermalinkURL, "h1", "Your order is confirmed"},
		{"receiver", inbox.URL + "/?still", ".events", "signature wrong, refused"},
		{"event", inbox.URL + "/?show=" + event.Anchor(), ".events pre", paid.Order.ID},
	} {
		for _, width := range []int{320, 390, 1280} {
			for _, dark := range []bool{false, true} {
				name := fmt.Sprintf("%s-%d-%s", page.name, width, map[bool]string{false: "light", true: "dark"}[dark])
				t.Run(name, func(t *testing.T) {
					tab := b.Tab(t, browsertest.Options{Width: width, Dark: dark, Touch: width < 600})
					tab.Go(page.url)
					tab.WaitText(page.in, page.says)
					tab.Screenshot(name)
					tab.Check()
				})
			}
		}
	}
}
