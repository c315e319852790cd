package reconciliation

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/checkstand/checkstand/money"
)

// named is how many ids a sentence names.
const named = 10

// limits says in words what could not be compared.
func (c *comparison) limits() {
	if !c.report.Compared {
		c.report.Limits = append(c.report.Limits, fmt.Sprintf("%s has no list of its payments, so only what is open in our own books is reported. What it took and we do not know of would not be found.", c.provider))
	}
	if n := len(c.unreadable); n > 0 {
		slices.Sort(c.unreadable)
		ids := strings.Join(c.unreadable[:min(n, named)], ", ")
		if n > named {
			ids += fmt.Sprintf(" and %d more", n-named)
		}
		c.report.Limits = append(c.report.Limits, fmt.Sprintf("%s at %s cannot be told to be paid or not, and %s in no total: %s.",
			count(n, "payment"), c.provider, plural(n, "is", "are"), ids))
	}
}

// WriteText writes a report for a person at a terminal: the result first, then
// each disagreement with what to do, then the totals.
func WriteText(w io.Writer, r Report) error {
	p := &printer{w: w}
	p.f("%s\n%s\n", r.headline(), r.scope())
	for i, d := range r.Differences {
		p.f("\n%d. %s: %s\n", i+1, d.Kind.Title(), d.sums())
		p.f("   %s\n", d.identity())
		p.f("   %s\n", d.What)
		p.f("   %s\n", d.Advice)
	}
	r.writeTotals(p)
	notes := r.notes()
	if len(notes) > 0 {
		p.f("\n%s\n", strings.Join(notes, "\n"))
	}
	return p.err
}

// headline is the result in one line.
func (r Report) headline() string {
	n := len(r.Differences)
	switch {
	case r.unexplained():
		var left []string
		for _, t := range r.Totals {
			if t.Unexplained != 0 {
				left = append(left, signed(t.Unexplained, t.Currency))
			}
		}
		return fmt.Sprintf("The books do not add up: %s unexplained, beside %s.", strings.Join(left, ", "), count(n, "disagreement"))
	case n > 0 && r.Compared:
		return fmt.Sprintf("%s about %s.", count(n, "disagreement"), r.atStake())
	case n > 0:
		return fmt.Sprintf("%s about %s. The books could not be compared.", count(n, "open matter"), r.atStake())
	case !r.Compared:
		return "Nothing is open here. The books could not be compared."
	case len(r.Limits) > 0:
		return fmt.Sprintf("No disagreement, but not everything could be compared: %s.", r.taken())
	}
	return fmt.Sprintf("The books agree: %s.", r.taken())
}

func (r Report) atStake() string {
	sums := map[string]int64{}
	for _, d := range r.Differences {
		sums[d.Currency] += d.AtStake
	}
	var list []string
	for currency, sum := range sums {
		list = append(list, amount(sum, currency))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// taken is what both books have.
func (r Report) taken() string {
	words := []string{count(r.Counts.Paid, "payment")}
	for _, t := range r.Totals {
		if t.Charged.Theirs != 0 {
			words = append(words, amount(t.Charged.Theirs, t.Currency))
		}
	}
	return strings.Join(words, ", ")
}

func (r Report) scope() string {
	mode := "test mode"
	if r.Live {
		mode = "live mode"
	}
	account := r.Provider
	if r.Account != "" {
		account += " account " + r.Account
	}
	return fmt.Sprintf("Shop %s, %s, %s, payments from %s until %s UTC.", r.MerchantID, account, mode, minute(r.From), minute(r.To))
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// sums are the figures of a difference in short.
func (d Difference) sums() string {
	switch {
	case d.TheirCurrency != "":
		return fmt.Sprintf("ours %s, theirs %s", amount(d.Ours, d.Currency), amount(d.Theirs, d.TheirCurrency))
	case d.Delta == 0 && d.Ours == 0 && d.Theirs == 0:
		return amount(d.AtStake, d.Currency)
	case d.Delta == 0:
		return amount(d.AtStake, d.Currency) + " in both"
	}
	return fmt.Sprintf("%s (ours %s, theirs %s)", signed(d.Delta, d.Currency), amount(d.Ours, d.Currency), amount(d.Theirs, d.Currency))
}

// identity names everything that a difference is about.
func (d Difference) identity() string {
	var words []string
	for _, id := range []struct{ what, id string }{
		{"operation ", d.OpID}, {"payment ", d.AttemptID}, {"session ", d.SessionID}, {"order ", d.OrderID}, {"at the provider ", d.PSPRef},
	} {
		if id.id != "" {
			words = append(words, id.what+id.id)
		}
	}
	if !d.Since.IsZero() {
		words = append(words, "since "+d.Since.UTC().Format(time.DateTime))
	}
	return strings.Join(words, "  ")
}

// writeTotals writes one line a currency.
func (r Report) writeTotals(p *printer) {
	if len(r.Totals) == 0 {
		return
	}
	p.f("\n")
	tw := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', tabwriter.AlignRight)
	t := &printer{w: tw, err: p.err}
	t.f("\tcharged\trefunded\tnet\t\n")
	for _, sum := range r.Totals {
		t.f("%s ours\t%s\t%s\t%s\t\n", sum.Currency, figure(sum.Charged.Ours, sum), figure(sum.Refunded.Ours, sum), figure(sum.Net.Ours, sum))
		if r.Compared {
			t.f("%s theirs\t%s\t%s\t%s\t\n", sum.Currency, figure(sum.Charged.Theirs, sum), figure(sum.Refunded.Theirs, sum), figure(sum.Net.Theirs, sum))
		}
	}
	if t.err == nil {
		t.err = tw.Flush()
	}
	p.err = t.err
}

func figure(minor int64, t Total) string {
	text, _, _ := strings.Cut(amount(minor, t.Currency), " ")
	return text
}

// notes are what is not a disagreement and still to be known.
func (r Report) notes() []string {
	notes := slices.Clone(r.Limits)
	c := r.Counts
	if c.Moving > 0 {
		notes = append(notes, fmt.Sprintf("%s moved a moment ago and %s left to the next comparison.", count(c.Moving, "payment"), plural(c.Moving, "is", "are")))
	}
	if c.OtherBusiness > 0 {
		words := []string{}
		for _, t := range r.Totals {
			if t.OtherBusiness != 0 {
				words = append(words, amount(t.OtherBusiness, t.Currency))
			}
		}
		notes = append(notes, fmt.Sprintf("Other business of the account: %s.", strings.Join(append([]string{count(c.OtherBusiness, "payment")}, words...), ", ")))
	}
	if c.OtherShops > 0 {
		notes = append(notes, fmt.Sprintf("Of other shops that share the account: %s.", count(c.OtherShops, "payment")))
	}
	if c.OtherAccounts > 0 {
		notes = append(notes, fmt.Sprintf("%s of the shop went to another account and %s not compared here.", count(c.OtherAccounts, "attempt"), plural(c.OtherAccounts, "is", "are")))
	}
	return notes
}

// signed writes an amount with its sign.
func signed(minor int64, currency string) string {
	if minor > 0 {
		return "+" + amount(minor, currency)
	}
	return amount(minor, currency)
}

// count writes a number with its noun.
func count(n int, noun string) string {
	return money.FormatNumber(int64(n), "en") + " " + noun + plural(n, "", "s")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// printer writes until the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) f(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}
