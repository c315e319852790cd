package review

import (
	"slices"
	"strings"

	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/sandbox"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/server/config"
)

// knownMethods are the ways to pay that payment providers document for the
// sheet, in the spellings that they use.
var knownMethods = []string{"card", "apple_pay", "google_pay", "link", "paypal", "venmo", "applepay", "googlepay"}

// chatOrigin is where ChatGPT's buyers come from, and go back to.
const chatOrigin = "https://chatgpt.com"

// account is the payment account of the app's mode, and its key.
func (c *checker) account() (*config.PaymentConfig, string) {
	shop := c.shop()
	if shop.App.Live() {
		return &shop.Payment.Live, "payment.live"
	}
	return &shop.Payment.Test, "payment.test"
}

// payment checks how buyers pay.
func (c *checker) payment() {
	shop := c.shop()
	account, key := c.account()
	const title = "Payment account"
	if account.IsZero() {
		c.missing("payment_account", title, "The app is in "+shop.App.Mode+" mode, and the shop has no payment account for it.", key, "Describe it there.")
		return
	}
	c.met("payment_account", title, account.Provider+" in "+shop.App.Mode+" mode, account "+account.MerchantID)
	c.notices(account, key)
	c.checkoutPage()
	if !shop.App.PaymentSheet {
		c.met("payment_sheet", "Payment sheet", "off: buyers pay on the shop's own page")
		return
	}
	c.attest("payment_sheet", "Payment sheet", "It is for shops that were admitted to its beta. If yours was not, write "+c.key("app.payment_sheet")+": false; buyers then pay on the shop's own page.")
	var unknown []string
	for _, m := range shop.App.PaymentMethods {
		if !slices.Contains(knownMethods, m) {
			unknown = append(unknown, m)
		}
	}
	if len(unknown) > 0 {
		c.advised("payment_methods", "Ways to pay in the sheet", strings.Join(unknown, ", ")+": no payment provider documents that name.", "app.payment_methods", "Write names such as card, apple_pay and google_pay.")
	} else {
		c.met("payment_methods", "Ways to pay in the sheet", strings.Join(shop.App.PaymentMethods, ", "))
	}
}

// notices checks that the payment provider can tell what became of a payment.
func (c *checker) notices(account *config.PaymentConfig, key string) {
	const title = "Webhooks of the payment provider"
	unset := ""
	switch account.Provider {
	case stripe.Name:
		if account.Stripe.WebhookSecret.IsZero() {
			unset = ".stripe.webhook_secret"
		}
	case adyen.Name:
		if len(account.Adyen.HMACKeys) == 0 {
			unset = ".adyen.hmac_keys"
		}
	case sandbox.Name:
		if account.Sandbox.WebhookSecret.IsZero() {
			unset = ".sandbox.webhook_secret"
		}
	}
	address := "/webhooks/payments/" + c.shop().ID + "/" + c.shop().App.Mode
	if unset != "" {
		c.advised("payment_webhooks", title, "Without a key for them they are refused, and a payment on the shop's page may be noticed late.", key+unset, "Have the provider send them to "+strings.TrimSuffix(c.Config.PublicURL, "/")+address+", and write the key that it signs them with.")
		return
	}
	c.met("payment_webhooks", title, "taken at "+address)
}

func (c *checker) checkoutPage() {
	const title = "Checkout page"
	shop := c.shop()
	switch {
	case !shop.Checkout.Enabled && shop.App.PaymentSheet:
		c.advised("checkout_page", title, "It is off, so the payment sheet is the only way to pay: apps that were not admitted to the sheet's beta have to lead to the shop's own page.", "checkout.enabled", "Write true, unless your app was admitted.")
	case !shop.Checkout.Enabled:
		c.missing("checkout_page", title, "It is off and so is the payment sheet: nobody could pay.", "checkout.enabled", "Write true.")
	case !slices.Contains(shop.Checkout.ReturnOrigins, chatOrigin):
		c.advised("checkout_page", title, "Buyers who have paid are not led back to ChatGPT.", "checkout.return_origins", "Add "+chatOrigin+".")
	default:
		c.met("checkout_page", title, "on the shop's own address, and back to "+chatOrigin)
	}
}

// signIn checks the link with buyers' accounts.
func (c *checker) signIn() {
	const title = "Sign-in"
	o := &c.shop().App.OAuth
	if o.Issuer == "" {
		c.met("sign_in", title, "none: the tools are open, and reviewers need no account")
		return
	}
	if problem := notPublic(o.Issuer); problem != "" {
		c.missing("sign_in", title, o.Issuer+" "+problem+".", "app.oauth.issuer", "Write an identity provider that everybody can reach.")
	} else {
		c.met("sign_in", title, "with "+o.Issuer)
	}
	c.attest("reviewer_account", "An account for reviewers", "Give the form a login at "+o.Issuer+" that works without a second factor, without a mail or message to confirm, and has an order in it.")
}
