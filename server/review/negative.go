package review

import "fmt"

// negative makes the cases that the app must not be triggered by: near to what
// it does, and not for it.
func negative(in *Input, g *goods) []Case {
	thing := "coffee mug"
	if len(g.choices) > 0 {
		if it := &g.choices[0]; it.ProductTitle != "" {
			thing = it.ProductTitle
		} else {
			thing = it.Title
		}
	}
	const stays = "The app is not used: "
	list := []Case{
		{ID: "not_writing", Purpose: "A question about a thing that the buyer has already, not about buying it.",
			Prompt:  fmt.Sprintf("I own a %s. Write a short review of it for my blog.", thing),
			Outcome: stays + "this is a text to write. Nothing is searched for, and no widget opens.", Form: true},
		{ID: "not_this_shop", Purpose: "A parcel of another shop.",
			Prompt:  "The parcel that I ordered last week from another online shop has not come. Where is it?",
			Outcome: stays + fmt.Sprintf("it knows the orders of %s alone, and this one is of another shop.", in.shop().Name), Form: true},
		{ID: "not_a_service", Purpose: "Something that is booked, and not shipped.",
			Prompt:  "Book a table for two for tomorrow evening in a restaurant near me.",
			Outcome: stays + "the shop sells goods that are shipped, and books nothing.", Form: true},
		{ID: "not_digital", Purpose: "A subscription.",
			Prompt:  "Renew my music streaming subscription for another year.",
			Outcome: stays + "the shop sells no subscriptions and no digital goods."},
	}
	for i := range list {
		list[i].Calls = []Call{}
	}
	return list
}

// cases checks that there are as many as the form asks for.
func (c *checker) cases(r *Report, g *goods) {
	const title = "Test cases"
	switch n := len(r.Cases); {
	case g.items == 0: // which is told already
	case n < formPositive:
		c.missing("test_cases", title, fmt.Sprintf("None can be made of the catalogue, and the form takes %d: no item is shipped, in stock and found by the name of its product.", formPositive),
			"", "Import a catalogue with such items: checkstand import FILE")
	default:
		c.met("test_cases", title, fmt.Sprintf("%d that use the app, %d that must not", n, len(r.Negative)))
	}
}
