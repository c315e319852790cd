package wire

import "github.com/checkstand/checkstand/acp"

// v20260116 speaks 2026-01-16: as 2025-12-12, but an option has a list of
// totals and a description, and the payment provider the shop's account.
var v20260116 Codec = flat{
	rules:        rules20251212,
	version:      acp.V20260116,
	nested:       true,
	optionTotals: true,
	provider:     networkProvider(true),
	errorTypes:   errorTypes,
	events:       createEvents,
	buyer:        buyer20250929,
}
