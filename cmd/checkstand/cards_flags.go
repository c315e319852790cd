package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/savedcard"
	"github.com/checkstand/checkstand/secret"
)

// cardFlags are those without which no card is saved, and what they are for.
var cardFlags = []struct{ name, tells string }{
	{"customer", "give the ID of the customer, as agents name them"},
	{"psp-card", "say what the payment provider calls the card"},
	{"brand", "use one of " + strings.Join(savedcard.Brands(), ", ")},
	{"last4", "give the last four digits of the card's number"},
	{"expires", "give the month of a year in which it expires, such as 12/2030"},
}

// checkCardFlags refuses what cannot be kept of a card, by the flag that it was
// given with. No value is repeated that could be the number of a card.
func checkCardFlags(c *cobra.Command) error {
	value := func(flag string) string { return c.Flags().Lookup(flag).Value.String() }
	var missing []string
	tells := ""
	for _, f := range cardFlags {
		if strings.TrimSpace(value(f.name)) == "" {
			missing, tells = append(missing, "--"+f.name), f.tells
		}
	}
	switch n := len(missing); {
	case n == 1:
		return usageError{fmt.Errorf("%s: is missing; %s", missing[0], tells), c.CommandPath()}
	case n > 1:
		return usageError{errors.New(strings.Join(missing[:n-1], ", ") + " and " + missing[n-1] + " are missing"), c.CommandPath()}
	}
	texts := []string{"customer", "psp-customer", "psp-card", "label"}
	if err := checkNoCardNumber(c, "give what the payment provider calls the card", texts...); err != nil {
		return err
	}
	for _, flag := range texts {
		switch text := value(flag); {
		case flag != "label" && len(text) > savedcard.MaxReference:
			return badFlag(c, flag, "is longer than %d bytes", savedcard.MaxReference)
		case flag == "label" && utf8.RuneCountInString(text) > savedcard.MaxLabel:
			return badFlag(c, flag, "is longer than %d characters", savedcard.MaxLabel)
		}
	}
	if brand := value("brand"); !slices.Contains(savedcard.Brands(), brand) {
		return badFlag(c, "brand", "%q is not a brand of cards; use one of %s", brand, strings.Join(savedcard.Brands(), ", "))
	}
	if last4 := value("last4"); len(last4) != 4 || strings.Trim(last4, "0123456789") != "" {
		return badFlag(c, "last4", "the last digits of a card are four")
	}
	return nil
}

// checkNoCardNumber refuses what looks like the number of a card in the text of
// some flags, and says what to do instead. The text is not repeated.
func checkNoCardNumber(c *cobra.Command, instead string, flags ...string) error {
	for _, flag := range flags {
		if secret.HasCardNumber(c.Flags().Lookup(flag).Value.String()) {
			return badFlag(c, flag, "this looks like the number of a card, which is never kept; %s", instead)
		}
	}
	return nil
}
