package wire

import "github.com/checkstand/checkstand/acp"

// sellerBacked writes what the configuration of a seller-backed handler shows.
func (w *writer) sellerBacked(c *acp.HandlerConfig) {
	w.optText("payment_method_id", c.PaymentMethodID)
	w.optText("display_name", c.DisplayName)
	if d := c.Display; d != nil {
		w.open("display_metadata", '{')
		w.optInteger("balance", d.Balance)
		w.optText("balance_display", d.BalanceDisplay)
		w.optText("conversion_rate", d.ConversionRate)
		w.optText("currency", d.Currency)
		w.optText("brand", d.Brand)
		w.optText("last4", d.Last4)
		w.close('}')
	}
	if c.RequiredFields == nil {
		return
	}
	w.open("required_fields", '[')
	for _, f := range c.RequiredFields {
		w.open("", '{')
		w.text("name", f.Name)
		w.text("label", f.Label)
		w.text("type", f.Type)
		w.boolean("required", f.Required)
		w.close('}')
	}
	w.close(']')
}
