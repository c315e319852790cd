package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
)

// cardPrefix begins the ids of the cards in the vault: scd_….
const cardPrefix = "scd"

// The vault keeps cards for the customers of a merchant, by a digest of their
// number. A card that was removed is kept to be told apart from one that never
// was.
const vaultSchema = `
CREATE TABLE stored_card (
	id          TEXT PRIMARY KEY,
	merchant_id TEXT NOT NULL,
	customer    TEXT NOT NULL,
	card_digest BLOB NOT NULL,
	brand       TEXT NOT NULL,
	last4       TEXT NOT NULL,
	exp_month   INTEGER NOT NULL CHECK (exp_month BETWEEN 1 AND 12),
	exp_year    INTEGER NOT NULL,
	outcome     TEXT NOT NULL,
	removed     INTEGER NOT NULL DEFAULT 0,
	created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX stored_card_of ON stored_card (merchant_id, customer, id);
`

// StoredCard is a card of the vault as the merchant API shows it.
type StoredCard struct {
	ID         string    `json:"id"`
	Object     string    `json:"object"` // "stored_card"
	MerchantID string    `json:"merchant_id"`
	Customer   string    `json:"customer"`
	Card       Card      `json:"card"`
	ExpMonth   int       `json:"exp_month"`
	ExpYear    int       `json:"exp_year"`
	Removed    bool      `json:"removed,omitzero"`
	Created    time.Time `json:"created"`

	outcome Outcome
}

// staticCard is the card that a reference names without being in the vault: for
// each static token there is one, with the same ending, that every customer of
// every merchant has.
func staticCard(reference string) (StaticToken, bool) {
	name, found := strings.CutPrefix(reference, cardPrefix+"_")
	if !found {
		return StaticToken{}, false
	}
	return staticToken("tok_" + name)
}

// StaticCards lists the references that exist without being stored.
func StaticCards() []StaticToken {
	list := StaticTokens()
	for i := range list {
		list[i].Token = cardPrefix + strings.TrimPrefix(list[i].Token, "tok")
	}
	return list
}

// vaultRequest is the body of POST /v1/cards.
type vaultRequest struct {
	MerchantID *string `json:"merchant_id"`
	Customer   *string `json:"customer"`
	Number     *string `json:"number"`
	ExpMonth   *int    `json:"exp_month"`
	ExpYear    *int    `json:"exp_year"`
}

