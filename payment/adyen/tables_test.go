package adyen

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/exchange"
)

var update = flag.Bool("update", false, "write the tables into docs/payments/adyen.md")

// Every row is one case: what the table says is what comes of the word.
func TestTablesAreWhatIsDone(t *testing.T) {
	p := &Provider{errors: errorClass}
	sent := paymentRequest{Reference: "pay_1", Amount: amount{"USD", 1999}}
	classify := func(status int, body string) payment.Class {
		return p.classify(exchange.Reply{Status: status, Header: http.Header{}, Body: []byte(body)}, sent).Class
	}
	for _, r := range resultCodes {
		want := r.Class
		if want == payment.ClassAuthorized {
			want = payment.ClassCaptured // of a request that is captured at once
		}
		if got := classify(200, fmt.Sprintf(`{"pspReference":"NC6HT9CRT65ZGN82","resultCode":%q,"merchantReference":"pay_1"}`, r.Word)); got != want {
			t.Errorf("resultCode %s: %s, want %s", r.Word, got, want)
		}
	}
	for _, result := range []string{"Refused", "Error"} {
		for _, r := range refusalCodes {
			if got := classify(200, fmt.Sprintf(`{"resultCode":%q,"refusalReasonCode":%q}`, result, r.Word)); got != r.Class {
				t.Errorf("%s %s: %s, want %s", result, r.Word, got, r.Class)
			}
		}
		if got := classify(200, fmt.Sprintf(`{"resultCode":%q,"refusalReasonCode":"12345"}`, result)); got != resultClass[result] {
			t.Errorf("%s with a new reason: %s", result, got)
		}
	}
	for _, r := range errorCodes {
		for _, status := range []int{400, 401, 403, 422} {
			if got := classify(status, fmt.Sprintf(`{"errorCode":%q,"pspReference":"NC6HT9CRT65ZGN82"}`, r.Word)); got != r.Class {
				t.Errorf("%d %s: %s, want %s", status, r.Word, got, r.Class)
			}
		}
		for _, status := range []int{404, 500, 503} {
			if got := classify(status, fmt.Sprintf(`{"errorCode":%q}`, r.Word)); got != payment.ClassUnknown {
				t.Errorf("%d %s: %s, want unknown", status, r.Word, got)
			}
		}
	}
	for _, r := range sessionStatuses {
		s := session{ID: "CS451F2AB1ED897A94", Status: r.Word}
		want := r.Class
		if want == payment.ClassAuthorized {
			want = payment.ClassPending // of an answer that does not name the payment
		}
		if got := s.result().Class; got != want {
			t.Errorf("session %s: %s, want %s", r.Word, got, want)
		}
	}
	for _, s := range statusCodes {
		if got := classify(s.Status, `{"errorCode":"12345"}`); got != s.Class {
			t.Errorf("%d: %s, want %s", s.Status, got, s.Class)
		}
	}
}

func TestTablesHaveNoWordTwice(t *testing.T) {
	for name, rows := range map[string][]row{"resultCodes": resultCodes, "refusalCodes": refusalCodes, "errorCodes": errorCodes, "sessionStatuses": sessionStatuses} {
		if len(index(rows)) != len(rows) {
			t.Errorf("%s has a word twice", name)
		}
		for _, r := range rows {
			if r.Word == "" || r.Text == "" || r.Class == "" || r.Source == "" {
				t.Errorf("%s: %+v is not complete", name, r)
			}
		}
	}
	if len(eventByCode) != len(eventCodes) {
		t.Error("eventCodes has a word twice")
	}
}

const (
	begin = "<!-- tables: written by go test ./payment/adyen -run TestDocs -update -->"
	end   = "<!-- end of tables -->"
)

// The document's tables are those of the code.
func TestDocs(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "payments", "adyen.md")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(raw), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the tables", path)
	}
	want := head + begin + "\n\n" + tables() + end + tail
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(raw) != want {
		t.Errorf("%s is not what the tables say: go test ./payment/adyen -run TestDocs -update", path)
	}
}

func tables() string {
	var b strings.Builder
	rows := func(title, word string, rows []row) {
		fmt.Fprintf(&b, "### %s\n\n| %s | Adyen's meaning | class | source |\n|---|---|---|---|\n", title, word)
		for _, r := range rows {
			fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s |\n", r.Word, r.Text, r.Class, r.Source)
		}
		b.WriteString("\n")
	}
	rows("Payments", "resultCode", resultCodes)
	rows("Refused payments", "refusalReasonCode", refusalCodes)
	rows("Errors", "errorCode", errorCodes)
	rows("Sessions, asked about with their result", "status", sessionStatuses)
	b.WriteString("### HTTP statuses without a known errorCode\n\n| status | meaning | class | source |\n|---|---|---|---|\n")
	for _, s := range statusCodes {
		fmt.Fprintf(&b, "| %d | %s | `%s` | %s |\n", s.Status, s.Text, s.Class, s.Source)
	}
	b.WriteString("| every other | | `unknown` | |\n\n### Webhooks\n\n| eventCode | meaning | about | success true | success false | source |\n|---|---|---|---|---|---|\n")
	for _, e := range eventCodes {
		about, ok, failed := string(e.About), string(e.Ok), string(e.Failed)
		switch e.About {
		case payment.AboutPayment:
			about = "payment"
		case payment.AboutOperation:
			about = strings.TrimSpace(string(e.Kind) + " " + about)
		case payment.AboutDispute:
			if ok, failed = string(e.State), string(payment.DisputeOpen); e.State != payment.DisputeOpen && !e.Decided {
				ok += ", for now"
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", e.Code, e.Text, about, ok, failed, e.Source)
	}
	b.WriteString("\n")
	return b.String()
}
