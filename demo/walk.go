package demo

import (
	_ "embed"
	"strings"
)

//go:embed walk.sh
var walk string

// Walk is a purchase in shell commands, ready to be pasted: it needs curl
// only.
func Walk(i Info) string {
	return strings.NewReplacer("@BASE_URL@", i.BaseURL, "@API_KEY@", i.APIKey, "@SANDBOX_URL@", i.SandboxURL,
		"@SANDBOX_KEY@", i.SandboxKey, "@MERCHANT_ID@", i.MerchantID, "@WEBHOOK_LOG_URL@", i.WebhookLogURL,
		"@CURRENCY@", i.Currency, "@ITEM@", i.ItemID).Replace(walk)
}
