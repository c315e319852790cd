package sandbox

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

// authenticationLifetime is for how long an authentication can be carried on,
// and its proof be charged with.
const authenticationLifetime = 15 * time.Minute

// messageVersion is the version of 3-D Secure that the sandbox speaks.
const messageVersion = "2.2.0"

// authenticationStatus is where an authentication stands, as it is stored. That
// it has expired follows from the clock.
type authenticationStatus string

const (
	fingerprinting    authenticationStatus = "fingerprinting" // the issuer wants to look at the browser first
	pendingFirstCall  authenticationStatus = "pending"
	notSupported      authenticationStatus = "not_supported"
	challenged        authenticationStatus = "challenged" // the buyer is being asked
	authenticatedOK   authenticationStatus = "authenticated"
	attempted         authenticationStatus = "attempted"
	notAuthenticated  authenticationStatus = "not_authenticated"
	rejectedByIssuer  authenticationStatus = "rejected"
	issuerUnavailable authenticationStatus = "unavailable"
	challengeLeft     authenticationStatus = "challenge_abandoned"
)

// authentication is one 3-D Secure authentication of one card for one payment.
// The card number is not kept, only its keyed digest.
type authentication struct {
	id         string
	merchant   string
	shopName   string // as the acquirer knows it; "" when the agent did not say
	session    string // "" when the agent did not say
	cardDigest []byte
	card       Card
	issuer     issuerAnswer
	challenge  bool // the agent's wish, mandated
	amount     int64
	currency   string
	channel    bool   // the browser has been described
	notifyURL  string // where the challenge's end is told; "" until the agent says
	status     authenticationStatus
	serverID   string // threeDSServerTransID
	acsID      string // acsTransID
	directory  string // dsTransID
	chargeID   string // that was made with the proof
	expiresAt  time.Time
	createdAt  time.Time
}

// now brings an authentication to where the clock has it; "expired" is only
// shown.
func (a authentication) shown(now time.Time) string {
	late := !now.Before(a.expiresAt)
	switch a.status {
	case fingerprinting, challenged:
		if !late {
			return "action_required"
		}
		if a.status == challenged {
			return string(challengeLeft)
		}
		return "expired"
	case pendingFirstCall:
		if late {
			return "expired"
		}
	}
	return string(a.status)
}

// transStatus is the letter of 3-D Secure for where it ended; "" while it has
// not.
func (a authentication) transStatus(now time.Time) string {
	switch a.shown(now) {
	case string(authenticatedOK):
		return "Y"
	case string(attempted):
		return "A"
	case string(notAuthenticated):
		return "N"
	case string(rejectedByIssuer):
		return "R"
	case string(issuerUnavailable), string(challengeLeft):
		return "U"
	}
	return ""
}

// indicator is the electronic commerce indicator that goes with the proof.
func (a authentication) indicator() string {
	switch a.status {
	case authenticatedOK:
		return indicators[a.card.Brand].authenticated
	case attempted:
		return indicators[a.card.Brand].attempted
	case notAuthenticated:
		return "07"
	}
	return ""
}

// cryptogram is the issuer's proof: twenty bytes that follow from the
// authentication, so that they are stored nowhere.
func (p *PSP) cryptogram(a authentication) string {
	return base64.StdEncoding.EncodeToString(p.digest.sum("cryptogram", []byte(a.id), []byte(a.directory))[:20])
}

// uuid is an id as 3-D Secure has them.
func uuid() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand aborts the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// An authentication's proof makes one charge that takes money: the index on
// charge_id says so, and that the proof is looked up and used in one
// transaction.
const authenticationSchema = `
CREATE TABLE authentication (
	id          TEXT PRIMARY KEY,
	merchant_id TEXT NOT NULL,
	shop_name   TEXT NOT NULL,
	session_id  TEXT NOT NULL,
	card_digest BLOB NOT NULL,
	brand       TEXT NOT NULL,
	last4       TEXT NOT NULL,
	issuer      TEXT NOT NULL,
	challenge   INTEGER NOT NULL,
	amount      INTEGER NOT NULL CHECK (amount > 0),
	currency    TEXT NOT NULL,
	channel     INTEGER NOT NULL,
	notify_url  TEXT NOT NULL,
	status      TEXT NOT NULL CHECK (status IN ('fingerprinting', 'pending', 'not_supported', 'challenged', 'authenticated',
		'attempted', 'not_authenticated', 'rejected', 'unavailable', 'challenge_abandoned')),
	server_id   TEXT NOT NULL UNIQUE,
	acs_id      TEXT NOT NULL UNIQUE,
	directory   TEXT NOT NULL UNIQUE,
	charge_id   TEXT NOT NULL DEFAULT '',
	expires_at  INTEGER NOT NULL,
	created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX authentication_charge ON authentication (charge_id) WHERE charge_id <> '';
`

const authenticationColumns = `id, merchant_id, shop_name, session_id, card_digest, brand, last4, issuer, challenge, amount, currency,
	channel, notify_url, status, server_id, acs_id, directory, charge_id, expires_at, created_at`

func insertAuthentication(ctx context.Context, tx *sql.Tx, a authentication) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO authentication (`+authenticationColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.id, a.merchant, a.shopName, a.session, a.cardDigest, a.card.Brand, a.card.Last4, a.issuer, a.challenge, a.amount, a.currency,
		a.channel, a.notifyURL, a.status, a.serverID, a.acsID, a.directory, a.chargeID, a.expiresAt.UnixMilli(), a.createdAt.UnixMilli())
	return err
}

// findAuthentication reads the one for which a condition holds, or errNoRow.
func findAuthentication(ctx context.Context, q querier, condition string, args ...any) (a authentication, err error) {
	var expires, created int64
	err = q.QueryRowContext(ctx, `SELECT `+authenticationColumns+` FROM authentication WHERE `+condition, args...).
		Scan(&a.id, &a.merchant, &a.shopName, &a.session, &a.cardDigest, &a.card.Brand, &a.card.Last4, &a.issuer, &a.challenge, &a.amount, &a.currency,
			&a.channel, &a.notifyURL, &a.status, &a.serverID, &a.acsID, &a.directory, &a.chargeID, &expires, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return authentication{}, errNoRow
	}
	a.expiresAt, a.createdAt = fromMillis(expires), fromMillis(created)
	return a, err
}

// moveAuthentication writes where an authentication is now, provided that it is
// still where it was.
func moveAuthentication(ctx context.Context, tx *sql.Tx, old, changed authentication) error {
	res, err := tx.ExecContext(ctx, `UPDATE authentication SET status = ?, channel = ?, notify_url = ?, charge_id = ? WHERE id = ? AND status = ? AND charge_id = ?`,
		changed.status, changed.channel, changed.notifyURL, changed.chargeID, old.id, old.status, old.chargeID)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n != 1 {
		err = errors.New("authentication changed while it was being written")
	}
	return err
}
