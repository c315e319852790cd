package reconciliation_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/reconciliation"
)

var update = flag.Bool("update", false, "write the golden files")

// written is a report as text, compared with its golden file.
func written(t *testing.T, name string, r reconciliation.Report) string {
	t.Helper()
	var b strings.Builder
	if err := reconciliation.WriteText(&b, r); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(golden) != b.String() {
		t.Errorf("the report has changed; run with -update and read it:\n%s", b.String())
	}
	return b.String()
}

func TestText(t *testing.T) {
	t.Run("agree", func(t *testing.T) {
		w := newWorld()
		for n := range 1204 {
			a := paid(n)
			w.add(a)
			w.list = append(w.list, mirror(a))
		}
		other := mirror(paid(2000))
		other.Reference = ""
		w.list = append(w.list, other)
		text := written(t, "agree", w.agreed(t))
		if !strings.HasPrefix(text, "The books agree: 1,204 payments, $24,067.96.\n") {
			t.Errorf("%s", text)
		}
	})
	t.Run("nothing", func(t *testing.T) { written(t, "nothing", newWorld().agreed(t)) })
	t.Run("disagree", func(t *testing.T) {
		w := newWorld()
		for n := range 8 {
			a := paid(n)
			l := mirror(a)
			switch n {
			case 0:
				a.State, a.Captured = payment.Declined, 0
			case 1:
				l.Refunded = 500
			case 2:
				l.Result.Currency = "eur"
			case 3:
				a.State, a.Captured, l.Result.Class = payment.Unknown, 0, payment.ClassPending
			case 4:
				a.LeaseUntil, l.Refunded = noon.Add(time.Second), 1
			case 6:
				l.Result.Class = payment.ClassUnknown
			}
			if n == 5 {
				continue
			}
			w.add(a)
			w.list = append(w.list, l)
		}
		elsewhere := paid(5)
		elsewhere.Account = "acct_2"
		w.add(elsewhere)
		w.operations = append(w.operations, operation(1, 500))
		w.pageSize = 2
		text := written(t, "disagree", w.agreed(t))
		if !strings.HasPrefix(text, "5 disagreements about ") {
			t.Errorf("%s", text)
		}
	})
	t.Run("no list", func(t *testing.T) {
		w := newWorld()
		a := paid(1)
		a.Provider, a.State, a.Captured = "adyen", payment.Unknown, 0
		w.add(a)
		shop := account(listless{})
		r, err := reconciliation.Compare(t.Context(), shop, w, day, day.AddDate(0, 0, 1), clock)
		if err != nil {
			t.Fatal(err)
		}
		written(t, "no_list", r)
	})
	t.Run("does not add up", func(t *testing.T) {
		r := newWorld().agreed(t)
		r.Totals = []reconciliation.Total{{Currency: "usd", Unexplained: -1}}
		if text := written(t, "does_not_add_up", r); r.Agrees() || !strings.HasPrefix(text, "The books do not add up: -$0.01 unexplained") {
			t.Errorf("%s", text)
		}
	})
}

// shut is a writer that fails after some bytes.
type shut int

func (s *shut) Write(p []byte) (int, error) {
	if *s -= shut(len(p)); *s < 0 {
		return 0, errors.New("shut")
	}
	return len(p), nil
}

func TestTextThatCannotBeWritten(t *testing.T) {
	w := newWorld()
	a := paid(1)
	w.add(a)
	w.list = []payment.Listed{mirror(a)}
	r := w.agreed(t)
	var b strings.Builder
	if err := reconciliation.WriteText(&b, r); err != nil {
		t.Fatal(err)
	}
	for n := range b.Len() {
		left := shut(n)
		if err := reconciliation.WriteText(&left, r); err == nil {
			t.Fatalf("no error after %d bytes", n)
		}
	}
}

// A report is kept as JSON and is the same when it is read again.
func TestJSON(t *testing.T) {
	w := newWorld()
	a := paid(1)
	l := mirror(a)
	l.Refunded = 5
	w.add(a)
	w.list = []payment.Listed{l}
	r := w.agreed(t)
	doc, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var again reconciliation.Report
	if err := json.Unmarshal(doc, &again); err != nil {
		t.Fatal(err)
	}
	if second, err := json.Marshal(again); err != nil || string(second) != string(doc) {
		t.Errorf("%v\n%s\n%s", err, doc, second)
	}
	for _, part := range []string{`"merchant_id":"shop"`, `"kind":"refunded_differs"`, `"delta":-5`, `"limits":[]`, `"unexplained":0`, `"at_stake":5`} {
		if !strings.Contains(string(doc), part) {
			t.Errorf("no %s in %s", part, doc)
		}
	}
}
