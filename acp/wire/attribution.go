package wire

import (
	"regexp"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/acp"
)

// codePII is the code of an attribution that names a person (AFF-06).
const codePII = "pii_not_allowed"

// reasonCodes are the reasons that an intent may give; any other is read as
// "other" (INT-02).
var reasonCodes = []string{
	"price_sensitivity", "shipping_cost", "shipping_speed", "product_fit", "trust_security",
	"returns_policy", "payment_options", "comparison", "timing_deferred", "other",
}

// Shapes of personal data that must not come in an attribution. They are
// narrow, so that no campaign or click id is mistaken for a phone number: a
// number in international form, or in the North American one with separators.
var (
	emailShape  = regexp.MustCompile(`[^\s@]+@[^\s@]+\.[^\s@]+`)
	phoneInText = regexp.MustCompile(`\+[0-9][0-9 ().-]{6,20}[0-9]|\(?\b[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}\b`)
	phoneShape  = regexp.MustCompile(`^\s*(\+[0-9][0-9 ().-]{6,20}[0-9]|(1[ .-])?\(?[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4})\s*$`)
)

// personalNames are names of metadata that can only hold personal data, in lower
// case and without separators.
var personalNames = []string{"email", "emailaddress", "mail", "phone", "phonenumber", "telephone", "mobile", "ssn", "socialsecuritynumber",
	"address", "streetaddress", "firstname", "lastname", "fullname", "dateofbirth", "birthdate", "ipaddress"}

// attribution reads who sent the buyer. A wrong type has the code
// invalid_type; an e-mail address or phone number in it is refused. The token
// is opaque and not looked into.
func (r *reader) attribution(v value) *acp.Attribution {
	v.strict = true
	if !v.object() {
		return nil
	}
	a := &acp.Attribution{
		Provider:    v.get("provider").requiredText(acp.MaxText, "the affiliate network or platform"),
		Token:       v.get("token").text(acp.MaxToken),
		PublisherID: v.get("publisher_id").text(acp.MaxText),
		CampaignID:  v.get("campaign_id").text(acp.MaxText),
		CreativeID:  v.get("creative_id").text(acp.MaxText),
		SubID:       v.get("sub_id").text(acp.MaxText),
		Touchpoint:  v.get("touchpoint").oneOf("first", "last"),
		IssuedAt:    v.get("issued_at").time(),
		ExpiresAt:   v.get("expires_at").time(),
		Metadata:    v.get("metadata").flatMetadata(),
	}
	if s := v.get("source"); s.object() {
		s.get("type").require("url, platform or unknown")
		a.Source = &acp.AttributionSource{
			Type: s.get("type").oneOf("url", "platform", "unknown"),
			URL:  s.get("url").text(acp.MaxToken),
		}
		r.refusePersonal(s.get("url"))
	}
	if a.Token == "" && a.PublisherID == "" {
		r.fail(acp.Missing(v.get("token").path(), "Required. Send a token or a publisher_id."))
	}
	for _, name := range []string{"provider", "publisher_id", "campaign_id", "creative_id", "sub_id"} {
		r.refusePersonal(v.get(name))
	}
	if m := v.get("metadata"); m.given() {
		for name, member := range m.members() {
			r.refusePersonal(member)
			if slices.Contains(personalNames, strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name))) {
				r.fail(acp.Refused(400, codePII, member.path(), "The name says that it is personal data. Send ids that name no person."))
			}
		}
	}
	return a
}

// refusePersonal fails when a text looks like an e-mail address or a phone
// number, without showing it.
func (r *reader) refusePersonal(v value) {
	if v.kind() != '"' {
		return
	}
	s := r.doc.nodes[v.at].text
	if strings.IndexByte(s, '@') >= 0 && emailShape.MatchString(s) || phoneShape.MatchString(s) {
		r.fail(acp.Refused(400, codePII, v.path(), "Looks like personal data. Send ids that name no person."))
	}
}

// intent reads why the buyer did not buy (INT-02, INT-03).
func (r *reader) intent(v value) *acp.IntentTrace {
	v.strict = true
	if !v.object() {
		return nil
	}
	reason := v.get("reason_code").requiredText(acp.MaxText, "why the buyer did not buy, such as shipping_cost")
	if !slices.Contains(reasonCodes, reason) {
		reason = "other"
	}
	return &acp.IntentTrace{
		ReasonCode:   reason,
		TraceSummary: withoutContacts(v.get("trace_summary").text(acp.MaxTraceSummary)),
		Metadata:     v.get("metadata").flatMetadata(),
	}
}

// withoutContacts is a text in which e-mail addresses and phone numbers are
// blacked out: why somebody did not buy is kept, who it was is not.
func withoutContacts(s string) string {
	return phoneInText.ReplaceAllString(emailShape.ReplaceAllString(s, "[removed]"), "[removed]")
}
