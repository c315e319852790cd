package braintree

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/checkstand/checkstand/payment"
)

// maxSignatures is how many signatures of one notice are looked at; Braintree
// sends one for each key pair of the account.
const maxSignatures = 64

var (
	errNoWebhook = errors.New("braintree payments: not a webhook of this account")

	challengeForm = regexp.MustCompile(`^[a-f0-9]{20,32}$`)
	payloadForm   = regexp.MustCompile(`^[A-Za-z0-9+=/\n]+$`)
)

// ReceiveWebhook implements payment.Webhooks. When a webhook is set up
// Braintree calls with GET and a challenge, whose signature is the answer.
// Notices come as a form with the payload and its signatures.
//
// The signature covers no time of sending, so that a notice can be replayed by
// whoever has seen one; each says something about a state that is final, or
// only that there is something to ask about, and repeats have one id.
//
// There are no webhooks for an authorisation or a decline.
func (p *Provider) ReceiveWebhook(r payment.WebhookRequest) ([]payment.Notice, payment.WebhookAnswer, error) {
	if r.Method == http.MethodGet {
		return p.answerChallenge(r.Query.Get("bt_challenge"))
	}
	form, err := url.ParseQuery(string(r.Body))
	if err != nil || r.Method != http.MethodPost {
		return nil, refuseWebhook, errNoWebhook
	}
	payload := form.Get("bt_payload")
	if !payloadForm.MatchString(payload) || !p.signed(form.Get("bt_signature"), payload) {
		return nil, refuseWebhook, errNoWebhook
	}
	document, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(payload, "\n", ""))
	if err != nil {
		return nil, refuseWebhook, errors.New("braintree payments: the payload of a signed webhook is not base64")
	}
	var n notice
	if err := decode(document, rootNotice, &n); err != nil {
		return nil, refuseWebhook, errors.New("braintree payments: a signed webhook cannot be read")
	}
	answer := payment.WebhookAnswer{Status: http.StatusOK}
	if notice, ok := p.read(n); ok {
		return []payment.Notice{notice}, answer, nil
	}
	return nil, answer, nil // a check, or a kind that concerns no payment of ours
}

var refuseWebhook = payment.WebhookAnswer{Status: http.StatusForbidden}

func (p *Provider) answerChallenge(challenge string) ([]payment.Notice, payment.WebhookAnswer, error) {
	if !challengeForm.MatchString(challenge) {
		return nil, refuseWebhook, errNoWebhook
	}
	return nil, payment.WebhookAnswer{Status: http.StatusOK, Type: "text/plain; charset=utf-8",
		Body: []byte(p.publicKey + "|" + p.sign(challenge))}, nil
}

// sign is Braintree's signature of a text: HMAC-SHA1 under the SHA-1 of the
// private key, in hex.
func (p *Provider) sign(text string) string {
	key := sha1.Sum([]byte(p.privateKey.Reveal()))
	mac := hmac.New(sha1.New, key[:])
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// signed checks a payload against signatures in the form "public|hex&public|hex".
// A form on the way may have lost the newline at the end of the payload.
func (p *Provider) signed(signatures, payload string) bool {
	ok := false
	for _, pair := range strings.SplitN(signatures, "&", maxSignatures) {
		public, signature, found := strings.Cut(pair, "|")
		if !found || public != p.publicKey {
			continue
		}
		for _, text := range []string{payload, payload + "\n"} {
			ok = hmac.Equal([]byte(signature), []byte(p.sign(text))) || ok
		}
	}
	return ok
}
