package sandbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/text"
	"github.com/checkstand/checkstand/ui"
)

//go:embed templates/pay.html templates/issuer.html templates/head.html
var payFiles embed.FS

//go:embed templates/pay.css
var payStyle string

var payTemplate = template.Must(template.ParseFS(payFiles, "templates/pay.html", "templates/head.html"))

// The paths of the assets carry their content's hash, so that browsers may keep
// them for ever.
var (
	payCSS       = ui.CSS() + "\n" + payStyle
	payStylePath = "/pay/assets/pay-" + shortHash([]byte(payCSS)) + ".css"
	payIconPath  = "/pay/assets/icon-" + shortHash(ui.Icon()) + ".svg"
)

func shortHash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}

// screen is what a person sees, or the address that they are sent to.
type screen struct {
	status   int
	redirect string

	locale  string // BCP 47 tag of the words; "" is the browser's
	Heading phrase
	Detail  phrase
	Back    string // where the link of a page that is over leads

	Shop      string
	Amount    text.Money
	Lines     []screenLine
	Open      bool // the form is shown
	Challenge *challenge
	Name      string // as it was typed
	Expiry    string
	Alert     phrase       // about a card that was refused
	Wrong     []fieldError // in the order of the fields
	Cards     []cardHint
	MaxExpiry int
	MaxName   int

	Issuer *issuerPage // of a page of a card's issuer; nil for a payment page

	actions string // sources of form-action beside our own
}

// phrase is a text with its values, to be said in the language of the screen.
type phrase struct {
	key    string
	values []any
}

// speak has the screen speak the browser's language, where it has none of its own.
func (s *screen) speak(r *http.Request) {
	if s.locale == "" {
		s.locale, _ = text.Match(strings.Join(r.Header.Values("Accept-Language"), ","))
	}
	if s.locale == "" {
		s.locale = text.English
	}
}

// Say is a text of the page, and Phrase one that the screen has; "" for none.
func (s screen) Say(key string, values ...any) string { return text.For(s.locale).Say(key, values...) }

// Phrase says what a part of the screen has to say.
func (s screen) Phrase(p phrase) string {
	if p.key == "" {
		return ""
	}
	return s.Say(p.key, p.values...)
}

// Money writes an amount.
func (s screen) Money(m text.Money) string { return text.For(s.locale).Money(m.Amount, m.Currency) }

// Language is that of the words.
func (s screen) Language() string { return text.For(s.locale).Language() }

// Says gives what is wrong with a field, for its place beside it.
func (s screen) Says(field string) string {
	i := slices.IndexFunc(s.Wrong, func(e fieldError) bool { return e.Field == field })
	if i < 0 {
		return ""
	}
	return s.Phrase(s.Wrong[i].Says)
}

// The template's view of what belongs to every screen.
func (screen) StylePath() string { return payStylePath }
func (screen) IconPath() string  { return payIconPath }

type screenLine struct {
	Title    string
	Quantity int64
	Amount   text.Money
}

// cardHint is a test card as a buyer reads it.
type cardHint struct{ Number, Says string }

// cardHints has one card for each outcome.
var cardHints = func() []cardHint {
	var hints []cardHint
	seen := make(map[Outcome]bool)
	for _, c := range testCards {
		if !seen[c.Outcome] {
			seen[c.Outcome] = true
			hints = append(hints, cardHint{grouped(c.Number), saysOnPage(c)})
		}
	}
	return hints
}()

// saysOnPage says what comes of a card on a payment page, where it is not what
// comes of it in a token.
func saysOnPage(c TestCard) string {
	switch c.Outcome {
	case Requires3DS:
		return "asks you to approve or refuse"
	case SlowApprove:
		return "approved after a while; you go back at once"
	case DropAfterCommit:
		return "charged, but this page does not answer"
	case ErrorAfterCommit:
		return "charged, but this page shows an error"
	}
	return c.Says
}

