package checkout

import (
	"net/http"
	"time"

	"github.com/checkstand/checkstand/acp"
)

// Signed is what is remembered of a verified signature, so that a captured
// request cannot be presented again under another key. It commits with the
// change that the request asked for, which costs no transaction of its own and
// holds over all nodes.
type Signed struct {
	CredentialID string
	Digest       [32]byte
	KeyHash      [32]byte // of the Idempotency-Key; random when there is none, so that it is like no other
	ExpiresAt    time.Time
}

// refuseReplay remembers the call's signature, or refuses the call when the
// signature came before under another key. The first run does not look: a
// signature that is known makes the commit miss, and the next run finds it.
func (c *Call) refuseReplay(tx Tx) *acp.Error {
	if c.Signed == nil {
		return nil
	}
	if tx.Run() > 0 {
		elsewhere, err := tx.SignedElsewhere(*c.Signed)
		if err != nil {
			return acp.AsError(err)
		}
		if elsewhere {
			return acp.Refused(http.StatusUnauthorized, "replayed_request", "",
				"This signed request was received before. Sign a new request with its own Timestamp; repeat one under its own Idempotency-Key.")
		}
	}
	if err := tx.RememberSigned(*c.Signed); err != nil {
		return acp.AsError(err)
	}
	return nil
}
