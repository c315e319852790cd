package pricing_test

import (
	"fmt"
	"time"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/pricing"
)

func Example() {
	taxes := pricing.Taxes{
		PricesInclude: true,
		Rates:         []pricing.Rate{{Country: "DE", PPM: 190_000, Name: "VAT"}},
	}
	methods := []pricing.Method{
		{ID: "parcel", Title: "Parcel", Kind: pricing.Flat, Price: 495, MinDays: 2, MaxDays: 4},
		{ID: "express", Title: "Express", Kind: pricing.Flat, Price: 1495, MinDays: 1, MaxDays: 1},
	}
	cart := pricing.Cart{
		Currency:    "eur",
		Lines:       []pricing.Line{{ID: "li_1", UnitPrice: 1999, Quantity: 3}},
		Destination: pricing.Destination{Country: "DE", PostalCode: "10115"},
	}
	now := time.Date(2026, 3, 2, 10, 30, 0, 0, time.UTC)

	options, err := pricing.Options(cart, methods, taxes, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	if i, ok := pricing.Cheapest(options, pricing.Shipping); ok {
		cart.Delivery = []pricing.Option{options[i]}
	}
	quote, err := pricing.Price(cart, taxes)
	if err != nil {
		fmt.Println(err)
		return
	}
	show := func(minor int64) string { return money.Decimal(minor, cart.Currency) }
	fmt.Println("subtotal   ", show(quote.Subtotal))
	fmt.Println("fulfillment", show(quote.Fulfillment))
	fmt.Println("tax        ", show(quote.Tax))
	fmt.Println("total      ", show(quote.Total))
	// Output:
	// subtotal    50.40
	// fulfillment 4.16
	// tax         10.36
	// total       64.92
}

func ExampleParsePercent() {
	ppm, _ := pricing.ParsePercent("8.875")
	fmt.Println(ppm, pricing.FormatPercent(ppm))

	_, err := pricing.ParsePercent("19 %")
	fmt.Println(err)
	// Output:
	// 88750 8.875
	// "19 %" is not a number; write percent from 0 to 100 with at most 4 decimals, such as "19" or "8.875"
}
