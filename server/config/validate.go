package config

import (
	"cmp"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/idempotency"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/limit"
)

// Bounds of the settings, inclusive.
const (
	MinBodyBytes   = 1 << 10
	MaxBodyBytes   = 16 << 20
	MinHeaderBytes = 4 << 10
	MaxHeaderBytes = 1 << 20
	MinTimeout     = 100 * time.Millisecond
	MaxTimeout     = 10 * time.Minute
	MaxCompareDays = 90
	MaxSealingKeys = 16
	MaxMerchants   = 10_000
	MaxRate        = 1_000_000 // requests a second, or a minute
	MaxProxies     = 100

	MinMetadataBytes = 1 << 10

	MaxIdempotencyRetention = 30 * 24 * time.Hour

	// An agent may come back to a session that it has just lost.
	MinUnsoldRetention = 24 * time.Hour
	MaxUnsoldRetention = 365 * 24 * time.Hour

	MinCodesWindow = time.Second
	MaxCodesWindow = 24 * time.Hour
)

// Validate reports everything that is wrong or doubtful, in the order of the
// file. The configuration can be used when none of it is of SeverityError.
func (c *Config) Validate() []Problem {
	r := newReport(c.source)
	c.check(r)
	return r.sorted()
}

// Warnings is what Validate finds doubtful, but not wrong.
func (c *Config) Warnings() []Problem {
	return slices.DeleteFunc(c.Validate(), func(p Problem) bool { return p.Severity != SeverityWarning })
}

const noSealingKeys = "are missing, and 'checkstand serve' needs one; make it with 'checkstand keys seal' and refer to it: - ${file:/run/secrets/checkstand_sealing_key}"

func (c *Config) check(r *report) {
	c.checkListen(r)
	c.checkDatabase(r)
	c.checkSealingKeys(r)
	r.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	r.oneOf("log.format", c.Log.Format, "json", "text")
	c.checkLimits(r)
	if s := c.Idempotency.MismatchStatus; s != 0 && s != 409 && s != 422 {
		r.errorf("idempotency.mismatch_status", "%d is not a choice; write 409 or 422, or 0 for what the caller's API version says", s)
	}
	if len(c.Merchants) == 0 {
		r.warnf("merchants", "are missing, so there is nothing to sell; add one, such as - id: shop")
	}
	if len(c.Merchants) > MaxMerchants {
		r.errorf("merchants", "%d of them; at most %d", len(c.Merchants), MaxMerchants)
		return
	}
	ids := make(map[string]int, len(c.Merchants))
	live := false
	for i := range c.Merchants {
		m, at := &c.Merchants[i], "merchants["+strconv.Itoa(i)+"]"
		m.check(r, at, c.Payments.Timeout)
		m.doubts(r, at, c.PublicURL)
		live = live || !m.Payment.Live.IsZero()
		if first, twice := ids[m.ID]; twice && m.ID != "" {
			r.errorf(at+".id", "%q is the id of merchants[%d] too; give each merchant its own", clip(m.ID), first)
			continue
		}
		ids[m.ID] = i
	}
	if live {
		c.checkLiterals(r)
	}
}

func (c *Config) checkListen(r *report) {
	host, port, err := net.SplitHostPort(c.Listen)
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n > 65535 {
		r.errorf("listen", "%q is not an address with a port; write \"127.0.0.1:8080\", or \":8080\" for every interface", clip(c.Listen))
		return
	}
	if c.PublicURL == "" {
		if !isLoopback(host) {
			r.errorf("public_url", "is missing; write the origin that buyers reach the server at, such as \"https://shop.example.com\"")
		}
		return
	}
	u := r.webURL("public_url", c.PublicURL)
	if u != nil && (u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "") {
		r.errorf("public_url", "has more than an origin; write scheme and host only, such as \"%s://%s\"", u.Scheme, u.Host)
	}
	if u != nil && u.Scheme == "http" && isLoopback(u.Hostname()) && isLoopback(host) && port != "0" && cmp.Or(u.Port(), "80") != port {
		r.warnf("public_url", "is %s, but the server listens on %s; give both the same port, here and in links to this server", c.PublicURL, c.Listen)
	}
}

