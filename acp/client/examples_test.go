package client

import (
	"encoding/json"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/acptest"
)

// Every session in the official examples of every version is read, with its
// total, lines, options and order.
func TestOfficialSessions(t *testing.T) {
	root, sessions := acptest.Shared(t, "examples"), 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".json" || strings.Contains(path, "mcp") {
			return err
		}
		file, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		for member, body := range acptest.Examples(t, strings.Split(file, string(filepath.Separator))...) {
			var shape struct {
				ID, Status string
				Lines      []json.RawMessage `json:"line_items"`
				Options    []json.RawMessage `json:"fulfillment_options"`
				Links      json.RawMessage
			}
			if json.Unmarshal(body, &shape) != nil || shape.Status == "" || shape.Links == nil {
				continue // no session
			}
			sessions++
			// Some are not what their schemas ask for: the first sells two and a half
			// and leaves the order out, those of discounts have no totals of options.
			first, discounts := strings.HasPrefix(file, "2025-09-29"), strings.Contains(file, "discount-extension")
			t.Run(file+" "+member, func(t *testing.T) {
				s, err := ReadSession(body)
				if err != nil {
					t.Fatal(err)
				}
				if s.ID != shape.ID || string(s.Status) != shape.Status || !s.HasTotal || len(s.Lines) != len(shape.Lines) || len(s.Options) != len(shape.Options) {
					t.Errorf("read as %+v", s)
				}
				if slices.ContainsFunc(s.Lines, func(l Line) bool { return l.ID == "" || l.ItemID == "" || l.Quantity < 1 && !first }) {
					t.Errorf("lines %+v", s.Lines)
				}
				if slices.ContainsFunc(s.Options, func(o Option) bool { return o.ID == "" || !o.HasTotal && !discounts }) {
					t.Errorf("options %+v", s.Options)
				}
				if (s.Order != nil) != (s.Status == acp.Completed) && !first || (s.Authentication != nil) != (s.Status == acp.AuthenticationRequired) {
					t.Errorf("%s with order %v, authentication %v", s.Status, s.Order, s.Authentication)
				}
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if sessions < 50 {
		t.Errorf("only %d sessions were found", sessions)
	}
}
