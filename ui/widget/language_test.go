package widget_test

import (
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

// TestLanguages goes through the widget in each of its languages, and holds
// what is seen to the rules of accessibility, on a small phone.
func TestLanguages(t *testing.T) {
	b := browsertest.Open(t)
	for _, tt := range []struct{ locale, title, items, pay, totals, last, form, done, order string }{
		{"en-GB", "Your cart", "2 items from Laden", "Pay €41.03", "Items €36.00 Item discounts -€3.60 Subtotal €32.40 Delivery €4.90 VAT €3.73", "Remove the last item?", "Full name Street and number City", "Thank you. Your order is placed.", "Order ord_1042"},
		{"de-DE", "Ihr Warenkorb", "2 Artikel von Laden", "41,03 € bezahlen", "Artikel 36,00 € Rabatte auf Artikel -3,60 € Zwischensumme 32,40 € Lieferung 4,90 € VAT 3,73 €", "Den letzten Artikel entfernen?", "Vor- und Nachname Straße und Hausnummer Ort", "Vielen Dank. Ihre Bestellung ist eingegangen.", "Bestellung ord_1042"},
		{"fr-FR", "Votre panier", "2 articles de Laden", "Payer 41,03 €", "Articles 36,00 € Remises sur les articles -3,60 € Sous-total 32,40 € Livraison 4,90 € VAT 3,73 €", "Retirer le dernier article ?", "Nom complet Numéro et rue Ville", "Merci. Votre commande est enregistrée.", "Commande ord_1042"},
		{"es-ES", "Su carrito", "2 artículos de Laden", "Pagar 41,03 €", "Artículos 36,00 € Descuentos en artículos -3,60 € Subtotal 32,40 € Envío 4,90 € VAT 3,73 €", "¿Quitar el último artículo?", "Nombre y apellidos Calle y número Ciudad", "Gracias. Hemos recibido su pedido.", "Pedido ord_1042"},
		{"ja-JP", "カート", "Ladenの商品2点", "€41.03を支払う", "商品 €36.00 商品割引 -€3.60 小計 €32.40 送料 €4.90 VAT €3.73", "最後の商品を削除しますか？", "氏名 番地 市区町村", "ありがとうございます。ご注文を承りました。", "ご注文番号 ord_1042"},
		{"ar-XB", "", "2", "41.03", "", "", "", "", "ord_1042"},
		{"en-XA", "[", "2", "41.03", "", "~]", "~]", "~]", "ord_1042"},
	} {
		t.Run(tt.locale, func(t *testing.T) {
			t.Parallel()
			tab := settings{OpenAI: chatGPT, Locale: tt.locale, ShopMeta: map[string]any{"name": "Laden"},
				Shop: shop{Items: map[string]int{"mug-stoneware-sand": 2}, Codes: []string{"WELCOME10"}, Tax: "VAT", Mode: "test"}}.
				open(t, b, browsertest.Options{Width: 320, Touch: true, ReducedMotion: true})
			tab.WaitText("h1", tt.title)
			tab.WaitText(".heading", tt.items)
			tab.WaitText("#buy", tt.pay)
			tab.WaitText(".totals", tt.totals) // the shop's own word for a tax stays
			enterCode(tab, "ALONE")
			tab.WaitText(".refused", "ALONE")
			tab.Screenshot("language-" + tt.locale)
			tab.Check()
			tab.Click(".changes .plain")
			tab.WaitText(".question", tt.last)
			tab.Click("#address-change")
			tab.WaitText(".fields", "")
			for _, field := range []string{"#name", "#line_one", "#city"} {
				tab.Click(field)
				tab.Keys("Control+a", "Delete")
			}
			tab.Click(".fields .button")
			tab.WaitText("#problems ul", tt.form)
			tab.Screenshot("language-" + tt.locale + "-form")
			tab.Check()
			tab.Click(".fields .actions .plain")
			tab.Click(".question .plain")
			tab.Click("#buy")
			tab.WaitText(".done h1", tt.done)
			tab.WaitText(".order", tt.order)
			tab.Screenshot("language-" + tt.locale + "-done")
			tab.Check()
		})
	}
}
