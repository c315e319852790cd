package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/go-json-experiment/json"
)

// FaultKind is a way to misbehave. "Before commit" means that nothing of the
// request remains, "after commit" that all of it does.
type FaultKind string

// Kinds of fault.
const (
	FaultDropBefore  FaultKind = "drop_before_commit"  // the connection breaks, nothing was done
	FaultDropAfter   FaultKind = "drop_after_commit"   // all was done, then the connection breaks
	FaultErrorBefore FaultKind = "500_before_commit"   //
	FaultErrorAfter  FaultKind = "500_after_commit"    //
	FaultUnavailable FaultKind = "unavailable"         // 503 before the commit
	FaultRateLimited FaultKind = "rate_limited"        // 429 before the commit
	FaultDelayBefore FaultKind = "delay_before_commit" // the request takes its time to be looked at
	FaultDelayAfter  FaultKind = "delay_after_commit"  // all is done at once, the answer comes late
	FaultWrongAmount FaultKind = "wrong_amount"        // the answer says one unit more than was charged
	FaultDuplicate   FaultKind = "duplicate"           // a webhook comes twice
	FaultLate        FaultKind = "late"                // a webhook comes later than those after it
	FaultDropOnce    FaultKind = "drop_once"           // a webhook is lost, and delivered again as one that failed
)

// target is a group of endpoints that shows faults.
type target string

const (
	onCharge   target = "charge"   // POST /v1/charges, and moving the money of one
	onLookup   target = "lookup"   // GET of charges and pages
	onPage     target = "page"     // making and ending a page, and closing a reference
	onDelegate target = "delegate" // delegate_payment
	onWebhook  target = "webhook"  // the first delivery of an event
)

// Limits of a fault.
const (
	maxFaultCount = 1000
	maxDelay      = time.Minute
)

var faultKinds = map[FaultKind][]target{
	FaultDropBefore:  {onCharge, onPage, onDelegate, onLookup},
	FaultErrorBefore: {onCharge, onPage, onDelegate, onLookup},
	FaultUnavailable: {onCharge, onPage, onDelegate, onLookup},
	FaultRateLimited: {onCharge, onPage, onDelegate, onLookup},
	FaultDelayAfter:  {onCharge, onPage, onDelegate, onLookup},
	FaultDropAfter:   {onCharge, onPage, onDelegate},
	FaultErrorAfter:  {onCharge, onPage, onDelegate},
	FaultDelayBefore: {onCharge, onPage, onDelegate},
	FaultWrongAmount: {onCharge},
	FaultDuplicate:   {onWebhook},
	FaultLate:        {onWebhook},
	FaultDropOnce:    {onWebhook},
}

// fault is a switched-on misbehaviour of the next requests to a target. It is
// kept in the data file and counted down there, so that it survives a restart
// and strikes exactly as often as asked.
type fault struct {
	On      target    `json:"on"`
	Next    FaultKind `json:"next"`
	Count   int64     `json:"count"`
	DelayMS int64     `json:"delay_ms,omitzero"`
}

func (f fault) delay() time.Duration { return time.Duration(f.DelayMS) * time.Millisecond }

// before does what the fault does instead of the request.
func (f fault) before() error {
	switch f.Next {
	case FaultDropBefore:
		panic(http.ErrAbortHandler)
	case FaultErrorBefore:
		return acp.AsError(errors.New("fault switched on: " + string(f.Next)))
	case FaultUnavailable:
		return acp.Unavailable("service_unavailable", "The service is not available at the moment.", retrySoon, nil)
	case FaultRateLimited:
		return &acp.Error{Type: acp.RateLimitExceeded, Code: "too_many_requests", Status: http.StatusTooManyRequests,
			Message: "There were too many requests. Repeat this one unchanged in a moment.", RetryAfter: retrySoon}
	}
	return nil
}

// hold delays a request that already counts as in flight.
func (p *PSP) hold(f fault) error {
	if f.Next != FaultDelayBefore {
		return nil
	}
	return p.delayed(f.delay())
}

func (p *PSP) delayed(d time.Duration) error {
	if err := p.wait(d); err != nil {
		return acp.Unavailable("service_unavailable", "The service is shutting down.", retrySoon, err)
	}
	return nil
}

