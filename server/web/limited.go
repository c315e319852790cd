package web

import "net/http"

// TooMany answers a visitor who asks too often. The caller has set Retry-After;
// nothing was done.
func (p *Pages) TooMany(w http.ResponseWriter, r *http.Request) {
	p.message(w, r, http.StatusTooManyRequests, message{
		Heading: "Too many requests at once",
		Detail:  "Nothing was changed and you have not been charged. Wait a moment, then load the page again.",
	})
}
