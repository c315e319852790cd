// Package acp is the language of the Agentic Commerce Protocol in Go: one
// model in the newest shape, its errors and its versions. Package wire turns
// bytes of any version into this model and back; package sign holds the
// signatures.
package acp

// Version is an API-Version, a date such as "2026-04-17".
type Version string

// Versions that have been released.
const (
	V20250912 Version = "2025-09-12" // OpenAI's published page
	V20250929 Version = "2025-09-29"
	V20251212 Version = "2025-12-12"
	V20260116 Version = "2026-01-16"
	V20260130 Version = "2026-01-30"
	V20260417 Version = "2026-04-17"
)

// Unreleased is the label of the draft of the next version. It is no date, and
// where the protocol lists versions, it may only list dates.
const Unreleased Version = "unreleased"
