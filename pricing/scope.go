package pricing

// Covers reports whether a line is in the scope. An empty scope covers all.
func (s *Scope) Covers(l *Line) bool { return s.covers(l) }
