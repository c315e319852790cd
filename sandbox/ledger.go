package sandbox

import (
	"context"
	"net/http"

	"github.com/checkstand/checkstand/acp"
)

// Ledger is everything that was charged, or tried, for one checkout session.
type Ledger struct {
	SessionID string   `json:"checkout_session_id"`
	Charges   int      `json:"charges"`  // that hold or took money: more than 1 is a double charge
	Attempts  int      `json:"attempts"` // those, and the refused and voided ones
	Totals    []Total  `json:"totals"`   // by currency
	List      []Charge `json:"list"`     // oldest first
}

// Total sums the money in one currency, in minor units.
type Total struct {
	Currency   string `json:"currency"`
	Charges    int64  `json:"charges"`
	Authorized int64  `json:"authorized"` // held and not captured
	Captured   int64  `json:"captured"`
	Refunded   int64  `json:"refunded"`
}

// Summary is the whole ledger in a few figures.
type Summary struct {
	PSP          string   `json:"psp"`
	Sessions     int64    `json:"sessions"` // with at least one attempt
	Attempts     int64    `json:"attempts"`
	Totals       []Total  `json:"totals"`
	ChargedTwice []string `json:"charged_twice"` // sessions with more than one charge, at most MaxChargedTwice
}

// MaxChargedTwice bounds the list of sessions in a Summary.
const MaxChargedTwice = 100

// Ledger tells what was charged for a session, in whichever account. A session
// that is not known has an empty ledger.
func (p *PSP) Ledger(ctx context.Context, sessionID string) (Ledger, error) {
	l := Ledger{SessionID: sessionID}
	var err error
	if l.List, err = findCharges(ctx, p.read, `session_id = ?`, sessionID); err != nil {
		return Ledger{}, err
	}
	l.Attempts = len(l.List)
	for _, c := range l.List {
		if c.Status.TakesMoney() {
			l.Charges++
		}
	}
	l.Totals, err = p.totals(ctx, `session_id = ?`, sessionID)
	return l, err
}

// Summary adds the ledger up.
func (p *PSP) Summary(ctx context.Context) (Summary, error) {
	s := Summary{PSP: p.name, ChargedTwice: []string{}}
	err := p.read.QueryRowContext(ctx, `SELECT count(DISTINCT session_id), count(*) FROM charge`).Scan(&s.Sessions, &s.Attempts)
	if err != nil {
		return Summary{}, err
	}
	if s.Totals, err = p.totals(ctx, `1 = 1`); err != nil {
		return Summary{}, err
	}
	rows, err := p.read.QueryContext(ctx, `SELECT session_id FROM charge WHERE status IN ('processing', 'authorized', 'captured')
		GROUP BY session_id HAVING count(*) > 1 ORDER BY session_id LIMIT ?`, MaxChargedTwice)
	if err != nil {
		return Summary{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var session string
		if err := rows.Scan(&session); err != nil {
			return Summary{}, err
		}
		s.ChargedTwice = append(s.ChargedTwice, session)
	}
	return s, rows.Err()
}

func (p *PSP) totals(ctx context.Context, condition string, args ...any) ([]Total, error) {
	rows, err := p.read.QueryContext(ctx, `SELECT currency, count(*),
		sum(CASE WHEN status IN ('authorized', 'processing') THEN amount ELSE 0 END), sum(captured), sum(refunded)
		FROM charge WHERE status IN ('processing', 'authorized', 'captured') AND `+condition+`
		GROUP BY currency ORDER BY currency`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	totals := []Total{}
	for rows.Next() {
		var t Total
		if err := rows.Scan(&t.Currency, &t.Charges, &t.Authorized, &t.Captured, &t.Refunded); err != nil {
			return nil, err
		}
		totals = append(totals, t)
	}
	return totals, rows.Err()
}

func (p *PSP) getLedger(ctx context.Context, c *call) (answer, error) {
	session := c.r.URL.Query().Get("checkout_session_id")
	if session == "" || len(session) > MaxIdentifier {
		return answer{}, acp.Invalid("checkout_session_id", "The query parameter checkout_session_id is required.")
	}
	l, err := p.Ledger(ctx, session)
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, l)
}

func (p *PSP) getSummary(ctx context.Context, _ *call) (answer, error) {
	s, err := p.Summary(ctx)
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, s)
}
