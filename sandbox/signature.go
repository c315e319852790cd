package sandbox

import (
	"context"

	"github.com/checkstand/checkstand/acp/sign"
)

// checkSignature verifies the signature of an agent's request, where the
// sandbox was given a secret for it.
func (p *PSP) checkSignature(c *call) error {
	if p.signature.IsZero() {
		return nil
	}
	return sign.VerifyRequest(context.WithoutCancel(c.r.Context()), sign.Request{Policy: sign.Required, Key: sign.SharedKey(sign.AnyMode, p.signature),
		CredentialID: agent.String(), Body: c.raw, Signature: c.r.Header.Get("Signature"), Timestamp: c.r.Header.Get("Timestamp"),
		IdempotencyKey: c.key, Now: p.now(), Memory: p.seen})
}
