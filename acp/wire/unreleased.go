package wire

import "github.com/checkstand/checkstand/acp"

// unreleased speaks the draft of the version after 2026-04-17. Answers have
// the shapes of 2026-04-17, but for protocol.version, which may only be a
// date; what is new stands in requests, and every version reads it there.
var unreleased Codec = codec20260417{
	rules:      rules20260417,
	version:    acp.Unreleased,
	company:    true,
	display:    true,
	resolution: true,
	consents:   true,
	refunded:   true,
	richOrder:  true,
}
