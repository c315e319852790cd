package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/secret"
)

// anyHMAC is how the commands name sign.AnyMode.
const anyHMAC = "hmac"

// signatureFlags say how an agent signs its requests.
type signatureFlags struct {
	policy, mode, file string
	window             time.Duration
}

func (s *signatureFlags) add(c *cobra.Command, policy, mode string) {
	f := c.Flags()
	f.StringVar(&s.policy, "signature", policy, "request signatures: off, optional or required"+asBefore(policy))
	f.StringVar(&s.mode, "signature-mode", mode, "what is signed: "+strings.Join(signatureModes(), ", ")+asBefore(mode))
	f.StringVar(&s.file, "signature-key", "", "`FILE` with the agent's public key (PEM), or with the shared secret of an hmac mode; - is standard input (default: a new secret)")
	f.DurationVar(&s.window, "signature-window", 0, "how far the Timestamp may be from the server's clock, 10s to 1h; 0 is limits.signature_window"+asBefore(policy))
}

func asBefore(fallback string) string {
	if fallback == "" {
		return " (default: as before)"
	}
	return ""
}

func signatureModes() []string {
	names := []string{anyHMAC}
	for _, m := range sign.Modes() {
		names = append(names, string(m))
	}
	return names
}

func (s *signatureFlags) check(c *cobra.Command) error {
	switch {
	case !slices.Contains(signaturePolicies, s.policy):
		return badFlag(c, "signature", "%q is not a policy; use %s", s.policy, strings.Join(signaturePolicies, ", "))
	case !slices.Contains(signatureModes(), s.mode):
		return badFlag(c, "signature-mode", "%q is not a mode; use %s", s.mode, strings.Join(signatureModes(), ", "))
	case s.policy == credential.SignatureOff && s.file != "":
		return badFlag(c, "signature-key", "is of no use with --signature off; use optional or required")
	case s.policy == credential.SignatureOff && s.window != 0:
		return badFlag(c, "signature-window", "is of no use with --signature off; use optional or required")
	}
	if err := credential.CheckWindow(s.window); err != nil {
		return badFlag(c, "signature-window", "%v", err)
	}
	return nil
}

func (s *signatureFlags) signMode() sign.Mode {
	if s.mode == anyHMAC {
		return sign.AnyMode
	}
	return sign.Mode(s.mode)
}

// maxKeyFile bounds a file with a key, in bytes.
const maxKeyFile = 16 << 10

// key is what signatures are verified with: what the file holds, or else
// before, or else a new secret. made says that the secret is new, so that the
// agent has to be told.
func (s *signatureFlags) key(c *cobra.Command, before secret.String) (key secret.String, made bool, err error) {
	mode := s.signMode()
	switch {
	case s.file != "":
		text, err := readKeyFile(c.InOrStdin(), s.file)
		if err != nil {
			return secret.String{}, false, badFlag(c, "signature-key", "%v", err)
		}
		if !mode.PublicKey() {
			text = strings.TrimRight(text, "\r\n")
			if len(text) < sign.MinSecret {
				return secret.String{}, false, badFlag(c, "signature-key", "the secret has %d bytes; use at least %d", len(text), sign.MinSecret)
			}
		}
		key = secret.New(text)
	case mode.PublicKey() && before.IsZero():
		return secret.String{}, false, badFlag(c, "signature-key", "is missing; mode %s needs the agent's public key, in PEM", mode)
	case mode.PublicKey():
		key = before
	default:
		key, made = secret.New(id.Secret("css")), true
	}
	if _, err := sign.ParseKey(mode, key); err != nil {
		return secret.String{}, false, badFlag(c, "signature-key", "%v", err)
	}
	return key, made, nil
}

func readKeyFile(stdin io.Reader, path string) (string, error) {
	in := stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxKeyFile+1))
	switch {
	case err != nil:
		return "", err
	case len(text) > maxKeyFile:
		return "", fmt.Errorf("%s is longer than %d bytes, and no key", path, maxKeyFile)
	case len(text) == 0:
		return "", errors.New("the file is empty")
	}
	return string(text), nil
}

// windowName writes a credential's own window, "" where it has none.
func windowName(c *credential.Credential) string {
	if c.SignatureWindow == 0 {
		return ""
	}
	return c.SignatureWindow.String()
}

// modeName names the signature mode of a credential, "" where none is looked
// at.
func modeName(c *credential.Credential) string {
	switch {
	case c.SignaturePolicy == credential.SignatureOff:
		return ""
	case c.SignatureMode == "":
		return anyHMAC
	}
	return c.SignatureMode
}
