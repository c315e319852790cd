package balance

import (
	"strings"

	"github.com/checkstand/checkstand/id"
)

// codeLength is how many characters a code has, of five random bits each.
const codeLength = 16

// NewCode makes the code of a gift card: 80 random bits in groups that people
// can read out.
func NewCode() string {
	secret := id.Secret("")
	raw := strings.ToUpper(secret[len(secret)-codeLength:])
	var groups []string
	for len(raw) > 4 {
		groups, raw = append(groups, raw[:4]), raw[4:]
	}
	return strings.Join(append(groups, raw), "-")
}

// CanonicalCode is a code without what people add or change when they type it,
// for its digest.
func CanonicalCode(code string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToUpper(code))
}
