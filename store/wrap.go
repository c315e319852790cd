package store

// Wrap puts an engine around the store's own, to count or disturb what goes
// through it. around gets the engine in use and returns the one to use from
// now on. Call it before the store is used by anybody else.
func (s *Store) Wrap(around func(Engine) Engine) { s.engine = around(s.engine) }
