package server_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/servertest"
)

// Whoever looks into why a buyer could not pay finds the requests of the
// pages, and nothing that opens one of them.
func TestRequestsOfPagesAreLogged(t *testing.T) {
	t.Parallel()
	var log logBuffer
	shop := servertest.Start(t, servertest.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	o := sold(t, shop, servertest.Mug)
	for path, line := range map[string]string{
		"/orders/" + o.ID:               `route="GET /orders/{id}" status=200`,
		"/checkout/not-a-link":          "status=404",
		"/orders/ord_nobody_placed_it":  `route="GET /orders/{id}" status=404`,
		"/checkout/not-a-link?return=1": "status=404",
	} {
		before := len(log.String())
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, shop.BaseURL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		written := ""
		for l := range strings.Lines(log.String()[before:]) {
			if strings.Contains(l, "msg=page ") { // a webhook may be sent beside it
				written += l
			}
		}
		if !strings.Contains(written, "method=GET") || !strings.Contains(written, line) {
			t.Errorf("%s: the log says %q, want %q", path, written, line)
		}
		if strings.Contains(written, strings.TrimPrefix(strings.TrimPrefix(path, "/orders/"), "/checkout/")) {
			t.Errorf("%s: the log has what opens the page: %q", path, written)
		}
	}
}
