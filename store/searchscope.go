package store

import "context"

const selectSoldScope = `SELECT s.scope, s.generation, s.revision FROM search_scope s JOIN catalogue c ON c.merchant_id = s.merchant_id AND c.generation = s.generation
WHERE s.merchant_id = $1`

// soldScope is where a catalogue is in the index, its generation, and which
// revision of the index it was: every change of what is indexed makes one.
type soldScope struct{ scope, generation, revision int64 }

// soldScope tells where the catalogue that a merchant sells is in the index, as
// far as is known: it is asked for once, and a search that finds by what it
// reads that the catalogue was replaced has it forgotten. found is false when
// the merchant sells none that is indexed.
func (s *Store) soldScope(ctx context.Context, merchantID string) (at soldScope, found bool, err error) {
	if known, ok := s.scopes.Load(merchantID); ok {
		return known.(soldScope), true, nil
	}
	found, err = s.row(ctx, selectSoldScope, []any{merchantID}, &at.scope, &at.generation, &at.revision)
	if err == nil && found {
		s.scopes.Store(merchantID, at)
	}
	return at, found, err
}

// read asks the database in the course of a search.
func (s *searching) read(sql string, args []any, each func(Row) error) error {
	s.fresh = false
	return s.store.engine.Query(s.ctx, sql, args, each)
}
