package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/feed"
	"github.com/checkstand/checkstand/server"
	"github.com/checkstand/checkstand/server/config"
)

func newImport() *cobra.Command {
	var path, merchant, format, currency, country string
	var replace, dryRun, asJSON bool
	c := &cobra.Command{
		Use:   "import FILE...",
		Short: "Take a catalogue in",
		Long: `Take a catalogue in: a Shopify or WooCommerce product export (CSV), a Google
Merchant feed (XML, TSV or CSV), or JSON lines. The format is found out from
the file. Items are added or changed; with --replace the files become the whole
catalogue, in one step at the end.

What a file gets wrong is listed with its row, field and cure; all other rows
are taken in. Row 1 is the first below the names of the columns.`,
		Example: `  checkstand import --dry-run products.csv
  checkstand import products.csv
  checkstand import -c /etc/checkstand/checkstand.yaml --replace feed.xml more.csv`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) (err error) {
			in := server.Intake{Replace: replace, Merchant: merchant,
				Options:  feed.Options{Format: feed.Format(format), Currency: currency, Country: country},
				Progress: progress(c)}
			if err := in.Options.Check(); err != nil {
				return inFlags(c, err)
			}
			var database config.Database
			if configPath(path) != "" || !dryRun {
				cfg, err := loadConfig(c, path)
				if err != nil {
					return err
				}
				database = cfg.Database
				m, err := chooseMerchant(cfg, merchant)
				if err != nil {
					return err
				}
				in.Merchant = m.ID
				in.Options.Currency, in.Options.Country = cmp.Or(currency, m.Currency), cmp.Or(country, m.Country)
			}
			if !dryRun {
				if in.Store, err = server.OpenStore(c.Context(), database, time.Now); err != nil {
					return err
				}
				defer func() { err = errors.Join(err, in.Store.Close()) }()
			} else if in.Options.Currency == "" {
				in.Options.Currency = "usd"
			}
			reports, failed := in.Run(c.Context(), files)
			return errors.Join(failed, printReports(c, reports, fateOf(failed, dryRun), asJSON))
		},
	}
	configFlag(c, &path)
	f := c.Flags()
	f.StringVar(&merchant, "merchant", "", "`ID` of the shop, if there are several")
	f.StringVar(&format, "format", "", "`FORMAT` of the files; found out when not given")
	f.StringVar(&currency, "currency", "", "`CODE` of prices that name none (default: the shop's, or usd)")
	f.StringVar(&country, "country", "", "`CODE` of the shop's country, to read its numbers by (default: the shop's)")
	f.BoolVar(&replace, "replace", false, "make the files the whole catalogue")
	f.BoolVar(&dryRun, "dry-run", false, "read and judge, write nothing; needs no configuration")
	f.BoolVar(&asJSON, "json", false, "print one JSON object a file")
	return c
}

// What became of the items of a file, in the words of a report.
const (
	takenIn      = "taken in"
	canBeTakenIn = "can be taken in"
	givenUp      = "read before the import was given up"
)

// fateOf is what became of the items of all files.
func fateOf(failed error, dryRun bool) string {
	switch {
	case failed != nil:
		return givenUp
	case dryRun:
		return canBeTakenIn
	}
	return takenIn
}

func printReports(c *cobra.Command, reports []server.IntakeReport, fate string, asJSON bool) (err error) {
	for _, r := range reports {
		if asJSON {
			err = errors.Join(err, printJSON(c.OutOrStdout(), r))
		} else if r.Format != "" {
			err = errors.Join(err, printReport(c.OutOrStdout(), r, fate))
		}
	}
	return err
}

func printReport(w io.Writer, r server.IntakeReport, fate string) error {
	p := printer{w: w}
	p.f("%s (%s): %s of %s %s, from %s", r.File, r.Format, count(r.Variants, "item"), count(r.Products, "product"), fate, count(r.Rows, "row"))
	if r.Rejected > 0 {
		p.f("; %s refused", count(r.Rejected, "row"))
	}
	if r.Skipped > 0 {
		p.f("; %s left out", count(r.Skipped, "row"))
	}
	if r.Removed > 0 {
		p.f("; %s sold no longer", count(r.Removed, "item"))
	}
	p.f("\n")
	const shown = 20
	listed := 0
	for _, f := range r.Findings {
		if f.Severity == feed.Info {
			continue
		}
		if listed++; listed > shown {
			continue
		}
		p.f("  %s", place(f))
		p.f(": %s", f.Code)
		if f.Value != "" {
			p.f(" %q", f.Value)
		}
		p.f(". %s\n", f.Fix)
	}
	if listed > shown {
		p.f("  and %d more\n", r.Counts.Errors+r.Counts.Warnings-shown)
	}
	notes := 0
	for _, f := range firstNotes(r.Findings) {
		p.f("  note, %s", place(f))
		if more := r.Counts.Codes[f.Code] - 1; more > 0 {
			p.f(", and %d more", more)
		}
		p.f(": %s. %s\n", f.Code, f.Fix)
		notes++
	}
	if listed > shown || r.Counts.Infos > notes {
		p.f("  See every finding with 'checkstand import --dry-run --json'.\n")
	}
	if r.ItemID != "" && (fate == takenIn || fate == canBeTakenIn) {
		p.f("Its items are named like %s (%s).\n", r.ItemID, r.ItemTitle)
	}
	return p.err
}

// firstNotes is one finding for each code that is only a note.
func firstNotes(all []feed.Finding) []feed.Finding {
	var first []feed.Finding
	for _, f := range all {
		same := func(g feed.Finding) bool { return g.Code == f.Code }
		if f.Severity == feed.Info && !slices.ContainsFunc(first, same) {
			first = append(first, f)
		}
	}
	return first
}

// place says where a finding is: "row 3, Variant Price".
func place(f feed.Finding) string {
	at := "the file"
	if f.Row > 0 {
		at = fmt.Sprintf("row %d", f.Row)
	}
	if f.Field != "" {
		at += ", " + f.Field
	}
	return at
}

// progress tells on standard error how far a long import is.
func progress(c *cobra.Command) func(file string, items int) {
	return func(file string, items int) { c.PrintErrf("%s: %s so far\n", file, count(items, "item")) }
}
