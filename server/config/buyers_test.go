package config_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/config"
)

func TestProblemsOfPolicies(t *testing.T) {
	parse(t, minimal+`
    suggested_price_window: 24h
    marketing_consents: [{channel: email, text: News}, {channel: sms, text: Offers, privacy_policy: "https://shop.example.com/sms"}]
    fees: [{id: small, title: Small order fee, amount: "2", below: "20"}, {id: card, title: Card, percent: "1.5", tax_class: reduced}]
    gift_wrap: {price: "0", per: line}
    max_tip: "50"
    tip_suggestions: ["10%", "12.5 %", "2.00"]
    checkout: {accept_terms: true}
    age_check: authenticated
    restrictions: [{categories: [Wine], min_age: 18, not_in: [SA, US-UT]}]
    business:
      tax_exemption: verify
      certificates: [EX-1]
      accounts: [{customer_id: cus_1, tax_id: 1-2, terms: [net_30, immediate], limit: "500"}]
`)
	for name, c := range map[string]struct{ keys, want string }{
		"window":            {`suggested_price_window: 169h`, `suggested_price_window: 169h is outside`},
		"channel":           {`marketing_consents: [{channel: pigeon, text: News}]`, `marketing_consents[0].channel: "pigeon" is unknown`},
		"channel twice":     {`marketing_consents: [{channel: sms, text: News}, {channel: sms, text: More}]`, `marketing_consents[1].channel: "sms" is there already`},
		"no text":           {`marketing_consents: [{channel: sms}]`, `marketing_consents[0].text: is missing`},
		"policy":            {`marketing_consents: [{channel: sms, text: News, privacy_policy: here}]`, `marketing_consents[0].privacy_policy: `},
		"fee of nothing":    {`fees: [{id: a, title: A}]`, `fees[0].amount: is missing`},
		"fee without title": {`fees: [{id: a, amount: "1"}]`, `fees[0].title: is missing`},
		"fee twice":         {`fees: [{id: a, title: A, amount: "1"}, {id: a, title: B, amount: "1"}]`, `fees[1].id: "a" is fees[0] too`},
		"fee in percent":    {`fees: [{id: a, title: A, percent: "1,5"}]`, `fees[0].percent: `},
		"below nothing":     {`fees: [{id: a, title: A, amount: "1", below: "0"}]`, `fees[0].below: no order comes to less than 0`},
		"wrap":              {`gift_wrap: {price: "1", per: unit}`, `gift_wrap.per: "unit" is unknown`},
		"tip":               {`max_tip: lots`, `max_tip: "lots" is not an amount`},
		"no tips":           {`tip_suggestions: ["10%"]`, `tip_suggestions: this shop takes no tips`},
		"too many tips": {`max_tip: "50"
    tip_suggestions: ["1", "2", "3", "4", "5"]`, `tip_suggestions: 5 of them; at most 4`},
		"suggestion": {`max_tip: "50"
    tip_suggestions: ["ten%"]`, `tip_suggestions[0]: "ten" is not a number`},
		"large suggestion": {`max_tip: "50"
    tip_suggestions: ["2", "51"]`, `tip_suggestions[1]: "51" is more than max_tip`},
		"idle suggestion": {`max_tip: "50"
    tip_suggestions: ["0%"]`, `tip_suggestions[0]: "0%" is no tip`},
		"no tip to be below": {`max_tip: lots
    tip_suggestions: ["2"]`, `max_tip: "lots" is not an amount`},
		"age check":         {`age_check: passport`, `age_check: "passport" is unknown`},
		"age":               {`restrictions: [{min_age: 200}]`, `restrictions[0].min_age: 200 is outside`},
		"no restriction":    {`restrictions: [{items: [a]}]`, `restrictions[0]: restricts nothing`},
		"place":             {`restrictions: [{not_in: [Utah]}]`, `restrictions[0].not_in[0]: "Utah" is no country or region`},
		"country of habit":  {`restrictions: [{not_in: [SA, UK]}]`, `restrictions[0].not_in[1]: "UK" is written GB in ISO 3166-1`},
		"exemption":         {`business: {tax_exemption: maybe}`, `business.tax_exemption: "maybe" is unknown`},
		"idle certificates": {`business: {certificates: [EX-1]}`, `business.certificates: are for tax_exemption: verify`},
		"nobody's account":  {`business: {accounts: [{terms: [net_30]}]}`, `business.accounts[0].customer_id: is missing`},
		"account twice":     {`business: {accounts: [{customer_id: a, terms: [net_30]}, {customer_id: a, terms: [net_30]}]}`, `business.accounts[1].customer_id: "a" is accounts[0] too`},
		"no terms":          {`business: {accounts: [{customer_id: a}]}`, `business.accounts[0].terms: is missing`},
		"terms":             {`business: {accounts: [{customer_id: a, terms: [net_45]}]}`, `business.accounts[0].terms[0]: "net_45" is unknown`},
		"limit":             {`business: {accounts: [{customer_id: a, terms: [net_30], limit: all}]}`, `business.accounts[0].limit: "all" is not an amount`},
	} {
		_, err := config.Parse("checkstand.yaml", []byte(minimal+"    "+c.keys+"\n"), nil)
		if err == nil || !strings.Contains(err.Error(), "merchants[0]."+c.want) || strings.Count(err.Error(), "merchants[0]") > 1 {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}
