package wire

import "github.com/checkstand/checkstand/acp"

// v20251212 speaks 2025-12-12: details of the delivery beside the address,
// selections by kind and line, words and pictures of a line, 3-D Secure.
var v20251212 Codec = flat{
	rules:      rules20251212,
	version:    acp.V20251212,
	nested:     true,
	provider:   networkProvider(false),
	errorTypes: errorTypes,
	events:     createEvents,
	buyer:      buyer20250929,
}

var rules20251212 = rules{
	items:       "items",
	buyerName:   firstAndLast,
	provider:    true,
	addressLine: acp.MaxAddressLine,

	authenticates: true,
}
