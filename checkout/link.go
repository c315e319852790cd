package checkout

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/secret"
)

// Errors of the checkout page.
var (
	// ErrLinkUsed is returned for a link that a browser has taken up already.
	ErrLinkUsed = errors.New("this link was used before")
	// ErrNotVisitor is returned to a browser that has not taken up the session's
	// link, or after another browser has taken up a newer one.
	ErrNotVisitor = errors.New("the checkout is open in another browser")
)

// MaxReturnURL is the longest address that a buyer is sent back to, in bytes.
const MaxReturnURL = 2048

// Links makes the addresses of checkout pages: BASE/checkout/SHOP/SESSION/PROOF.
// An address holds nothing about the buyer, is good for one browser, and ends
// with its session; no row is stored for it. The session shows another one as
// soon as the last was used.
func Links(box *secret.Box, baseURL string) func(*Session) string {
	return func(s *Session) string {
		proof := box.Link(s.linked())
		return baseURL + CheckoutPath(s.MerchantID, s.ID) + "/" + base64.RawURLEncoding.EncodeToString(proof)
	}
}

// CheckoutPath is the path of a session's checkout page.
func CheckoutPath(merchantID, sessionID string) string {
	return "/checkout/" + url.PathEscape(merchantID) + "/" + sessionID
}

// linked is what a link's proof is made of.
func (s *Session) linked() string {
	return strings.Join([]string{"checkout", s.MerchantID, s.ID, strconv.FormatInt(s.Links, 10)}, "\x00")
}

// Redeem takes a session's link up for one browser. visitor is the secret that
// the browser shows from then on; what another browser held before is
// worthless afterwards. returnTo is where the buyer wants to go after the
// purchase; one that the shop does not allow is dropped. Errors: ErrNotFound
// for what is no link of a session, ErrLinkUsed for an old one.
func (s *Service) Redeem(ctx context.Context, merchantID, sessionID, proof, returnTo string) (visitor string, err error) {
	m, err := s.merchants.Merchant(ctx, merchantID)
	if err != nil {
		return "", err
	}
	shown, err := base64.RawURLEncoding.DecodeString(proof)
	if err != nil || len(shown) != secret.LinkBytes || !wellFormed(sessionID) {
		return "", ErrNotFound
	}
	back, allowed := m.ReturnAddress(returnTo)
	if !allowed && returnTo != "" {
		s.log.WarnContext(ctx, "a return address that the shop does not allow was dropped", "merchant", merchantID, "session", sessionID)
	}
	var key [32]byte
	rand.Read(key[:])
	visitor = base64.RawURLEncoding.EncodeToString(key[:])
	err = s.store.Update(ctx, func(tx Tx) error {
		sess, err := tx.Session(merchantID, sessionID)
		if err != nil {
			return err
		}
		if err := s.checkLink(sess, shown); err != nil {
			return err
		}
		digest := sha256.Sum256([]byte(visitor))
		sess.displace()
		sess.forgetAnswers()
		sess.Links++
		sess.Visitor = digest[:]
		if allowed {
			sess.ReturnURL = back
		}
		if hasCode(sess.Messages, acp.CodeInterventionRequired) && sess.Status == acp.NotReadyForPayment {
			// What the agent could not do, the payment page can.
			items, err := tx.RecentItems(merchantID, sess.itemIDs())
			if err != nil {
				return err
			}
			if err := sess.quote(tx, m, items, nil, s.now()); err != nil {
				return err
			}
		}
		return tx.SaveSession(sess)
	})
	if err != nil {
		return "", err
	}
	return visitor, nil
}

// LinkOpen reports whether a link could be taken up: nil, ErrLinkUsed or
// ErrNotFound. It changes nothing, so that programs that look at links, as
// chats do to show a preview, do not use them up.
func (s *Service) LinkOpen(ctx context.Context, merchantID, sessionID, proof string) error {
	shown, err := base64.RawURLEncoding.DecodeString(proof)
	if err != nil || len(shown) != secret.LinkBytes || !wellFormed(sessionID) {
		return ErrNotFound
	}
	sess, err := s.store.Reader(ctx).Session(merchantID, sessionID)
	if err != nil {
		return err
	}
	return s.checkLink(sess, shown)
}

// checkLink tells a link of now from an old one and from what is none.
func (s *Service) checkLink(sess *Session, shown []byte) error {
	if s.box.Linked(sess.linked(), shown) {
		return nil
	}
	was := *sess
	for was.Links--; was.Links >= max(0, sess.Links-maxOldLinks); was.Links-- {
		if s.box.Linked(was.linked(), shown) {
			return ErrLinkUsed
		}
	}
	return ErrNotFound
}

// maxOldLinks is how many of a session's old links are still told from
// nonsense.
const maxOldLinks = 20

// isVisitor reports whether a browser is the one that has taken up the link.
func (s *Session) isVisitor(visitor string) bool {
	digest := sha256.Sum256([]byte(visitor))
	return len(s.Visitor) == len(digest) && subtle.ConstantTimeCompare(s.Visitor, digest[:]) == 1
}

// ReturnAddress is an address that a buyer may be sent back to, as it is to be
// written in a link. Only addresses of the configured origins are: scheme,
// host and port have to be those, exactly.
func (m *Merchant) ReturnAddress(raw string) (address string, ok bool) {
	if raw == "" || len(raw) > MaxReturnURL || strings.ContainsFunc(raw, func(r rune) bool { return r == '\\' || unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return "", false
	}
	u, err := url.Parse(raw)
	if err != nil || u.User != nil || u.Opaque != "" || u.Host == "" {
		return "", false
	}
	if secret.HasCardNumber(raw) || !slices.Contains(m.ReturnOrigins, u.Scheme+"://"+strings.ToLower(u.Host)) {
		return "", false
	}
	return u.String(), true
}
