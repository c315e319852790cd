package store

import (
	"sync"
	"time"

	"github.com/checkstand/checkstand/catalog"
)

// RecentFor is how old an item from RecentItems may be at most. It is long
// enough to spare a busy server nearly all lookups, and too short for a person
// or a program to import a price and see the old one.
const RecentFor = 100 * time.Millisecond

// maxRecentItems bounds what is remembered; beyond it, all is forgotten.
const maxRecentItems = 20_000

// recentItems remembers items that were read a moment ago. Changes that this
// process commits are noticed at once, those of others after RecentFor.
type recentItems struct {
	mu      sync.RWMutex
	changes uint64 // counts what was noticed, so that a read from before is not remembered after
	items   map[itemKey]recentItem
}

type itemKey struct{ merchantID, id string }

type recentItem struct {
	item *catalog.Item
	at   time.Time
}

// get gives those of the ids that are known, and the others.
func (r *recentItems) get(merchantID string, ids []string, now time.Time) (known map[string]*catalog.Item, missing []string, changes uint64) {
	known = make(map[string]*catalog.Item, len(ids))
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, id := range ids {
		if hit, ok := r.items[itemKey{merchantID, id}]; ok && now.Sub(hit.at) < RecentFor {
			known[id] = hit.item
		} else {
			missing = append(missing, id)
		}
	}
	return known, missing, r.changes
}

// put remembers items that were read when the count of changes was changes.
func (r *recentItems) put(merchantID string, items map[string]*catalog.Item, changes uint64, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changes != changes {
		return
	}
	if r.items == nil || len(r.items)+len(items) > maxRecentItems {
		r.items = make(map[itemKey]recentItem)
	}
	for id, it := range items {
		r.items[itemKey{merchantID, id}] = recentItem{it, now}
	}
}

// forget drops items whose stock has moved.
func (r *recentItems) forget(keys []itemKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	for _, k := range keys {
		delete(r.items, k)
	}
}

// forgetAll drops everything, for a catalogue that has changed.
func (r *recentItems) forgetAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	r.items = nil
}

// RecentItems is Items as it was at most RecentFor ago. The items are shared
// and not to be written to.
func (r reader) RecentItems(merchantID string, ids []string) (map[string]*catalog.Item, error) {
	now := time.Now()
	known, missing, changes := r.s.recent.get(merchantID, ids, now)
	if len(missing) == 0 {
		return known, nil
	}
	read, err := r.Items(merchantID, missing)
	if err != nil {
		return nil, err
	}
	r.s.recent.put(merchantID, read, changes, now)
	for id, it := range read {
		known[id] = it
	}
	return known, nil
}
