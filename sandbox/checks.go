package sandbox

import (
	"fmt"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
)

// checks goes through the fields of a request and keeps the first fault. Every
// check does nothing once there is one, so that a validator reads as the list
// of rules it is.
type checks struct {
	complain complain
	err      *acp.Error
}

func (c *checks) fail(param, message string) {
	if c.err == nil {
		c.err = c.complain(param, message)
	}
}

// that fails with message unless ok.
func (c *checks) that(ok bool, param, message string) {
	if !ok {
		c.fail(param, message)
	}
}

// required returns the field's text, which must be there and not be empty.
func (c *checks) required(v *string, param string) string {
	if v == nil || *v == "" {
		c.fail(param, "This field is required.")
		return ""
	}
	return *v
}

// atMost limits a field that may be absent.
func (c *checks) atMost(v *string, limit int, param string) {
	if v != nil && len([]rune(*v)) > limit {
		c.fail(param, fmt.Sprintf("This field has at most %d characters.", limit))
	}
}

// short returns a required text of at most limit characters.
func (c *checks) short(v *string, limit int, param string) string {
	c.atMost(v, limit, param)
	return c.required(v, param)
}

// oneOf returns a required text out of a list.
func (c *checks) oneOf(v *string, param string, allowed ...string) string {
	s := c.required(v, param)
	if c.err == nil && !slices.Contains(allowed, s) {
		c.fail(param, "This field must be one of: "+strings.Join(allowed, ", ")+".")
	}
	return s
}

// digits reports whether s consists of between lo and hi decimal digits.
func digits(s string, lo, hi int) bool {
	return len(s) >= lo && len(s) <= hi && strings.Trim(s, "0123456789") == ""
}

// lowerAlpha3 reports whether s has the form ^[a-z]{3}$.
func lowerAlpha3(s string) bool {
	return len(s) == 3 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == ""
}

// validAmount reports whether n can be charged, captured or refunded.
func validAmount(n int64) bool { return n > 0 && n <= money.Max }
