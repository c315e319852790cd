package checkout

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/idempotency"
)

const (
	// proofMemory is how long a proof is known to have been used. Issuers take
	// one for 90 days at most.
	proofMemory = 90 * 24 * time.Hour
	// cryptogramBytes is how long a cryptogram is that stands for one
	// authentication.
	cryptogramBytes = 20
)

// mark is something that a proof is known again by.
type mark struct {
	param string // the member of outcome_details that it is of
	text  string
	plain string // under which older servers noted it: as it was sent
}

// marks are those of a proof: the directory server's transaction, which is an
// identifier without regard to case, and the issuer's cryptogram, whichever way
// its bytes are written. One without bytes of its own, as some issuers send
// where nothing was proved, stands for nothing.
func marks(d *acp.AuthenticationDetails) []mark {
	all := []mark{{"transaction_id", strings.ToLower(strings.TrimSpace(d.TransactionID)), d.TransactionID}}
	plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(strings.TrimSpace(d.Cryptogram), "="))
	bytes, err := base64.RawStdEncoding.DecodeString(plain)
	if err == nil && len(bytes) >= cryptogramBytes && strings.Trim(string(bytes), "\x00") != "" {
		all = append(all, mark{param: "three_ds_cryptogram", text: "cryptogram " + string(bytes)})
	}
	return all
}

// useProof notes that the proof is this session's, and refuses one that is
// another's.
func (p *purchase) useProof(tx Tx, sess *Session, now time.Time) error {
	fresh, err := p.newMarks(tx, sess, p.req.Authentication.Details)
	if err != nil {
		return err
	}
	for _, scope := range fresh {
		rec := idempotency.Record{Hash: scope.Hash(), MerchantID: sess.MerchantID, Fingerprint: sha256.Sum256([]byte(sess.ID)),
			State: idempotency.Done, ExpiresAt: now.Add(proofMemory)}
		if err := tx.PutIdempotencyRecord(rec, nil); err != nil {
			return err
		}
	}
	return nil
}

// newMarks says where the marks of a proof are to be noted that are not known
// yet to be this session's; that one of them is another's is an error. Notes
// that were made under a retired key, or in the letters of the agent, count as
// well.
func (p *purchase) newMarks(tx Reader, sess *Session, d *acp.AuthenticationDetails) ([]idempotency.Scope, error) {
	var fresh []idempotency.Scope
	for _, m := range marks(d) {
		known := false
		prints := p.box.Fingerprints(m.text)
		noted := prints
		if m.plain != "" && m.plain != m.text {
			noted = slices.Concat(prints, p.box.Fingerprints(m.plain))
		}
		for _, print := range noted {
			rec, err := tx.IdempotencyRecord(proofScope(sess, print))
			if err != nil {
				return nil, err
			}
			if rec != nil && rec.Fingerprint != sha256.Sum256([]byte(sess.ID)) {
				return nil, acp.Invalid(authenticationParam+".outcome_details."+m.param,
					"This authentication was used for another checkout session. Have the buyer authenticated for this one.")
			}
			known = known || rec != nil
		}
		if !known {
			fresh = append(fresh, proofScope(sess, prints[0]))
		}
	}
	return fresh, nil
}

func proofScope(sess *Session, print []byte) idempotency.Scope {
	return idempotency.Scope{MerchantID: sess.MerchantID, Path: "3-D Secure", Key: string(print)}
}
