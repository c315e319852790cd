package store

import (
	"sync"

	"github.com/checkstand/checkstand/catalog"
)

// maxItemDocs bounds what is kept of decoded items, some two kilobytes each.
const maxItemDocs = 4096

// itemDocs remembers what item documents decode to. It is keyed by the text of
// the document itself, so that it cannot be stale: what may change between two
// reads (price, stock) is in columns, and read each time.
type itemDocs struct {
	mu      sync.RWMutex
	decoded map[string]*catalog.Item
}

// item gives the caller's own copy. Its lists are shared with other copies and
// not to be written to. A nil d remembers nothing, for whoever reads a whole
// catalogue.
func (d *itemDocs) item(id, doc string) (*catalog.Item, error) {
	if d == nil {
		it := &catalog.Item{}
		return it, decode("item "+id, []byte(doc), it)
	}
	d.mu.RLock()
	known := d.decoded[doc]
	d.mu.RUnlock()
	if known == nil {
		known = &catalog.Item{}
		if err := decode("item "+id, []byte(doc), known); err != nil {
			return nil, err
		}
		d.mu.Lock()
		if d.decoded == nil || len(d.decoded) >= maxItemDocs {
			d.decoded = make(map[string]*catalog.Item)
		}
		d.decoded[doc] = known
		d.mu.Unlock()
	}
	it := *known
	return &it, nil
}
