package checkout

// DiscountName is what the shop calls the discount of a code, in the session's
// language; "" where the shop has no such code.
func (m *Merchant) DiscountName(s *Session, code string) string {
	d := m.Discounts.of(code)
	if d == nil {
		return ""
	}
	return d.Names.In(m.texts(s), d.Name)
}
