package acp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
)

// What the server itself got wrong is told without its cause.
func TestAsErrorHidesCauses(t *testing.T) {
	cause := errors.New("dial tcp 192.0.2.1: refused")
	e := acp.AsError(fmt.Errorf("reading: %w", cause))
	if e.Status != 500 || e.Type != acp.ProcessingError || !errors.Is(e, cause) {
		t.Errorf("got %+v", e)
	}
	if b, err := json.Marshal(e); err != nil || strings.Contains(string(b), "192.0.2.1") {
		t.Errorf("%s, %v", b, err)
	}
	refusal := acp.Invalid("$.buyer.email", "Not an e-mail address.")
	if got := acp.AsError(fmt.Errorf("creating: %w", refusal)); got != refusal {
		t.Errorf("got %+v", got)
	}
}

func TestCacheable(t *testing.T) {
	for _, tt := range []struct {
		err  *acp.Error
		want bool
	}{
		{acp.Invalid("$", "x"), true},
		{acp.Missing("$", "x"), true},
		{acp.Refused(404, "not_found", "", "x"), true},
		{acp.Refused(405, "not_cancelable", "", "x"), true},
		{acp.Refused(401, "unauthorized", "", "x"), false},
		{acp.Refused(403, "forbidden", "", "x"), false},
		{acp.Refused(429, "rate_limited", "", "x"), false},
		{acp.Refused(409, "idempotency_in_flight", "", "x"), false},
		{acp.Refused(422, "idempotency_conflict", "", "x"), false},
		{acp.Unavailable("payment_outcome_unknown", "x", time.Second, nil), false},
		{acp.AsError(errors.New("x")), false},
	} {
		if got := tt.err.Cacheable(); got != tt.want {
			t.Errorf("%d %s: cacheable is %t", tt.err.Status, tt.err.Code, got)
		}
	}
}

func TestAmount(t *testing.T) {
	totals := []acp.Total{{Type: acp.TotalTax, Amount: 0}, {Type: acp.TotalTotal, Amount: 5}}
	if n, ok := acp.Amount(totals, acp.TotalTax); n != 0 || !ok {
		t.Error("a figure of 0 is a figure")
	}
	if _, ok := acp.Amount(totals, acp.TotalFee); ok {
		t.Error("a figure that is not there")
	}
}
