// Package credential holds the keys that agents call a merchant with: how they
// are made, what they allow and how long they live. A key is shown once, when
// it is made; only its SHA-256 is kept.
package credential

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/secret"
)

// Prefixes of keys in the two modes.
const (
	TestPrefix = "csk_test"
	LivePrefix = "csk_live"
)

// PrefixLength is how many characters of a key are kept to recognise it by:
// the mode and the first few of its random ones.
const PrefixLength = 12

// UseResolution is how coarsely the last use of a credential is known.
const UseResolution = time.Hour

// Limits of the names.
const (
	MaxMerchantID = 64  // bytes
	MaxAgent      = 128 // bytes
)

// Policies of request signatures.
const (
	SignatureOff      = "off"      // not looked at
	SignatureOptional = "optional" // verified when sent
	SignatureRequired = "required" // a request without one is refused
)

// Credential names a merchant, an agent and a mode.
type Credential struct {
	ID              string // key_…
	MerchantID      string
	Agent           string            // the caller's name, as webhooks and orders carry it
	Live            bool              // live mode; false is test mode
	Hash            [sha256.Size]byte // of the key
	Prefix          string            // the first PrefixLength characters of the key
	SignaturePolicy string            // SignatureOff, SignatureOptional or SignatureRequired
	SignatureMode   string            // a sign.Mode; "" is HMAC of either kind
	SignatureWindow time.Duration     // how far the Timestamp may be from the clock; 0 is what the server is configured with
	SignatureSecret []byte            // a shared secret or the agent's public key, sealed with the ID as associated data; nil when there is none
	CreatedAt       time.Time
	ExpiresAt       time.Time // zero is never
	RevokedAt       time.Time // zero is never
	RotatedFrom     string    // ID of the credential that this one replaces
	LastUsed        time.Time // at UseResolution; zero is never
}

// Hash gives what a key is found by.
func Hash(key string) [sha256.Size]byte { return sha256.Sum256([]byte(key)) }

// Valid reports whether the credential may be used at the given time.
func (c *Credential) Valid(now time.Time) bool {
	return c.RevokedAt.IsZero() && (c.ExpiresAt.IsZero() || now.Before(c.ExpiresAt))
}

// Params say what a new credential is for.
type Params struct {
	MerchantID      string
	Agent           string
	Live            bool
	SignaturePolicy string        // "" is SignatureOff
	SignatureMode   string        // a sign.Mode; "" is HMAC of either kind
	SignatureWindow time.Duration // whole milliseconds between sign.MinWindow and sign.MaxWindow; 0 is what the server is configured with
	SignatureSecret secret.String // what that mode verifies with, needed unless the policy is off
	ExpiresAt       time.Time     // zero is never
}

// New makes a credential and its key. The key is not kept anywhere: whoever
// calls New shows it once. box seals the signature secret; it may be nil when
// there is none. The error names the field that is wrong.
func New(p Params, box *secret.Box, now time.Time) (*Credential, secret.String, error) {
	if err := p.validate(box, now); err != nil {
		return nil, secret.String{}, err
	}
	prefix := TestPrefix
	if p.Live {
		prefix = LivePrefix
	}
	key := id.Secret(prefix)
	c := &Credential{
		ID:              id.New(id.Key, now),
		MerchantID:      p.MerchantID,
		Agent:           p.Agent,
		Live:            p.Live,
		Hash:            Hash(key),
		Prefix:          key[:PrefixLength],
		SignaturePolicy: p.SignaturePolicy,
		SignatureMode:   p.SignatureMode,
		SignatureWindow: p.SignatureWindow,
		CreatedAt:       now,
		ExpiresAt:       p.ExpiresAt,
	}
	if c.SignaturePolicy == "" {
		c.SignaturePolicy = SignatureOff
	}
	if !p.SignatureSecret.IsZero() {
		c.SignatureSecret = box.Seal([]byte(p.SignatureSecret.Reveal()), c.ID)
	}
	return c, secret.New(key), nil
}

// CheckWindow says what is wrong with a window of signatures; 0 is the one that
// the server is configured with.
func CheckWindow(d time.Duration) error {
	switch {
	case d == 0:
		return nil
	case d < sign.MinWindow || d > sign.MaxWindow:
		return fmt.Errorf("%v is outside its bounds; give a duration from %v to %v", d, sign.MinWindow, sign.MaxWindow)
	case d%time.Millisecond != 0:
		return fmt.Errorf("%v is finer than a millisecond; give a rounder one", d)
	}
	return nil
}

func (p *Params) validate(box *secret.Box, now time.Time) error {
	switch {
	case p.MerchantID == "" || len(p.MerchantID) > MaxMerchantID:
		return fmt.Errorf("merchant: give the id of a configured merchant, at most %d bytes", MaxMerchantID)
	case p.Agent == "" || len(p.Agent) > MaxAgent:
		return fmt.Errorf("agent: give the name of the agent that will use the key, at most %d bytes", MaxAgent)
	case strings.ContainsFunc(p.MerchantID+p.Agent, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("agent, merchant: control characters are not allowed")
	case !p.ExpiresAt.IsZero() && !p.ExpiresAt.After(now):
		return errors.New("expires: the time has passed already; give a later one or none")
	}
	if err := CheckWindow(p.SignatureWindow); err != nil {
		return fmt.Errorf("signature window: %w", err)
	}
	switch p.SignaturePolicy {
	case "", SignatureOff:
		if p.SignatureWindow != 0 {
			return errors.New("signature window: signatures are not looked at; give a policy, or no window")
		}
	case SignatureOptional, SignatureRequired:
		if p.SignatureSecret.IsZero() {
			return fmt.Errorf("signature secret: policy %q needs one", p.SignaturePolicy)
		}
	default:
		return fmt.Errorf("signature policy: %q is none of off, optional, required", p.SignaturePolicy)
	}
	if !p.SignatureSecret.IsZero() && box == nil {
		return errors.New("signature secret: no sealing key is configured to keep it with")
	}
	return nil
}