// after does what the fault, or the card, does to an answer whose request is
// committed.
func (p *PSP) after(f fault, a answer) (answer, error) {
	switch {
	case f.Next == FaultDropAfter || a.mishap == DropAfterCommit:
		panic(http.ErrAbortHandler)
	case f.Next == FaultErrorAfter || a.mishap == ErrorAfterCommit:
		return answer{}, &acp.Error{Type: acp.ProcessingError, Code: "internal_error", Status: http.StatusInternalServerError,
			Message: "Something went wrong. Repeat this request unchanged, with the same Idempotency-Key."}
	case f.Next == FaultDelayAfter:
		return a, p.delayed(f.delay())
	case f.Next == FaultWrongAmount && a.status == http.StatusCreated && a.chargeID != "":
		var c Charge
		if err := json.Unmarshal(a.body, &c); err != nil {
			return answer{}, err
		}
		c.Amount, c.Captured = c.Amount+1, c.Captured+1
		return reply(a.status, c)
	}
	return a, nil
}

// takeFault counts down the oldest fault that is switched on for the target.
func (p *PSP) takeFault(ctx context.Context, t target) (fault, error) {
	if t == "" {
		return fault{}, nil
	}
	var waiting bool
	err := p.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM fault WHERE target = ? AND left > 0)`, t).Scan(&waiting)
	if err != nil || !waiting {
		return fault{}, err
	}
	f := fault{On: t, Count: 1}
	err = p.write.QueryRowContext(ctx, `UPDATE fault SET left = left - 1
		WHERE id = (SELECT id FROM fault WHERE target = ? AND left > 0 ORDER BY id LIMIT 1)
		RETURNING next, delay_ms`, t).Scan(&f.Next, &f.DelayMS)
	if errors.Is(err, sql.ErrNoRows) {
		return fault{}, nil // another request took it
	}
	return f, err
}

// addFault switches a fault on: {"next": "drop_after_commit", "on": "charge",
// "count": 1, "delay_ms": 3000}. on is charge and count 1 when absent.
func (p *PSP) addFault(ctx context.Context, c *call) (answer, error) {
	f := fault{On: onCharge, Count: 1}
	if err := decode(c.body, &f, acp.Invalid); err != nil {
		return answer{}, err
	}
	ch := &checks{complain: acp.Invalid}
	targets, known := faultKinds[f.Next]
	ch.that(known, "$.next", "This is not a fault. GET /v1/test/faults lists them.")
	ch.that(slices.Contains(targets, f.On), "$.on", fmt.Sprintf("This fault strikes one of: %v.", targets))
	ch.that(f.Count >= 1 && f.Count <= maxFaultCount, "$.count", fmt.Sprintf("The count is 1 to %d.", maxFaultCount))
	ch.that(f.DelayMS >= 0 && f.DelayMS <= maxDelay.Milliseconds(), "$.delay_ms", fmt.Sprintf("The delay is 0 to %d milliseconds.", maxDelay.Milliseconds()))
	slow := f.Next == FaultDelayAfter || f.Next == FaultDelayBefore || f.Next == FaultLate
	ch.that(!slow || f.DelayMS > 0, "$.delay_ms", "This fault needs a delay in milliseconds.")
	if ch.err != nil {
		return answer{}, ch.err
	}
	_, err := p.write.ExecContext(ctx, `INSERT INTO fault (target, next, delay_ms, left) VALUES (?, ?, ?, ?)`, f.On, f.Next, f.DelayMS, f.Count)
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusCreated, f)
}

func (p *PSP) listFaults(ctx context.Context, _ *call) (_ answer, err error) {
	rows, err := p.read.QueryContext(ctx, `SELECT target, next, delay_ms, left FROM fault WHERE left > 0 ORDER BY id`)
	if err != nil {
		return answer{}, err
	}
	defer rows.Close()
	list := []fault{}
	for rows.Next() {
		var f fault
		if err := rows.Scan(&f.On, &f.Next, &f.DelayMS, &f.Count); err != nil {
			return answer{}, err
		}
		list = append(list, f)
	}
	if err := rows.Err(); err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, struct {
		Faults []fault                `json:"faults"`
		Kinds  map[FaultKind][]target `json:"kinds"`
	}{list, faultKinds})
}

func (p *PSP) clearFaults(ctx context.Context, _ *call) (answer, error) {
	if _, err := p.write.ExecContext(ctx, `DELETE FROM fault`); err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, struct {
		Faults []fault `json:"faults"`
	}{[]fault{}})
}
