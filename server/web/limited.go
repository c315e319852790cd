package web

import "net/http"

// TooMany answers a visitor who asks too often. The caller has set Retry-After;
// nothing was done.
func (p *Pages) TooMany(w http.ResponseWriter, r *http.Request) {
	p.message(w, r, http.StatusTooManyRequests, message{
		Heading: "page.too_many",
		Detail:  "page.too_many_note",
	})
}