func (c *Config) checkDatabase(r *report) {
	switch c.Database.Engine() {
	case SQLite:
		if c.Database.Source() == "" {
			r.errorf("database", "is empty; write the path of a file, such as \"checkstand.db\", or a postgres:// URL")
		}
	case PostgreSQL:
		u, err := url.Parse(string(c.Database))
		if err != nil || u.Host == "" && u.Query().Get("host") == "" {
			r.errorf("database", "is not a URL that PostgreSQL understands; write \"postgres://user:password@host:5432/name\", with special characters of the password percent-encoded")
		}
	default:
		scheme, _, _ := strings.Cut(string(c.Database), "://")
		r.errorf("database", "is for %q; write the path of a SQLite file, such as \"checkstand.db\", or a postgres:// URL", clip(scheme))
	}
}

func (c *Config) checkSealingKeys(r *report) {
	if len(c.SealingKeys) == 0 {
		r.warnf("sealing_keys", noSealingKeys)
	}
	if len(c.SealingKeys) > MaxSealingKeys {
		r.errorf("sealing_keys", "%d of them; at most %d, so remove those that nothing is sealed with any more", len(c.SealingKeys), MaxSealingKeys)
	}
	seen := make(map[string]int, len(c.SealingKeys))
	for i, k := range c.SealingKeys {
		at := "sealing_keys[" + strconv.Itoa(i) + "]"
		key, err := secret.ParseKey(k.Reveal())
		if err != nil {
			r.errorf(at, "%v", err)
			continue
		}
		if first, twice := seen[string(key)]; twice {
			r.errorf(at, "is the same key as sealing_keys[%d]; remove one of them", first)
			continue
		}
		seen[string(key)] = i
	}
}

func (c *Config) checkLimits(r *report) {
	l := c.Limits
	r.between("limits.body_bytes", l.BodyBytes, MinBodyBytes, MaxBodyBytes)
	r.between("limits.header_bytes", int64(l.HeaderBytes), MinHeaderBytes, MaxHeaderBytes)
	r.between("limits.line_items", int64(l.LineItems), 1, acp.MaxLineItems)
	r.between("limits.quantity", l.Quantity, 1, acp.MaxQuantity)
	r.between("limits.discount_codes", int64(l.DiscountCodes), 1, acp.MaxDiscountCodes)
	r.between("limits.metadata_members", int64(l.MetadataMembers), 1, acp.MaxMetadataMembers)
	r.between("limits.metadata_bytes", int64(l.MetadataBytes), MinMetadataBytes, acp.MaxMetadataBytes)
	r.lasting("limits.read_timeout", l.ReadTimeout, MinTimeout, MaxTimeout)
	r.lasting("limits.write_timeout", l.WriteTimeout, MinTimeout, MaxTimeout)
	r.lasting("limits.idle_timeout", l.IdleTimeout, MinTimeout, MaxTimeout)
	r.lasting("limits.signature_window", l.SignatureWindow, sign.MinWindow, sign.MaxWindow)
	r.lasting("limits.idempotency_retention", l.IdempotencyRetention, idempotency.MinRetention, MaxIdempotencyRetention)
	r.lasting("limits.unsold_retention", l.UnsoldRetention, MinUnsoldRetention, MaxUnsoldRetention)
	r.lasting("limits.shutdown_grace", l.ShutdownGrace, 0, MaxTimeout)
	r.lasting("payments.timeout", c.Payments.Timeout, MinTimeout, MaxTimeout)
	r.lasting("payments.unknown_budget", c.Payments.UnknownBudget, 0, MaxTimeout)
	r.between("payments.compare_days", int64(c.Payments.CompareDays), 0, MaxCompareDays)
	r.between("limits.address_per_second", int64(l.AddressPerSecond), 0, MaxRate)
	r.between("limits.key_per_second", int64(l.KeyPerSecond), 0, MaxRate)
	r.between("limits.wrong_keys_per_minute", int64(l.WrongKeysPerMinute), 0, MaxRate)
	r.between("limits.forms_per_minute", int64(l.FormsPerMinute), 0, MaxRate)
	r.between("limits.wrong_codes", int64(l.WrongCodes), 0, MaxRate)
	r.between("limits.wrong_codes_of_key", int64(l.WrongCodesOfKey), 0, MaxRate)
	r.lasting("limits.wrong_codes_window", l.WrongCodesWindow, MinCodesWindow, MaxCodesWindow)
	if len(l.TrustedProxies) > MaxProxies {
		r.errorf("limits.trusted_proxies", "%d of them; at most %d, so write prefixes such as 10.0.0.0/8", len(l.TrustedProxies), MaxProxies)
	}
	for i, p := range l.TrustedProxies {
		if _, err := limit.ParseProxies([]string{p}); err != nil {
			r.errorf("limits.trusted_proxies["+strconv.Itoa(i)+"]", "%q is no address; write one such as 10.1.2.3, or a prefix such as 10.0.0.0/8", clip(p))
		}
	}
	// Otherwise the answer to a purchase could never be written: the provider
	// may be asked a last time just before the budget is spent.
	if wait := c.Payments.Timeout + c.Payments.UnknownBudget; l.WriteTimeout <= wait {
		r.errorf("limits.write_timeout", "%v is not longer than payments.timeout and payments.unknown_budget together, %v; a purchase may wait that long, so write more, such as %v, or shorten them",
			l.WriteTimeout, wait, wait+10*time.Second)
	}
}

