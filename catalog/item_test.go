package catalog_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/catalog"
)

func TestAvailable(t *testing.T) {
	for _, c := range []struct {
		name string
		item catalog.Item
		want int64
	}{
		{"not counted", catalog.Item{Availability: catalog.InStock}, catalog.Unlimited},
		{"not counted, a stock all the same", catalog.Item{Availability: catalog.InStock, Stock: 3}, catalog.Unlimited},
		{"not counted, sold out", catalog.Item{Availability: catalog.OutOfStock}, 0},
		{"not counted, preorder", catalog.Item{Availability: catalog.Preorder}, catalog.Unlimited},
		{"not counted, backorder", catalog.Item{Availability: catalog.Backorder}, catalog.Unlimited},
		{"counted", catalog.Item{Availability: catalog.InStock, Tracked: true, Stock: 3}, 3},
		{"counted, some reserved", catalog.Item{Availability: catalog.InStock, Tracked: true, Stock: 3, Reserved: 2}, 1},
		{"counted, all reserved", catalog.Item{Availability: catalog.InStock, Tracked: true, Stock: 3, Reserved: 3}, 0},
		{"more reserved than a recount found", catalog.Item{Availability: catalog.InStock, Tracked: true, Stock: 1, Reserved: 3}, 0},
		{"counted, none", catalog.Item{Availability: catalog.InStock, Tracked: true}, 0},
		{"counted preorder: as many as there will be", catalog.Item{Availability: catalog.Preorder, Tracked: true, Stock: 5}, 5},
		{"sold beyond the stock", catalog.Item{Availability: catalog.InStock, Tracked: true, Backorder: true}, catalog.Unlimited},
		{"the shop says no, whatever the stock", catalog.Item{Availability: catalog.OutOfStock, Tracked: true, Stock: 9}, 0},
		{"the shop says no, whatever the backorder", catalog.Item{Availability: catalog.OutOfStock, Tracked: true, Stock: 9, Backorder: true}, 0},
		{"discontinued", catalog.Item{Availability: catalog.Discontinued, Tracked: true, Stock: 9}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.item.Available(); got != c.want {
				t.Errorf("Available = %d; want %d", got, c.want)
			}
		})
	}
}

// Reserving what is available leaves nothing, and never less.
func TestReservingTakesFromWhatIsAvailable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		it := catalog.Item{
			Availability: catalog.InStock, Tracked: true,
			Stock: rapid.Int64Range(0, 1000).Draw(t, "stock"), Reserved: rapid.Int64Range(0, 1000).Draw(t, "reserved"),
		}
		before := it.Available()
		n := rapid.Int64Range(0, before).Draw(t, "quantity")
		it.Reserved += n
		if got := it.Available(); got != before-n || got < 0 {
			t.Fatalf("%d available, %d reserved: %d left", before, n, got)
		}
	})
}
