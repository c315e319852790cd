package config_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/config"
)

// discounting is minimal with one discount, whose keys these are.
func discounting(keys string) string {
	return minimal + "    shipping: [{id: post, title: Post, price: \"5\"}]\n    discounts:\n      - {" + keys + "}\n"
}

func TestProblemsOfDiscounts(t *testing.T) {
	const good = `id: spring, name: Spring sale, code: SPRING10, percent: "10"`
	parse(t, discounting(good))
	parse(t, discounting(good+`, method: across, items: [a], categories: [Books], min_subtotal: "50", max_amount: "20.00", min_quantity: 2,
        combines: true, priority: 2, starts: "2026-11-27T00:00:00+01:00", ends: "2026-12-01T00:00:00Z", requires_login: true, customers: [c], tiers: [gold],
        max_uses: 100, max_uses_per_buyer: 1`))
	parse(t, discounting(`id: free, name: Free delivery, kind: free_delivery, delivery: [post]`))
	parse(t, discounting(`id: five, name: Five, kind: amount, amount: "5.00"`))

	with := func(change ...string) string { return discounting(strings.NewReplacer(change...).Replace(good)) }
	for name, c := range map[string]struct{ text, want string }{
		"no id":            {with(`id: spring, `, ""), `discounts[0].id: is missing; it names the discount in sessions and counts its uses, and should never change`},
		"no name":          {with(`name: Spring sale, `, ""), `discounts[0].name: is missing; write what buyers read, such as "Spring sale"`},
		"code":             {with("SPRING10", `"10 %"`), `discounts[0].code: "10 %" is not fit for an id; write at most 64 letters, digits, "_", "-" and ".", such as "SPRING10"`},
		"no percent":       {with(`, percent: "10"`, ""), `discounts[0].percent: is missing; write the percentage, such as "10"`},
		"zero percent":     {with(`"10"`, `"0"`), `discounts[0].percent: 0 takes nothing off; write the percentage, such as "10"`},
		"too much percent": {with(`"10"`, `"110"`), `discounts[0].percent: "110" is more than 100; write percent from 0 to 100 with at most 4 decimals, such as "19" or "8.875"`},
		"kind":             {with(`percent: "10"`, `kind: bogo`), `discounts[0].kind: "bogo" is unknown; use "percent", "amount" or "free_delivery"`},
		"no amount":        {with(`percent: "10"`, `kind: amount`), `discounts[0].amount: is missing; write what it takes off, as in "4.90"`},
		"zero amount":      {with(`percent: "10"`, `kind: amount, amount: "0"`), `discounts[0].amount: 0 takes nothing off; write it as in "4.90"`},
		"both":             {with(`percent: "10"`, `percent: "10", amount: "5"`), `discounts[0].amount: is for discounts of kind "amount"; remove it`},
		"method":           {with(`percent: "10"`, `percent: "10", method: all`), `discounts[0].method: "all" is unknown; write each or across`},
		"delivery":         {with(`percent: "10"`, `kind: free_delivery, delivery: [pigeon]`), `discounts[0].delivery[0]: "pigeon" is no delivery method of the shop; use the id of one`},
		"delivery of %":    {with(`percent: "10"`, `percent: "10", delivery: [post]`), `discounts[0].delivery: is for discounts of kind "free_delivery"; remove it`},
		"most of nothing":  {with(`percent: "10"`, `percent: "10", max_amount: "0"`), `discounts[0].max_amount: 0 takes nothing off; write the most that it takes off, or remove it`},
		"time":             {with(`percent: "10"`, `percent: "10", starts: tomorrow`), `discounts[0].starts: "tomorrow" is not a time; write it as in "2026-11-27T00:00:00Z" or "2026-11-27T00:00:00+01:00"`},
		"backwards":        {with(`percent: "10"`, `percent: "10", starts: "2026-12-01T00:00:00Z", ends: "2026-12-01T00:00:00Z"`), `discounts[0].ends: 2026-12-01T00:00:00Z is not after starts, 2026-12-01T00:00:00Z`},
		"uses":             {with(`percent: "10"`, `percent: "10", max_uses: -1`), `discounts[0].max_uses: -1 is outside its bounds; write a number from 0 to 1000000000`},
		"priority":         {with(`percent: "10"`, `percent: "10", priority: 0`), `discounts[0].priority: 0 is outside 1 to 1000; 1 is taken off first`},
		"customers":        {with(`percent: "10"`, `percent: "10", customers: [""]`), `discounts[0].customers[0]: is empty; remove it`},
		"the same code":    {discounting(good) + `      - {id: other, name: Other, code: spring10, percent: "5"}` + "\n", `discounts[1].code: "spring10" is the code of discounts[0] too; give each discount its own`},
		"the same id":      {discounting(good) + `      - {id: spring, name: Other, percent: "5"}` + "\n", `discounts[1].id: "spring" is discounts[0] too; give each discount its own`},
	} {
		_, err := config.Parse("checkstand.yaml", []byte(c.text), nil)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if _, said, _ := strings.Cut(lines[len(lines)-1], "merchants[0]."); said != c.want || len(lines) > 2 {
			t.Errorf("%s: %q; want %q", name, err, c.want)
		}
	}
}
