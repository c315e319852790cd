package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/feed"
	"github.com/checkstand/checkstand/store"
)

// MaxFindings is how many findings a report lists; all are counted.
const MaxFindings = 1000

// ErrNothingTakenIn is the error of an import of files without anything to sell.
// They are a mistake: as the whole catalogue they would empty the shop.
var ErrNothingTakenIn = errors.New("there is nothing to sell in what was read; the catalogue is left as it was")

// progressEvery is the pause between two reports of progress.
const progressEvery = 2 * time.Second

// Intake takes catalogue files in.
type Intake struct {
	Store    *store.Store // nil for a dry run: files are read and judged, nothing is written
	Merchant string
	Replace  bool // the files become the whole catalogue, in one step at the end
	Options  feed.Options
	// Progress, if set, is told every two seconds how many items were read.
	Progress func(file string, items int)
}

// IntakeReport tells what one file held.
type IntakeReport struct {
	File string `json:"file"`
	feed.Summary
	// ItemID and ItemTitle are those of the first item in stock; empty for none.
	ItemID    string `json:"item_id,omitempty"`
	ItemTitle string `json:"item_title,omitempty"`
	Written   int64  `json:"written"`           // items added or changed; 0 for a dry run
	Removed   int64  `json:"removed,omitempty"` // items no longer sold, on the last file of a replacement
	// Findings are the first MaxFindings; Counts counts all. They stand in for
	// the summary's own member of that name.
	Findings []feed.Finding `json:"findings"`
	Counts   feed.Counts    `json:"counts"`
}

// Run reads the files in their order. It stops at the first that cannot be
// read as a whole; with Replace nothing has changed then, without it the files
// before it are in. Where there is no item in any of them it is
// ErrNothingTakenIn, but for a dry run.
func (in Intake) Run(ctx context.Context, files []string) ([]IntakeReport, error) {
	write := func(catalog.Item) error { return nil }
	var imp *store.Import
	if in.Store != nil {
		var err error
		if imp, err = in.Store.Import(ctx, in.Merchant, store.ImportOptions{Replace: in.Replace}); err != nil {
			return nil, err
		}
		write = func(it catalog.Item) error { return imp.Put(it) }
	}
	var reports []IntakeReport
	for _, file := range files {
		rep, err := in.one(ctx, file, write)
		reports = append(reports, rep)
		if err != nil {
			if imp != nil {
				err = errors.Join(err, imp.Abort())
			}
			return reports, err
		}
	}
	if imp == nil {
		return reports, nil
	}
	if !slices.ContainsFunc(reports, func(r IntakeReport) bool { return r.Variants > 0 }) {
		return reports, errors.Join(ErrNothingTakenIn, imp.Abort())
	}
	result, err := imp.Commit()
	if len(reports) > 0 {
		reports[len(reports)-1].Removed = result.Removed
	}
	return reports, err
}

func (in Intake) one(ctx context.Context, file string, write func(catalog.Item) error) (rep IntakeReport, err error) {
	rep = IntakeReport{File: filepath.Base(file), Findings: []feed.Finding{}}
	f, err := os.Open(file)
	if err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return in.read(ctx, rep, f, write)
}

func (in Intake) read(ctx context.Context, rep IntakeReport, r io.Reader, write func(catalog.Item) error) (IntakeReport, error) {
	next := time.Now().Add(progressEvery)
	items := 0
	summary, err := feed.Read(ctx, r, in.Options, func(it catalog.Item) error {
		items++
		if rep.ItemID == "" && it.Available() > 0 {
			rep.ItemID, rep.ItemTitle = it.ID, it.Title
		}
		if in.Progress != nil && items%1000 == 0 && time.Now().After(next) {
			next = time.Now().Add(progressEvery)
			in.Progress(rep.File, items)
		}
		return write(it)
	}, func(f feed.Finding) {
		if len(rep.Findings) < MaxFindings {
			rep.Findings = append(rep.Findings, f)
		}
	})
	rep.Summary, rep.Counts = summary, summary.Findings
	if in.Store != nil {
		rep.Written = int64(items)
	}
	if err != nil {
		return rep, fmt.Errorf("%s: %w", rep.File, err)
	}
	return rep, nil
}
