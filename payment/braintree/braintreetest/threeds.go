package braintreetest

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
)

// passThru is the proof of an authentication that was made elsewhere.
type passThru struct {
	ECI       string `json:"eci_flag"`
	CAVV      string `json:"cavv"`
	Directory string `json:"ds_transaction_id"`
	Version   string `json:"three_d_secure_version"`
	Response  string `json:"directory_response"`
}

// refused is the code for a proof that the gateway does not take; "" for one that
// it does, and for none.
func (p *passThru) refused() string {
	switch {
	case p == nil:
		return ""
	case p.ECI == "":
		return "942113"
	case !slices.Contains([]string{"00", "01", "02", "05", "06", "07"}, p.ECI):
		return "942114"
	case p.CAVV == "":
		return "942116"
	case p.Version == "":
		return "942117"
	case strings.Count(p.Version, ".") != 2 || strings.Trim(p.Version, "0123456789.") != "":
		return "942119"
	case !slices.Contains([]string{"", "Y", "N", "U", "A"}, p.Response):
		return "942121"
	}
	return ""
}

// authenticated is the outcome of a token once what the issuer or the shop wants
// of 3-D Secure is counted.
func authenticated(o Outcome, proof *passThru, required bool) Outcome {
	switch {
	case proof != nil && (o == Authenticate || o == ThreeDSecure):
		return Approve
	case proof == nil && required:
		return ThreeDSecure
	}
	return o
}

// shownMethod is a token, or a card of the vault, as it is looked up.
type shownMethod struct {
	XMLName  xml.Name
	Consumed *typed        `xml:"consumed"`
	Card     string        `xml:"card-type,omitempty"`
	Details  *shownDetails `xml:"details"`
	Info     *shownInfo    `xml:"three-d-secure-info"`
}

type shownDetails struct {
	Card string `xml:"card-type"`
	Last string `xml:"last-four"`
}

type shownInfo struct {
	Shifted typed `xml:"liability-shifted"`
}

func (m shownMethod) show(root string) answer {
	m.XMLName.Local = root
	raw, err := xml.Marshal(m)
	if err != nil {
		panic(err)
	}
	return answer{http.StatusOK, xml.Header + string(raw)}
}

// findNonce shows a token, which uses nothing up. It knows those that the sandbox
// has of its own, and those that were minted for this merchant.
func (g *Gateway) findNonce(value string, _ []byte) answer {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.tokens[value]
	if _, ours := nonces[value]; ours {
		t = &token{consumed: nonces[value] == ""}
	}
	if t == nil || t.Foreign || g.hideTokens {
		return notFound
	}
	m := shownMethod{Consumed: &typed{"boolean", boolean(t.consumed)}, Details: &shownDetails{Card: "Visa", Last: "1111"}}
	if t.shifted {
		m.Info = &shownInfo{typed{"boolean", "true"}}
	}
	return m.show("payment-method-nonce")
}

// findCard shows a card of the vault.
func (g *Gateway) findCard(name string, _ []byte) answer {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.vault[name] == nil {
		return notFound
	}
	return shownMethod{Card: "Visa"}.show("credit-card")
}

func boolean(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// HideTokens makes the gateway not show any token, as it may not show those that
// another merchant has granted.
func (g *Gateway) HideTokens(on bool) { g.set(func() { g.hideTokens = on }) }

// Shift makes a token one that was authenticated when it was made.
func (g *Gateway) Shift(value string) { g.set(func() { g.tokens[value].shifted = true }) }
