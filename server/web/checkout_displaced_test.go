package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/web"
)

// What a browser reads that the page was taken over from.
func TestABrowserThatWasDisplaced(t *testing.T) {
	order := &web.PlacedOrder{Number: "1042", URL: "/orders/ord_1"}
	for name, tt := range map[string]struct {
		outcome *web.Outcome
		status  int
		heading string
		says    string
		refresh string
	}{
		"it has paid":       {&web.Outcome{Order: order}, 200, "Thank you", "Your order 1042 is placed. The checkout is open in another browser now.", ""},
		"it may have paid":  {&web.Outcome{Open: true}, 200, "Your payment is being confirmed", "this page looks again by itself", "3; url=" + session + "?waiting=2"},
		"it has not paid":   {&web.Outcome{}, 403, "This checkout is not open in this browser", "You have not been charged here.", ""},
		"it is a stranger":  {nil, 403, "This checkout is not open in this browser", "ask for a new link in your conversation", ""},
		"it paid for money": {&web.Outcome{Order: order, Live: true}, 200, "Thank you", "See your order", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := &checkouts{view: filledIn(), outcome: tt.outcome}
			other := func(r *http.Request) {
				r.Header.Del("Cookie")
				r.AddCookie(&http.Cookie{Name: "checkout", Value: "another"})
			}
			resp := ask(counter(t, c), http.MethodGet, session, other)
			page := parse(t, resp)
			if resp.StatusCode != tt.status || text(one(t, page, "h1", "")) != tt.heading || resp.Header.Get("Refresh") != tt.refresh {
				t.Errorf("%s %q, refresh %q", resp.Status, text(one(t, page, "h1", "")), resp.Header.Get("Refresh"))
			}
			said := text(page)
			if !strings.Contains(said, tt.says) || strings.Contains(said, "buyer@example.com") || strings.Contains(said, "Stoneware Mug") {
				t.Errorf("%s", said)
			}
			if got := resp.Header.Get("Cache-Control"); got != "private, no-store" {
				t.Errorf("Cache-Control: %q", got)
			}
			if ribbon := len(find(page, "p", "ribbon")) == 1; tt.outcome != nil && ribbon == tt.outcome.Live {
				t.Errorf("live %v, ribbon %v", tt.outcome.Live, ribbon)
			}
		})
	}
}
