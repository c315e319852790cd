package store

import (
	"crypto/sha256"
	"sync"
)

// maxRankings is how many rankings are remembered. One has at most
// catalog.MaxRanked products, at about 200 bytes each.
const maxRankings = 64

// ranking is what the index said to a query: products in their order, and what
// its words may be the beginning of. Stock and prices are not in it: they are
// read anew for every page. It is shared and not written to.
type ranking struct {
	hits        []*hit
	completions [][]string // by the number of the term
}

// rankingKey is a query in the catalogue that it was asked of. What is imported
// later is another generation or revision, so that nothing has to be taken back.
type rankingKey struct {
	soldScope
	query [sha256.Size]byte
}

// rankings are the last ones, for further pages, and for words that many
// people look for. It is safe for concurrent use.
type rankings struct {
	mu    sync.Mutex
	byKey map[rankingKey]*ranking
	turn  []rankingKey // the oldest first
}

func (r *rankings) find(k rankingKey) *ranking {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byKey[k]
}

func (r *rankings) keep(k rankingKey, found *ranking) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byKey == nil {
		r.byKey = make(map[rankingKey]*ranking, maxRankings)
	}
	if _, known := r.byKey[k]; known {
		return
	}
	if len(r.turn) == maxRankings {
		delete(r.byKey, r.turn[0])
		r.turn = append(r.turn[:0], r.turn[1:]...)
	}
	r.byKey[k] = found
	r.turn = append(r.turn, k)
}
