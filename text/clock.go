package text

import (
	"strings"
	"time"
)

// Clock writes the time of day that a moment has in its location: "18:00", or
// "6:00 PM" in the English of those who read it so.
func (t *Texts) Clock(at time.Time) string {
	region := ""
	if i := strings.LastIndexByte(t.locale, '-'); i >= 0 {
		region = t.locale[i+1:]
	}
	if t.language == English && region != "GB" && region != "IE" {
		return at.Format("3:04 PM")
	}
	return at.Format("15:04")
}
