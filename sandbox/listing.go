package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
)

// MaxListed is how many charges one page of the list has, at most and when the
// request does not say.
const MaxListed = 100

// charges is a page of the list. Next is the cursor of the next page, "" at the
// end.
type charges struct {
	Charges []Charge `json:"charges"`
	Next    string   `json:"next"`
}

// listMade lists the charges of an account that were made in [from, to), the
// newest first, those of one millisecond by falling id. A cursor holds its
// place: a charge that is made meanwhile is missed only if it lies in the pages
// that were read, so that a to that is past makes the list complete.
func (p *PSP) listMade(ctx context.Context, merchantID string, query url.Values) (answer, error) {
	ch := &checks{complain: acp.Invalid}
	const wantTime = "This query parameter is an RFC 3339 time, such as 2026-01-31T18:30:00Z."
	from, err := time.Parse(time.RFC3339Nano, query.Get("from"))
	ch.that(err == nil, "from", wantTime)
	to := p.now()
	if query.Get("to") != "" {
		to, err = time.Parse(time.RFC3339Nano, query.Get("to"))
		ch.that(err == nil, "to", wantTime)
	}
	limit := MaxListed
	if text := query.Get("limit"); text != "" {
		limit, err = strconv.Atoi(text)
		ch.that(err == nil && limit >= 1 && limit <= MaxListed, "limit", fmt.Sprintf("The limit is 1 to %d.", MaxListed))
	}
	before, beforeID := ceilMillis(to), ""
	if cursor := query.Get("cursor"); cursor != "" {
		stamp, id, found := strings.Cut(cursor, ".")
		before, err = strconv.ParseInt(stamp, 10, 64)
		beforeID = id
		ch.that(found && err == nil && id != "", "cursor", "This cursor is none that the list gave.")
	}
	if ch.err != nil {
		return answer{}, ch.err
	}
	made, err := selectCharges(ctx, p.read, `merchant_id = ? AND created_at >= ? AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?`,
		merchantID, ceilMillis(from), before, beforeID, limit+1)
	if err != nil {
		return answer{}, err
	}
	page := charges{Charges: made}
	if len(made) > limit {
		page.Charges = made[:limit]
		last := page.Charges[limit-1]
		page.Next = strconv.FormatInt(last.Created.UnixMilli(), 10) + "." + last.ID
	}
	return reply(http.StatusOK, page)
}

// ceilMillis is the first millisecond that is not before a time.
func ceilMillis(t time.Time) int64 {
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) {
		ms++
	}
	return ms
}
