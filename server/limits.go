package server

import (
	"math"
	"net/http"
	"net/netip"
	"strconv"

	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/limit"
	"github.com/checkstand/checkstand/server/web"
)

// newLimits makes the configured limits on requests. They go by the real clock:
// what they protect is this machine.
func newLimits(c config.LimitsConfig) (*limit.Limits, error) {
	proxies, err := limit.ParseProxies(c.TrustedProxies)
	if err != nil {
		return nil, err
	}
	return &limit.Limits{Proxies: proxies, Addresses: limit.PerSecond[netip.Addr](c.AddressPerSecond), Keys: limit.PerSecond[string](c.KeyPerSecond),
		WrongKeys: limit.PerMinute[netip.Addr](c.WrongKeysPerMinute), Forms: limit.PerMinute[netip.Addr](c.FormsPerMinute)}, nil
}

// limitedPages holds visitors back who ask too often. What a form would have
// changed is left as it is.
func (a *App) limitedPages(pages *web.Pages) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client, wait := a.limits.Admit(r)
		if wait == 0 && r.Method == http.MethodPost {
			wait = a.limits.Forms.Take(client)
		}
		if wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			pages.TooMany(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// limited holds back whoever calls a path for machines too often.
func (a *App) limited(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, wait := a.limits.Admit(r); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			say(w, http.StatusTooManyRequests, "too many requests")
			return
		}
		next(w, r)
	}
}
