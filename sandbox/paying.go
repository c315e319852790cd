package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/checkstand/checkstand/id"
)

// notApproved is the verdict on a card whose owner refused the payment when the
// issuer asked.
var notApproved = verdict{Declined, "authentication_failed", "The payment was not approved."}

// try is what became of putting a card to a page: the page as it is now, and
// the verdict when it was this card that was refused.
type try struct {
	page    page
	refused *verdict
	mishap  Outcome // what the card does to the first answer, if anything
}

// tryCard pays a page with a card, once: the page's row decides in the
// transaction, so that of two requests the second finds it paid. A page that is
// over is returned as it is.
func (p *PSP) tryCard(ctx context.Context, pageID string, card TestCard) (t try, err error) {
	return p.onOpenPage(ctx, pageID, func(tx *sql.Tx, pg page) (try, error) {
		shown := Card{Brand: card.Brand, Last4: card.Last4()}
		if card.Outcome == Requires3DS {
			return p.ask(ctx, tx, pg, shown)
		}
		if v, refuses := verdicts[card.Outcome]; refuses {
			return p.refuseCard(ctx, tx, pg, v)
		}
		return p.take(ctx, tx, pg, shown, card.Outcome)
	})
}

// answerChallenge pays with the card that the issuer asked about, or does not.
// An answer to another question than the one that is open changes nothing.
func (p *PSP) answerChallenge(ctx context.Context, pageID, challengeID string, approve bool) (try, error) {
	return p.onOpenPage(ctx, pageID, func(tx *sql.Tx, pg page) (try, error) {
		switch {
		case pg.challenge == nil || pg.challenge.ID != challengeID:
			return try{page: pg}, nil
		case approve:
			return p.take(ctx, tx, pg, pg.challenge.Card, Approve)
		}
		return p.refuseCard(ctx, tx, pg, notApproved)
	})
}

// onOpenPage runs do in the write transaction when the page can be paid. The
// charge on a slow card is settled in the background.
func (p *PSP) onOpenPage(ctx context.Context, pageID string, do func(*sql.Tx, page) (try, error)) (t try, err error) {
	slow := ""
	err = p.update(ctx, func(tx *sql.Tx) error {
		pg, err := p.ownPage(p.currentPage(ctx, tx, `id = ?`, pageID))
		if err != nil {
			return err
		}
		if pg.status != pageOpen {
			t = try{page: pg}
			return nil
		}
		t, err = do(tx, pg)
		if t.mishap == SlowApprove {
			slow = t.page.chargeID
		}
		return err
	})
	if err == nil && slow != "" {
		p.finishLater(slow)
	}
	return t, err
}

// take charges the card: an ordinary charge, under the page's reference.
func (p *PSP) take(ctx context.Context, tx *sql.Tx, pg page, card Card, outcome Outcome) (try, error) {
	now := p.now()
	ch := Charge{ID: id.New(id.Charge, now), Object: "charge", Amount: pg.amount, Currency: pg.currency, MerchantID: pg.merchant,
		SessionID: pg.session, Reference: pg.reference, Page: pg.id, Card: card, Metadata: map[string]string{},
		Created: now.UTC().Truncate(time.Millisecond), token: pg.id, capture: pg.capture}
	if outcome == SlowApprove {
		ch.Status = Processing
	} else {
		ch.settle()
	}
	if err := insertCharge(ctx, tx, ch); err != nil {
		return try{}, err
	}
	if err := changePage(ctx, tx, pg, `status = 'paid', challenge = '', charge_id = ?`, ch.ID); err != nil {
		return try{}, err
	}
	if err := p.tellCharge(ctx, tx, ch); err != nil {
		return try{}, err
	}
	pg.status, pg.challenge, pg.chargeID = pagePaid, nil, ch.ID
	return try{page: pg, mishap: outcome}, nil
}

// ask has the buyer asked whether the payment is theirs.
func (p *PSP) ask(ctx context.Context, tx *sql.Tx, pg page, card Card) (try, error) {
	pg.challenge = &challenge{ID: id.New("chal", p.now()), Card: card}
	asked, err := encode(pg.challenge)
	if err != nil {
		return try{}, err
	}
	return try{page: pg}, changePage(ctx, tx, pg, `challenge = ?`, string(asked))
}

// refuseCard leaves the page open for another card.
func (p *PSP) refuseCard(ctx context.Context, tx *sql.Tx, pg page, v verdict) (try, error) {
	if err := changePage(ctx, tx, pg, `challenge = '', declines = declines + 1, last_decline = ?`, v.decline); err != nil {
		return try{}, err
	}
	if err := p.tellPage(ctx, tx, pg, eventFailed, string(v.status), v.decline); err != nil {
		return try{}, err
	}
	pg.challenge, pg.lastDecline = nil, v.decline
	pg.declines++
	return try{page: pg, refused: &v}, nil
}

// finishLater settles a charge once a slow card has taken its time. What the
// PSP closes over is settled by the next Open.
func (p *PSP) finishLater(chargeID string) {
	p.inBackground(func() {
		if errors.Is(p.wait(p.slow), ErrClosed) {
			return
		}
		if _, err := p.finish(context.Background(), chargeID); err != nil {
			p.log.Error("a charge that was processed could not be settled; the next start does it", "charge", chargeID, "error", err)
		}
	})
}

// inBackground runs fn in a goroutine that Close waits for. A PSP that is
// closed runs nothing any more.
func (p *PSP) inBackground(fn func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.closing:
	default:
		p.background.Go(fn)
	}
}
