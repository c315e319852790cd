// Package wire turns bytes of any API version into the protocol's model and
// back. There is one file a version, and no version is compared anywhere else.
//
// Decoders are tolerant: every spelling that any version has is understood,
// what is unknown is ignored and can be listed (Document.Unknown), and what
// is wrong is an *acp.Error with the JSONPath of the field. Encoders are
// strict: an answer has no field, value or status that its version does not
// define; what a version cannot say is said by the nearest it has.
package wire

import (
	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
)

// Codec speaks one API version.
type Codec interface {
	// Version is the version that this codec speaks.
	Version() acp.Version

	// DecodeCreate, DecodeUpdate, DecodeComplete and DecodeCancel read a
	// request; every error is an *acp.Error with status 400. A cancel may have
	// an empty body.
	DecodeCreate(*Document) (acp.CreateRequest, error)
	DecodeUpdate(*Document) (acp.UpdateRequest, error)
	DecodeComplete(*Document) (acp.CompleteRequest, error)
	DecodeCancel(*Document) (acp.CancelRequest, error)

	// AppendSession appends s as every successful answer shows it; s.Order is
	// set once the session is completed. It fails only for a session that the
	// version has no words for, such as one with an unknown status, or with
	// metadata that is not JSON.
	AppendSession(dst []byte, s *acp.Session, v SessionView) ([]byte, error)

	// Completable is nil when the version can show s as completed; else it says
	// what has to be sent first. Nothing of the answer may be missing once the
	// money has moved.
	Completable(s *acp.Session) *acp.Error

	// AppendError appends the flat error object.
	AppendError(dst []byte, e *acp.Error) []byte

	// AppendOrderEvent appends the body of a webhook.
	AppendOrderEvent(dst []byte, kind EventKind, o *acp.Order) ([]byte, error)

	// MismatchStatus is the HTTP status of idempotency_conflict: 409 or 422.
	MismatchStatus() int

	// RequiresIdempotencyKey reports whether a POST without the header
	// Idempotency-Key is refused.
	RequiresIdempotencyKey() bool

	// WebhookSignature is how webhooks of this version are signed by default.
	WebhookSignature() sign.WebhookScheme
}

// SessionView is what a version may have to show and an acp.Session does not
// know. The zero value is fine.
type SessionView struct {
	// Provider is payment_provider.provider of the versions before 2026-01-30.
	// Those allow a closed list of names (stripe; the page also adyen and
	// braintree): for a provider that is not on it, configure one that is to
	// stand in. A name off the list is shown as stripe.
	Provider string
	// ProviderMerchantID is payment_provider.merchant_id, which only 2026-01-16
	// shows.
	ProviderMerchantID string
	// Carrier stands in for the carrier of a shipping option that names none,
	// where a version requires one; empty means "Standard".
	Carrier string
}

// EventKind is what a webhook reports.
type EventKind uint8

const (
	OrderCreated EventKind = iota + 1
	OrderUpdated
)

// codecs has every released version, oldest first.
var codecs = []Codec{v20250912, v20250929, v20251212, v20260116, v20260130, v20260417}

// Newest is the codec of the newest released version: the one to answer in
// when the request's own version is not known.
func Newest() Codec { return codecs[len(codecs)-1] }

// Find finds the codec of a version: a released one, or the draft of the next
// one where that is switched on.
func Find(v acp.Version, withUnreleased bool) (Codec, bool) {
	if withUnreleased && v == acp.Unreleased {
		return unreleased, true
	}
	return For(v)
}

// For finds the codec of a released version.
func For(v acp.Version) (Codec, bool) {
	for _, c := range codecs {
		if c.Version() == v {
			return c, true
		}
	}
	return nil, false
}

// Supported lists the released versions, oldest first: the order of the
// discovery document. Errors list them newest first. The draft of the next one
// is in no list, switched on or not: a list of versions may only have dates.
func Supported() []acp.Version {
	versions := make([]acp.Version, len(codecs))
	for i, c := range codecs {
		versions[i] = c.Version()
	}
	return versions
}