// checkLiterals warns of secrets that are written out in the file of a server
// that takes real payments.
func (c *Config) checkLiterals(r *report) {
	warn := func(path string) {
		if r.source.origins[path].literal {
			r.warnf(path, "is a secret written out in the file of a server with live payments; refer to it, as in ${file:/run/secrets/…} or ${NAME}")
		}
	}
	for i := range c.SealingKeys {
		warn("sealing_keys[" + strconv.Itoa(i) + "]")
	}
	for i := range c.Merchants {
		at := "merchants[" + strconv.Itoa(i) + "]"
		warn(at + ".payment.live.key")
		warn(at + ".payment.live.stripe.webhook_secret")
		warn(at + ".payment.live.adyen.webhook_password")
		for j := range c.Merchants[i].Payment.Live.Adyen.HMACKeys {
			warn(at + ".payment.live.adyen.hmac_keys[" + strconv.Itoa(j) + "]")
		}
		for j := range c.Merchants[i].Agents {
			warn(at + ".agents[" + strconv.Itoa(j) + "].webhook.secret")
		}
	}
}

// oneOf reports a word that is not among the allowed ones.
func (r *report) oneOf(path, word string, allowed ...string) {
	if slices.Contains(allowed, word) {
		return
	}
	if near, ok := nearest(word, allowed); ok {
		r.errorf(path, "%q is unknown; did you mean %q?", clip(word), near)
		return
	}
	r.errorf(path, "%q is unknown; write %s", clip(word), choices(allowed))
}

// choices writes words as a reader would say them: json or text.
func choices(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

func (r *report) between(path string, n, least, most int64) {
	if n < least || n > most {
		r.errorf(path, "%d is outside its bounds; write a number from %d to %d", n, least, most)
	}
}

func (r *report) lasting(path string, d, least, most time.Duration) {
	if d < least || d > most {
		r.errorf(path, "%s is outside its bounds; write a duration from %s to %s", short(d), short(least), short(most))
	}
}

// short writes a duration as people do, without units that are zero: 24h.
func short(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// maxURLBytes is the longest URL; browsers and agents stop at about 2000.
const maxURLBytes = 2048

// webURL reports what is not an https URL, or an http one of this machine, and
// returns it otherwise. The text is not shown: a URL can hold a token.
func (r *report) webURL(path, text string) *url.URL {
	const example = "write one such as \"https://shop.example.com\""
	u, err := url.Parse(text)
	switch {
	case err != nil || len(text) > maxURLBytes || u.Host == "" || u.Hostname() == "" || strings.ContainsAny(text, " \t\r\n"):
		r.errorf(path, "is not a URL; %s", example)
	case u.User != nil:
		r.errorf(path, "has a user or password in it; remove them")
	case u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()):
		return u
	case u.Scheme == "http":
		r.errorf(path, "is http, which is for this machine only (localhost, 127.0.0.1); write https://%s", u.Host)
	default:
		r.errorf(path, "begins with %q; %s", clip(u.Scheme)+"://", example)
	}
	return nil
}
