package stripe

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/secret"
)

var update = flag.Bool("update", false, "write the tables into docs/payments/stripe.md")

// serve is a server at an address of its own.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func testProvider(t *testing.T) *Provider {
	t.Helper()
	p, err := New(Config{Key: secret.New("sk_test_1")})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Every row is reached by an error of its own: none is hidden by one above it.
func TestEveryErrorHasItsClass(t *testing.T) {
	for table, rows := range map[string][]errorRow{"charge": errorRows, "operation": opRows} {
		for i, row := range rows {
			name := fmt.Sprintf("%s/%02d %d %s %s %s", table, i, row.Status, row.Type, row.Code, row.Decline)
			t.Run(name, func(t *testing.T) {
				sample := func(pattern string) string { return strings.Replace(pattern, anything, "zzz", 1) }
				f := failure{Type: sample(row.Type), Code: sample(row.Code), Decline: sample(row.Decline), Param: sample(row.Param)}
				status := row.Status
				if status == 0 {
					status = 400
				}
				if table == "operation" {
					if got := opClass(status, f); got != row.Class {
						t.Errorf("%s, want %s", got, row.Class)
					}
					return
				}
				if got, ok := errorRowOf(status, f); !ok || got != row {
					t.Errorf("%+v, want %+v", got, row)
				}
			})
		}
	}
}

// What no row knows is unknown, and so is anything with a status of 500 or
// above, whatever it says.
func TestWhatIsNotKnownIsUnknown(t *testing.T) {
	for _, status := range []int{200, 302, 400, 402, 404, 408, 409, 500, 502, 503, 504} {
		for _, f := range []failure{{}, {Type: "card_error", Code: "something_new"}, {Type: "something_new"}, {Type: "api_error"}} {
			if row, ok := errorRowOf(status, f); row.Class != payment.ClassUnknown {
				t.Errorf("%d %+v: %+v %v", status, f, row, ok)
			}
			if class := opClass(status, f); class != payment.ClassUnknown && (status != 402 || f.Type != "card_error") {
				t.Errorf("%d %+v: %s", status, f, class)
			}
		}
	}
	for _, f := range []failure{{Type: "card_error", Code: "card_declined"}, {Type: "invalid_request_error"}} {
		for status := 500; status < 512; status++ {
			if row, _ := errorRowOf(status, f); row.Class != payment.ClassUnknown {
				t.Errorf("%d %+v: %s", status, f, row.Class)
			}
		}
	}
	if class := statusClass("something_new"); class != payment.ClassUnknown {
		t.Errorf("a new status is %s", class)
	}
}

// No decline code turns a decline into money, or money into a decline.
func TestTheStatusOfThePaymentHasTheLastWord(t *testing.T) {
	p := testProvider(t)
	for _, row := range statusRows {
		for _, e := range errorRows {
			in := intent{ID: "pi_1", Status: row.Status, Amount: 5, Capturable: 5, Currency: "usd", LastError: &failure{Type: e.Type, Code: e.Code, Decline: e.Decline}}
			got := p.result(in, "").Class
			if row.Class.State() != got.State() && row.Status != "requires_payment_method" {
				t.Errorf("%s with %+v is %s, want %s", row.Status, e, got, row.Class)
			}
			if row.Status == "requires_payment_method" && got.State() != payment.Declined && got.State() != payment.Failed {
				t.Errorf("refused with %+v is %s", e, got)
			}
		}
	}
}

func TestEveryReasonOfATokenAndStatusOfARefund(t *testing.T) {
	p := testProvider(t)
	for _, row := range tokenRows {
		if class, reason := p.standing(granted{Reason: row.Reason}); class != row.Class || reason != "token_"+row.Reason {
			t.Errorf("%s: %s (%s)", row.Reason, class, reason)
		}
	}
	if class, _ := p.standing(granted{Reason: "something_new"}); class != payment.ClassTokenExpired {
		t.Errorf("deactivated for a new reason: %s", class)
	}
	if class, _ := p.standing(granted{Live: true}); class != payment.ClassTokenInvalid {
		t.Errorf("of the other mode: %s", class)
	}
	for _, row := range refundRows {
		if r := (refund{ID: "re_1", Status: row.Status, Amount: 5, Currency: "usd"}).result(""); r.Class != row.Class || r.Amount != 5 {
			t.Errorf("%s: %+v", row.Status, r)
		}
	}
	for _, row := range append(disputeRows, disputeRow{Status: "something_new", State: payment.DisputeOpen}) {
		var n payment.Notice
		if err := p.readDispute([]byte(`{"id":"du_1","payment_intent":"pi_1","amount":5,"currency":"usd","status":"`+row.Status+`"}`), &n); err != nil ||
			n.Dispute != row.State || n.Final != (row.State != payment.DisputeOpen) || n.Result.Amount != 5 || n.OpRef != "du_1" {
			t.Errorf("%s: %+v, %v", row.Status, n, err)
		}
	}
	if r := (refund{ID: "re_1", Status: "something_new", Currency: "usd"}).result(""); r.Class != payment.ClassUnknown {
		t.Errorf("a new status: %+v", r)
	}
}