// grouped writes a card number in fours.
func grouped(number string) string {
	var b strings.Builder
	for i, r := range number {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// message is a screen with two texts, by their keys; detail may be "".
func message(status int, heading, detail string) screen {
	return screen{status: status, Heading: phrase{key: heading}, Detail: phrase{key: detail}}
}

// screenOf shows a page as it stands, with what was typed before.
func (p *PSP) screenOf(ctx context.Context, pg page, f payForm) (screen, error) {
	in := func(amount int64) text.Money { return text.Money{Amount: amount, Currency: pg.currency} }
	s := screen{status: http.StatusOK, locale: pg.locale, Shop: pg.description, Amount: in(pg.amount), actions: formActions(pg)}
	for _, l := range pg.lines {
		s.Lines = append(s.Lines, screenLine{l.Title, l.Quantity, in(l.Amount)})
	}
	switch pg.status {
	case pageOpen:
		s.Open, s.Challenge, s.Name, s.Expiry, s.Cards = pg.challenge == nil, pg.challenge, f.name, f.expiry, cardHints
		s.MaxExpiry, s.MaxName = maxExpiry, maxCardName
		s.Heading = phrase{"checkout.pay", []any{"amount", s.Amount}}
		if pg.challenge != nil {
			s.Heading = phrase{key: "sandbox.yours"}
		}
	case pagePaid:
		ch, err := findCharge(ctx, p.read, pg.chargeID)
		if err != nil {
			return screen{}, err
		}
		s.Heading, s.Detail = phrase{key: "sandbox.paid"}, phrase{"sandbox.paid_note", []any{"amount", s.Amount}}
		if ch.Status == Processing {
			s.Heading, s.Detail = phrase{key: "sandbox.processing"}, phrase{key: "sandbox.processing_note"}
		}
		s.Back = pg.paidURL()
	case pageExpired:
		s.status = http.StatusGone
		s.Heading, s.Detail = phrase{key: "sandbox.expired"}, phrase{key: "sandbox.start_again"}
		s.Back = pg.cancelURL
	default:
		s.status = http.StatusGone
		s.Heading, s.Detail = phrase{key: "sandbox.canceled"}, phrase{key: "sandbox.start_again"}
		s.Back = pg.cancelURL
	}
	return s, nil
}

// formActions are the sources that the forms of a page may lead to: browsers
// check where a form's answer redirects to as well.
func formActions(pg page) string {
	var sources []string
	for _, address := range []string{pg.returnURL, pg.cancelURL} {
		source := sourceOf(address)
		if source != "" && !slices.Contains(sources, source) {
			sources = append(sources, source)
		}
	}
	return strings.Join(sources, " ")
}

// sourceOf is an address as a content policy names it; "" for one that is none.
func sourceOf(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return "" // it was an address when it was taken
	case strings.HasPrefix(u.Host, "["):
		return u.Scheme + ":" // a policy has no words for IPv6
	}
	return u.Scheme + "://" + u.Host
}

// render writes a screen; it reports whether it was sent.
func (p *PSP) render(w http.ResponseWriter, s screen) bool {
	var body bytes.Buffer
	page := payTemplate
	if s.Issuer != nil {
		page = issuerTemplate
	}
	if err := page.Execute(&body, s); err != nil {
		p.log.Error("payment page cannot be rendered", "error", err)
		http.Error(w, s.Say("page.failed")+"\n"+s.Say("sandbox.uncertain"), http.StatusInternalServerError)
		return true
	}
	h := w.Header()
	pageHeaders(h, s.actions)
	if s.Issuer != nil {
		issuerHeaders(h, s.actions)
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", s.Language())
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(s.status)
	_, err := w.Write(body.Bytes())
	return err == nil
}

// pageHeaders keep a page to itself. The referrer stays within the site: its
// own forms say where they come from, and nobody else learns the address.
func pageHeaders(h http.Header, actions string) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action "+
		strings.TrimSpace("'self' "+actions)+"; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	h.Set("Cache-Control", "private, no-store")
}

// issuerHeaders let a page be shown in a frame of the agent's, and its one
// script send the buyer back.
func issuerHeaders(h http.Header, actions string) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; script-src "+submitScriptHash+
		"; base-uri 'none'; form-action "+strings.TrimSpace("'self' "+actions))
	h.Del("X-Frame-Options")
	h.Del("Cross-Origin-Opener-Policy")
}

func (p *PSP) payAsset(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	var content []byte
	switch r.URL.Path {
	case payStylePath:
		h.Set("Content-Type", "text/css; charset=utf-8")
		content = []byte(payCSS)
	case payIconPath:
		h.Set("Content-Type", "image/svg+xml")
		content = ui.Icon()
	default:
		http.NotFound(w, r)
		return
	}
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}
