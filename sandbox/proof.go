package sandbox

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
)

// proofFields are the proof of an authentication that comes with a charge.
type proofFields struct {
	Cryptogram *string `json:"cryptogram"`
	Indicator  *string `json:"electronic_commerce_indicator"`
	Directory  *string `json:"transaction_id"`
	Version    *string `json:"version"`
}

func (f *proofFields) shape(c *checks) {
	if f == nil {
		return
	}
	const at = "$.three_d_secure."
	c.short(f.Cryptogram, MaxValue, at+"cryptogram")
	c.oneOf(f.Indicator, at+"electronic_commerce_indicator", "01", "02", "05", "06", "07")
	c.short(f.Directory, MaxIdentifier, at+"transaction_id")
	c.short(f.Version, MaxIdentifier, at+"version")
}

// badProof is the verdict on a proof that is not of this payment.
var badProof = verdict{Declined, "authentication_failed", "The proof of authentication is not of this payment."}

// judge says what comes of a charge whose token stands for outcome: nothing
// with a proof that is not its own, and nothing without one where the issuer or
// the shop asks for it.
func (p *PSP) judge(ctx context.Context, tx *sql.Tx, ch Charge, outcome Outcome, r *chargeRequest) (v verdict, declined bool, proven *authentication, err error) {
	v, declined = verdicts[outcome]
	if r.Proof == nil {
		if !declined && r.Authenticate != nil && *r.Authenticate {
			return verdicts[Requires3DS], true, nil, nil
		}
		return v, declined, nil, nil
	}
	a, err := findAuthentication(ctx, tx, `directory = ?`, *r.Proof.Directory)
	if err != nil && !errors.Is(err, errNoRow) {
		return v, false, nil, err
	}
	digest, err2 := p.cardDigest(ctx, tx, ch, r.Card != nil)
	switch {
	case err2 != nil:
		return v, false, nil, err2
	case err != nil || !p.proves(a, ch, digest, r.Proof, p.now()):
		return badProof, true, nil, nil
	case outcome == Requires3DS:
		declined = false
	}
	return v, declined, &a, nil
}

// proves reports whether a proof is of this charge: of its card, session, shop
// and amount, in time, and not used before.
func (p *PSP) proves(a authentication, ch Charge, digest []byte, f *proofFields, now time.Time) bool {
	return (a.status == authenticatedOK || a.status == attempted) && a.chargeID == "" && now.Before(a.expiresAt) &&
		a.merchant == ch.MerchantID && (a.session == "" || a.session == ch.SessionID) && a.amount == ch.Amount && a.currency == ch.Currency &&
		subtle.ConstantTimeCompare(a.cardDigest, digest) == 1 && *f.Indicator == a.indicator() && strings.HasPrefix(messageVersion, *f.Version) &&
		subtle.ConstantTimeCompare([]byte(*f.Cryptogram), []byte(p.cryptogram(a))) == 1
}

// cardDigest is that of the card behind a charge's token, or in the vault; nil
// of a token without one.
func (p *PSP) cardDigest(ctx context.Context, q querier, ch Charge, stored bool) (digest []byte, err error) {
	static, table := staticToken, "token"
	if stored {
		static, table = staticCard, "stored_card"
	}
	if s, ok := static(ch.token); ok {
		i := slices.IndexFunc(testCards, func(c TestCard) bool { return c.Brand == s.Brand && c.Last4() == s.Last4 })
		if i < 0 {
			return nil, nil
		}
		return p.digest.sum("card", []byte(testCards[i].Number)), nil
	}
	err = q.QueryRowContext(ctx, `SELECT card_digest FROM `+table+` WHERE id = ?`, ch.token).Scan(&digest)
	return digest, err
}

// useProof notes which charge took money with a proof, so that none other does.
func useProof(ctx context.Context, tx *sql.Tx, a authentication, chargeID string) error {
	used := a
	used.chargeID = chargeID
	return moveAuthentication(ctx, tx, a, used)
}

// parseProof checks what a charge says about authentication.
func (r *chargeRequest) parseProof() *acp.Error {
	ch := &checks{complain: acp.Invalid}
	r.Proof.shape(ch)
	return ch.err
}
