package config

import (
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/pricing"
)

// Bounds of fees.
const (
	MaxFees     = 20
	maxFeeTitle = 100 // bytes
)

// FeeConfig is a charge beside goods and delivery.
type FeeConfig struct {
	ID       string      `yaml:"id" doc:"The fee's id; it should never change."`
	Title    string      `yaml:"title" doc:"What buyers read, such as \"Small order fee\"."`
	Titles   WordsConfig `yaml:"titles,omitempty" doc:"The title in other languages."`
	Amount   string      `yaml:"amount,omitempty" doc:"What it costs, such as \"2.50\", as prices are listed."`
	Percent  string      `yaml:"percent,omitempty" doc:"Percentage of the items' listed prices, such as \"2.9\"; beside amount or alone."`
	Below    string      `yaml:"below,omitempty" doc:"Only orders whose items' listed prices come to less pay it, such as \"20.00\"; every order when not set."`
	TaxClass string      `yaml:"tax_class,omitempty" doc:"Its tax class; the standard class when not set."`
}

// GiftWrapConfig is what the shop asks for wrapping.
type GiftWrapConfig struct {
	Price    string `yaml:"price,omitempty" doc:"What wrapping costs, such as \"3.00\", as prices are listed; \"0\" is free. Nothing is wrapped when it is not set."`
	Per      string `yaml:"per" default:"order" doc:"What the price is for: order, or line."`
	TaxClass string `yaml:"tax_class,omitempty" doc:"Its tax class; the standard class when not set."`
}

// extras reads what is charged beside goods and delivery, reporting what is
// wrong under at, the merchant's path.
func (m *MerchantConfig) extras(r *report, at string) (fees []pricing.Fee, wrap *checkout.GiftWrap, maxTip int64) {
	if len(m.Fees) > MaxFees {
		r.errorf(join(at, "fees"), "%d of them; at most %d", len(m.Fees), MaxFees)
		return nil, nil, 0
	}
	ids := map[string]int{}
	for i, c := range m.Fees {
		path := join(at, "fees["+strconv.Itoa(i)+"]")
		r.name(path+".id", c.ID, "small-order")
		if first, twice := ids[c.ID]; twice && c.ID != "" {
			r.errorf(path+".id", "%q is fees[%d] too; give each fee its own", clip(c.ID), first)
		}
		ids[c.ID] = i
		f := pricing.Fee{ID: c.ID, Title: strings.TrimSpace(c.Title), TaxClass: c.TaxClass}
		if f.Title == "" {
			r.errorf(path+".title", "is missing; write what buyers read, such as \"Small order fee\"")
		} else if len(c.Title) > maxFeeTitle {
			r.errorf(path+".title", "is longer than %d bytes", maxFeeTitle)
		}
		r.words(path+".titles", c.Titles, maxFeeTitle)
		if c.Amount == "" && c.Percent == "" {
			r.errorf(path+".amount", "is missing; write what it costs, as in %q, or a percent", example(m.Currency))
		}
		if c.Amount != "" {
			f.Amount = r.amount(path+".amount", c.Amount, m.Currency)
		}
		if c.Percent != "" {
			ppm, err := pricing.ParsePercent(c.Percent)
			if err != nil {
				r.errorf(path+".percent", "%v", err)
			}
			f.PPM = ppm
		}
		if c.Below != "" {
			if f.Below = r.amount(path+".below", c.Below, m.Currency); f.Below == 0 {
				r.errorf(path+".below", "no order comes to less than 0; write the amount from which the fee is not due, or remove it")
			}
		}
		fees = append(fees, f)
	}
	r.oneOf(join(at, "gift_wrap.per"), m.GiftWrap.Per, "order", "line")
	if m.GiftWrap.Price != "" {
		wrap = &checkout.GiftWrap{Price: r.amount(join(at, "gift_wrap.price"), m.GiftWrap.Price, m.Currency),
			PerLine: m.GiftWrap.Per == "line", TaxClass: m.GiftWrap.TaxClass}
	}
	if m.MaxTip != "" {
		maxTip = r.amount(join(at, "max_tip"), m.MaxTip, m.Currency)
	}
	return fees, wrap, maxTip
}

// maxTipSuggestions bounds the buttons on the checkout page.
const maxTipSuggestions = 4

// tips reads what the checkout page suggests, reporting what is wrong under at,
// the merchant's path.
func (m *MerchantConfig) tips(r *report, at string, maxTip int64) []checkout.TipSuggestion {
	unread := r.hasFailed(join(at, "max_tip"))
	at = join(at, "tip_suggestions")
	switch {
	case len(m.TipSuggestions) > maxTipSuggestions:
		r.errorf(at, "%d of them; at most %d", len(m.TipSuggestions), maxTipSuggestions)
		return nil
	case len(m.TipSuggestions) > 0 && m.MaxTip == "":
		r.errorf(at, "this shop takes no tips; write max_tip too, or remove it")
		return nil
	}
	var list []checkout.TipSuggestion
	for i, written := range m.TipSuggestions {
		path, s := at+"["+strconv.Itoa(i)+"]", checkout.TipSuggestion{}
		if percent, ok := strings.CutSuffix(strings.TrimSpace(written), "%"); ok {
			ppm, err := pricing.ParsePercent(strings.TrimSpace(percent))
			if err != nil {
				r.errorf(path, "%v", err)
				continue
			}
			s.PPM = ppm
		} else if s.Amount = r.amount(path, written, m.Currency); s.Amount > maxTip && !unread {
			r.errorf(path, "%q is more than max_tip", clip(written))
		}
		if s == (checkout.TipSuggestion{}) {
			r.errorf(path, "%q is no tip; remove it, as buyers need not give one", clip(written))
		}
		list = append(list, s)
	}
	return list
}
