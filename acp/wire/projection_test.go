package wire_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

const versionsFile = "../../docs/versions.md"

// The table of docs/versions.md is what the encoders do.
func TestProjectionIsDocumented(t *testing.T) {
	header, rows := projectionTable(t)
	if !slices.Equal(header, versions()) {
		t.Fatalf("the table is of %v", header)
	}
	checked := 0
	for _, row := range rows {
		kind, names := rowNames(row[0])
		if len(names) == 0 || len(row) != len(header)+1 {
			t.Fatalf("row %q", row)
		}
		for _, name := range names {
			for i, v := range header {
				checked++
				if problem := holds(t, codec(t, v), kind, name, strings.TrimSpace(row[i+1])); problem != "" {
					t.Errorf("%s %s in %s: the table says %s, %s", kind, name, v, row[i+1], problem)
				}
			}
		}
	}
	if checked < 100*len(header) {
		t.Errorf("only %d cells were checked", checked)
	}
}

func projectionTable(t *testing.T) (header []acp.Version, rows [][]string) {
	t.Helper()
	b, err := os.ReadFile(versionsFile)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(b), "<!-- projection -->\n")
	table, _, _ = strings.Cut(table, "<!-- end of projection -->")
	for i, text := range strings.Split(strings.TrimSpace(table), "\n") {
		cells := strings.Split(strings.Trim(text, "|"), "|")
		switch i {
		case 0:
			for _, c := range cells[1:] {
				header = append(header, acp.Version(strings.TrimSpace(c)))
			}
		case 1:
		default:
			rows = append(rows, cells)
		}
	}
	return header, rows
}

var quoted = regexp.MustCompile("`([^`]+)`")

// rowNames are the words of a row's first cell; kind is "" for fields.
func rowNames(cell string) (kind string, names []string) {
	cell = strings.TrimSpace(cell)
	if cell[0] != '`' {
		kind, _, _ = strings.Cut(cell, " ")
	}
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		names = append(names, m[1])
	}
	return kind, names
}

// holds says what is wrong with one cell of the table.
func holds(t *testing.T, c wire.Codec, kind, name, cell string) string {
	t.Helper()
	want := strings.Trim(cell, "`")
	if cell == "yes" {
		want = name
	}
	if kind == "" {
		return fieldHolds(t, c, name, want, cell == "no")
	}
	got := wordsFor(t, c, kind, name)
	switch {
	case cell == "no" && len(got) > 0:
		return "the answer has " + strings.Join(got, ", ")
	case cell != "no" && !slices.Equal(got, []string{want}):
		return "the answer has " + strings.Join(got, ", ")
	}
	return ""
}

func fieldHolds(t *testing.T, c wire.Codec, name, want string, dropped bool) string {
	t.Helper()
	s := everything()
	switch {
	case strings.HasPrefix(name, "order."):
		s = completed()
	case name == "buyer.full_name":
		s.Buyer.FirstName, s.Buyer.LastName = "", ""
	case strings.HasPrefix(name, "totals["):
		s.Totals[0].Description = "Before discounts"
	}
	s.FulfillmentDetails.Address.Company = "Example Ltd"
	shown := decoded(t, encode(t, c, s))
	switch {
	case dropped && len(at(shown, name)) > 0:
		return "and the answer has it"
	case !dropped && len(at(shown, want)) == 0:
		return "and the answer has no " + want
	case !dropped && name != want && len(at(shown, name)) > 0:
		return "and the answer has it as well"
	}
	return ""
}

// wordsFor puts one word into a session or an order, and is what stands for it
// in the answer.
func wordsFor(t *testing.T, c wire.Codec, kind, word string) []string {
	t.Helper()
	s, path := threeLines(), ""
	switch kind {
	case "status":
		s.Status, path = acp.Status(word), "status"
	case "total":
		s.Totals, path = []acp.Total{total(acp.TotalType(word), 1)}, "totals[].type"
	case "option":
		s.FulfillmentOptions = []acp.FulfillmentOption{{Type: acp.FulfillmentType(word), ID: "o", Title: "O", Location: &acp.PickupLocation{Name: "Shop"}}}
		path = "fulfillment_options[].type"
	case "error":
		s.Messages, path = []acp.Message{{Type: acp.ErrorMessage, Code: word, Content: "x"}}, "messages[].code"
	case "message":
		s.Messages, path = []acp.Message{{Type: acp.MessageType(word), Code: acp.CodePriceChange, Content: "x"}}, "messages[].type"
	case "link":
		s.Links, path = []acp.Link{{Type: word, URL: "https://shop.example.com/x"}}, "links[].type"
	case "order":
		s = completed()
		s.Order.Status, path = word, "order.status"
	case "webhook":
		o := shipped()
		o.Status = word
		b, err := c.AppendOrderEvent(nil, wire.OrderUpdated, o)
		if err != nil {
			t.Fatal(err)
		}
		return at(decoded(t, b), "data.status")
	default:
		t.Fatalf("the table has a row of %q", kind)
	}
	return at(decoded(t, encode(t, c, s)), path)
}

// at are the values at a path of names, [] being every entry of a list. What
// is no text counts as one without letters.
func at(v any, path string) []string {
	if path == "" {
		s, _ := v.(string)
		return []string{s}
	}
	name, rest, _ := strings.Cut(path, ".")
	name, each := strings.CutSuffix(name, "[]")
	o, _ := v.(map[string]any)
	member, ok := o[name]
	if !ok {
		return nil
	}
	if !each {
		return at(member, rest)
	}
	var found []string
	list, _ := member.([]any)
	for _, entry := range list {
		found = append(found, at(entry, rest)...)
	}
	return found
}
