package feed

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/catalog"
)

// Two variants get the same id only by being the same variant: whatever
// handles and values there are, the import ends with an id for each.
func TestDerivedIDsNeverCollide(t *testing.T) {
	part := rapid.StringMatching(`[ab/ -]{1,4}`)
	rapid.Check(t, func(t *rapid.T) {
		in := newIntake(Options{Currency: "usd"}, ShopifyCSV, func(catalog.Item) error { return nil }, nil)
		owner := map[string]string{} // of an id
		for range rapid.IntRange(1, 40).Draw(t, "variants") {
			handle := rapid.StringMatching(`[ab][ab-]{0,3}`).Draw(t, "handle")
			values := rapid.SliceOfN(part, 0, 3).Draw(t, "values")
			id, origin := derivedID(handle, values)
			if again, _ := derivedID(handle, values); again != id {
				t.Fatalf("%q, then %q", id, again)
			}
			it := catalog.Item{ID: id}
			fresh := in.at(1).unique(&it, origin)
			if have, taken := owner[it.ID]; taken && fresh {
				t.Fatalf("%q for %q and for %q", it.ID, have, origin)
			}
			for _, have := range owner {
				if have == origin && fresh {
					t.Fatalf("%q was imported twice", origin)
				}
			}
			if fresh {
				owner[it.ID] = origin
			}
		}
	})
}

func TestDerivedIDsHaveALimit(t *testing.T) {
	for _, handle := range []string{strings.Repeat("x", 300), strings.Repeat("ü", 150), strings.Repeat("x", 255)} {
		id, _ := derivedID(handle, []string{strings.Repeat("y", 100)})
		if len(id) > maxIDBytes || idProblem(id) != "" {
			t.Errorf("%d bytes: %q", len(id), id)
		}
	}
}
