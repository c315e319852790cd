package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// The titles of fees and the questions to the buyer are what the configuration
// says in the session's language, for the agent and on the page.
func TestFeesAndConsentsInOtherLanguages(t *testing.T) {
	shop := servertest.Start(t, servertest.Options{Configure: func(cfg *config.Config) {
		m := &cfg.Merchants[0]
		m.Fees = []config.FeeConfig{{ID: "small", Title: "Small order fee", Titles: config.WordsConfig{DE: "Mindermengenzuschlag"}, Amount: "2.50", Below: "20"}}
		m.MarketingConsents = []config.ConsentConfig{{Channel: "email", Text: "News, once a month", Texts: config.WordsConfig{DE: "Neuigkeiten, einmal im Monat"}}}
	}})
	agent := shop.Agent(t)
	for locale, want := range map[string]struct{ fee, consent string }{
		"de-DE": {"Mindermengenzuschlag", "Neuigkeiten, einmal im Monat"},
		"fr-FR": {"Small order fee", "News, once a month"},
	} {
		t.Run(locale, func(t *testing.T) {
			cart := servertest.Cart(servertest.Mug)
			cart.Locale = locale
			s, err := agent.Create(t.Context(), cart)
			if err != nil {
				t.Fatal(err)
			}
			var shown struct {
				Totals  []acp.Total                  `json:"totals"`
				Options []acp.MarketingConsentOption `json:"marketing_consent_options"`
			}
			if err := json.Unmarshal(s.Raw, &shown); err != nil {
				t.Fatal(err)
			}
			fee := ""
			for _, total := range shown.Totals {
				if total.Type == acp.TotalFee {
					fee = total.DisplayText
				}
			}
			if fee != want.fee || len(shown.Options) != 1 || shown.Options[0].DisplayText != want.consent {
				t.Errorf("the agent sees %q and %+v", fee, shown.Options)
			}
			b := newBuyer(t)
			if got := b.take(linkOf(t, s)); got.status != http.StatusSeeOther {
				t.Fatalf("the link: %d %s", got.status, got.heading())
			}
			page := b.look().text
			for _, words := range []string{want.fee, want.consent} {
				if !strings.Contains(page, words) {
					t.Errorf("the page does not have %q", words)
				}
			}
		})
	}
}