// The tables in the documentation are these tables. -update writes them.
func TestTheDocumentationHasTheTables(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "payments", "stripe.md")
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- tables -->\n", "<!-- /tables -->\n"
	before, rest, ok := strings.Cut(string(have), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the tables", path)
	}
	want := before + begin + tables() + end + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(have) != want {
		t.Errorf("%s is out of date: run go test ./payment/stripe -run Documentation -update", path)
	}
}

func tables() string {
	var b strings.Builder
	cell := func(s string) string {
		switch s {
		case anything:
			return "any"
		case "":
			return "none"
		}
		return "`" + s + "`"
	}
	b.WriteString("\n### Status of a payment\n\n| status | class | means | source |\n| --- | --- | --- | --- |\n")
	for _, r := range statusRows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", cell(r.Status), r.Class, r.Means, r.Source)
	}
	errors := func(title string, rows []errorRow) {
		fmt.Fprintf(&b, "\n### %s\n\nThe first row that fits counts.\n\n| HTTP | type | code | decline code | class | source |\n| --- | --- | --- | --- | --- | --- |\n", title)
		for _, r := range rows {
			status, class := "any", string(r.Class)
			if r.Status != 0 {
				status = fmt.Sprint(r.Status)
			}
			if r.AskToken {
				class = "what the token or stored card says; else " + class
			}
			code := cell(r.Code)
			if r.Param != anything {
				code += " of the token"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", status, cell(r.Type), code, cell(r.Decline), class, r.Source)
		}
	}
	errors("Errors of a charge", errorRows)
	b.WriteString("\n### Why a token cannot be charged\n\n| `deactivated_reason` | class | source |\n| --- | --- | --- |\n")
	for _, r := range tokenRows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(r.Reason), r.Class, r.Source)
	}
	b.WriteString("\nWhen the token cannot be asked, Stripe's text is read:\n\n| text contains | class | source |\n| --- | --- | --- |\n")
	for _, r := range messageRows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.Contains, r.Class, r.Source)
	}
	errors("Errors of a capture, void or refund", opRows)
	b.WriteString("\n### Status of a refund\n\n| status | class | source |\n| --- | --- | --- |\n")
	for _, r := range refundRows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(r.Status), r.Class, r.Source)
	}
	b.WriteString("\n### Status of a dispute\n\nA status without a row is open.\n\n| status | state | source |\n| --- | --- | --- |\n")
	for _, r := range disputeRows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(r.Status), r.State, r.Source)
	}
	b.WriteString("\n### Events that are read\n\n| event | about | means | is news by itself |\n| --- | --- | --- | --- |\n")
	for _, r := range eventRows {
		about, final := string(r.About), r.Final
		if r.About == payment.AboutPayment {
			about = "payment"
		}
		if final == "" {
			final = "no, Stripe is asked"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.Type, about, r.Means, final)
	}
	b.WriteString("\n")
	return b.String()
}

// A header is sent with every request, and a redirect is not followed: the key
// to the account goes nowhere else.
func TestTheKeyGoesNowhereElse(t *testing.T) {
	asked := 0
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { asked++ })
	here := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer sk_test_1" || r.Header.Get("Stripe-Version") != DefaultAPIVersion {
			t.Errorf("%+v", r.Header)
		}
		http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
	})
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	p, err := New(Config{Key: secret.New("sk_test_1"), BaseURL: here, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	if _, result, err := p.retrieve(t.Context(), "pi_1"); err != nil || result.Class != payment.ClassUnknown || asked != 0 {
		t.Errorf("%+v, %v, %d requests elsewhere", result, err, asked)
	}
}