// storeCard keeps a card for a customer, as a shop's own pages would have it
// done.
func (p *PSP) storeCard(ctx context.Context, c *call) (answer, error) {
	return p.once(ctx, c, func(tx *sql.Tx) (answer, error) {
		var r vaultRequest
		if err := decode(c.body, &r, acp.Invalid); err != nil {
			return answer{}, err
		}
		now := p.now().UTC()
		ch := &checks{complain: acp.Invalid}
		s := StoredCard{ID: id.New(cardPrefix, now), Object: "stored_card", Created: now.Truncate(time.Millisecond),
			MerchantID: ch.short(r.MerchantID, MaxIdentifier, "$.merchant_id"), Customer: ch.short(r.Customer, MaxIdentifier, "$.customer")}
		number := ch.required(r.Number, "$.number")
		card, known := testCard(number)
		ch.that(known, "$.number", "This PSP is a sandbox and takes its test cards only. Never send a real card here.")
		ch.that(!hasDigits(s.Customer, number) && !hasDigits(c.key, number), "$.customer", "This holds the card number, which belongs in number alone.")
		ch.that(r.ExpMonth != nil && *r.ExpMonth >= 1 && *r.ExpMonth <= 12, "$.exp_month", "This field is required: a month, 1 to 12.")
		ch.that(r.ExpYear != nil && *r.ExpYear >= 2000 && *r.ExpYear <= 9999, "$.exp_year", "This field is required: a year of four digits.")
		if ch.err != nil {
			return answer{}, ch.err
		}
		if !p.merchants[s.MerchantID] {
			return answer{}, acp.Refused(http.StatusForbidden, codeForbidden, "$.merchant_id", "This key may not store cards for that merchant.")
		}
		s.Card, s.ExpMonth, s.ExpYear, s.outcome = Card{Brand: card.Brand, Last4: card.Last4()}, *r.ExpMonth, *r.ExpYear, card.Outcome
		_, err := tx.ExecContext(ctx, `INSERT INTO stored_card
			(id, merchant_id, customer, card_digest, brand, last4, exp_month, exp_year, outcome, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			s.ID, s.MerchantID, s.Customer, p.digest.sum("card", []byte(number)), s.Card.Brand, s.Card.Last4, s.ExpMonth, s.ExpYear, s.outcome, s.Created.UnixMilli())
		if err != nil {
			return answer{}, err
		}
		return reply(http.StatusCreated, s)
	})
}

// removeCard takes a card out of the vault. Removing twice is the same as once.
func (p *PSP) removeCard(ctx context.Context, c *call) (answer, error) {
	var s StoredCard
	err := p.update(ctx, func(tx *sql.Tx) (err error) {
		s, err = findCard(ctx, tx, c.r.PathValue("id"))
		if errors.Is(err, errNoRow) || err == nil && !p.merchants[s.MerchantID] {
			return acp.Refused(http.StatusNotFound, codeNotFound, "", "There is no such card.")
		}
		if err != nil {
			return err
		}
		s.Removed = true
		_, err = tx.ExecContext(ctx, `UPDATE stored_card SET removed = 1 WHERE id = ?`, s.ID)
		return err
	})
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, s)
}

// listCards lists a customer's cards, the oldest first.
func (p *PSP) listCards(ctx context.Context, c *call) (answer, error) {
	merchantID, err := p.merchantOf(c)
	if err != nil {
		return answer{}, err
	}
	customer := c.r.URL.Query().Get("customer")
	if customer == "" || len(customer) > MaxIdentifier {
		return answer{}, acp.Invalid("customer", "The query parameter customer is required.")
	}
	list, err := findCards(ctx, p.read, `merchant_id = ? AND customer = ? AND removed = 0 ORDER BY id`, merchantID, customer)
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, struct {
		Cards []StoredCard `json:"cards"`
	}{list})
}

func findCard(ctx context.Context, q querier, cardID string) (StoredCard, error) {
	list, err := findCards(ctx, q, `id = ?`, cardID)
	if err == nil && len(list) == 0 {
		err = errNoRow
	}
	if err != nil {
		return StoredCard{}, err
	}
	return list[0], nil
}

// findCards reads the cards for which a condition holds.
func findCards(ctx context.Context, q querier, condition string, args ...any) ([]StoredCard, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, merchant_id, customer, brand, last4, exp_month, exp_year, outcome, removed, created_at
		FROM stored_card WHERE `+condition, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []StoredCard{}
	for rows.Next() {
		s := StoredCard{Object: "stored_card"}
		var created int64
		if err := rows.Scan(&s.ID, &s.MerchantID, &s.Customer, &s.Card.Brand, &s.Card.Last4, &s.ExpMonth, &s.ExpYear, &s.outcome, &s.Removed, &created); err != nil {
			return nil, err
		}
		s.Created = fromMillis(created)
		list = append(list, s)
	}
	return list, rows.Err()
}

// useCard finds a card of the vault for a charge, checks that it is the
// customer's, and says what comes of charging it.
func (p *PSP) useCard(ctx context.Context, tx *sql.Tx, ch *Charge, customer string, now time.Time) (Outcome, error) {
	ch.reusable = true
	if s, ok := staticCard(ch.token); ok {
		ch.Card = Card{Brand: s.Brand, Last4: s.Last4}
		return s.Outcome, nil
	}
	s, err := findCard(ctx, tx, ch.token)
	switch {
	case errors.Is(err, errNoRow):
		return "", refused(codeCardUnknown, "$.card", "There is no such card in the vault.")
	case err != nil:
		return "", err
	case s.MerchantID != ch.MerchantID:
		return "", refused(codeCardUnknown, "$.card", "There is no such card in the vault.")
	case s.Customer != customer:
		return "", refused(codeCardCustomer, "$.customer", "The card is another customer's.")
	case s.Removed:
		return "", refused(codeCardRemoved, "$.card", "The card was removed from the vault.")
	}
	ch.Card = s.Card
	if cardExpired(strconv.Itoa(s.ExpYear), strconv.Itoa(s.ExpMonth), now) {
		return ExpiredCard, nil
	}
	return s.outcome, nil
}
