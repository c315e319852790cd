package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

// The same purchase in the words of older versions; createBody has those of
// the newest.
const (
	flatBody = `{
  "items": [
    {"id": %q, "quantity": %d},
    {"id": %q, "quantity": 2},
    {"id": %q, "quantity": 1}
  ],
  "buyer": {
    "name": "Test Buyer",
    "first_name": "Test",
    "last_name": "Buyer",
    "email": "test.buyer@example.com",
    "phone_number": "+15555550123"
  },
  "fulfillment_address": {
    "name": "Test Buyer",
    "line_one": "1234 Example Street",
    "line_two": "Apartment 5",
    "city": "San Francisco",
    "state": "CA",
    "country": "US",
    "postal_code": "94131"
  }
}`

	nestedBody = `{
  "items": [
    {"id": %q, "quantity": %d},
    {"id": %q, "quantity": 2},
    {"id": %q, "quantity": 1}
  ],
  ` + people + `,
  "affiliate_attribution": {
    "provider": "example-network",
    "publisher_id": "pub_0123456789",
    "campaign_id": "spring-collection",
    "touchpoint": "first"
  }
}`
)

// createIn is a create as agents of a version send it.
func createIn(v acp.Version) string {
	switch {
	case v < acp.V20251212:
		return flatBody
	case v < acp.V20260130:
		return nestedBody
	}
	return createBody
}

// codecCost is what a version's codec takes for one create, alone on a CPU.
type codecCost struct{ decode, encode time.Duration }

// versionRow is one line of the table: medians over the rounds.
type versionRow struct {
	version acp.Version
	rate    float64
	p50     time.Duration
	cpu     time.Duration // of server and client, for one create
	codec   codecCost
}

// measureVersions measures creates on SQLite in each version, in turns, and
// the codec of each beside them.
func measureVersions(ctx context.Context, opts options) (err error) {
	dir := filepath.Join(opts.dir, "versions")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	s, err := openShop(ctx, filepath.Join(opts.dir, "shop.db"), dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	b := &bench{options: opts, shop: s, rate: map[string]float64{}}
	shown, err := b.answered()
	if err != nil {
		return err
	}
	s.serve()
	versions := wire.Supported()
	seen := make(map[acp.Version][]result)
	for round := 1; round <= opts.rounds; round++ {
		for _, v := range versions {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.agent.version = v
			if err := b.tryOut(ctx, opCreate); err != nil {
				return fmt.Errorf("%s: %w", v, err)
			}
			_, r, err := b.oneRound(ctx, opCreate)
			if err != nil {
				return fmt.Errorf("%s: %w", v, err)
			}
			seen[v] = append(seen[v], r)
			progress("round %d of %d: %s %6.0f/s  CPU us %d", round, opts.rounds, v, r.rate, r.cpu.Microseconds())
		}
	}
	var rows []versionRow
	for _, v := range versions {
		cost, err := b.codec(v, shown)
		if err != nil {
			return fmt.Errorf("%s: %w", v, err)
		}
		rows = append(rows, versionRow{version: v, codec: cost,
			rate: median(seen[v], func(r result) float64 { return r.rate }),
			p50:  median(seen[v], func(r result) time.Duration { return r.p50 }),
			cpu:  median(seen[v], func(r result) time.Duration { return r.cpu })})
	}
	printVersions(rows)
	return nil
}

// answered is the session that the server answers a create with.
func (b *bench) answered() (*acp.Session, error) {
	r, err := parseRequest(b.shop.create(0))
	if err != nil {
		return nil, err
	}
	answer := &probe{header: map[string][]string{}}
	b.shop.app.Handler().ServeHTTP(answer, r)
	var s acp.Session
	if err := json.Unmarshal(answer.body, &s); err != nil || s.ID == "" {
		return nil, fmt.Errorf("the answer is no session: %.200s (%w)", answer.body, err)
	}
	return &s, nil
}

// codec measures a codec with the request and the session of a create.
func (b *bench) codec(v acp.Version, s *acp.Session) (c codecCost, err error) {
	codec, ok := wire.For(v)
	if !ok {
		return c, errors.New("no codec")
	}
	body := fmt.Appendf(nil, createIn(v), b.shop.items[0], 1, b.shop.items[1], b.shop.items[2])
	c.decode, err = timed(func() error {
		doc, err := wire.Parse(body, acp.DefaultLimits())
		if err == nil {
			_, err = codec.DecodeCreate(doc)
		}
		return err
	})
	if err != nil {
		return c, err
	}
	var out []byte
	c.encode, err = timed(func() (err error) {
		out, err = codec.AppendSession(out[:0], s, wire.SessionView{Provider: "stripe", ProviderMerchantID: "acct_1"})
		return err
	})
	return c, err
}

// timed is the fastest of some runs of f: what else the machine does makes the
// others longer.
func timed(f func() error) (time.Duration, error) {
	const runs, times = 20, 500
	fastest := time.Duration(0)
	for range runs {
		began := time.Now()
		for range times {
			if err := f(); err != nil {
				return 0, err
			}
		}
		if each := time.Since(began) / times; fastest == 0 || each < fastest {
			fastest = each
		}
	}
	return fastest, nil
}

func printVersions(rows []versionRow) {
	fmt.Println()
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', tabwriter.AlignRight|tabwriter.Debug)
	fmt.Fprintln(t, "\tAPI version\tcreates/s\tp50 ms\tCPU µs/req\tdecode µs\tencode µs\tcodec's share\t")
	fmt.Fprintln(t, "\t"+strings.Repeat("--:\t", 7))
	for _, r := range rows {
		share := 100 * float64(r.codec.decode+r.codec.encode) / float64(r.cpu)
		fmt.Fprintf(t, "\t%s\t%.0f\t%s\t%d\t%.1f\t%.1f\t%.1f %%\t\n", r.version, r.rate, ms(r.p50), r.cpu.Microseconds(),
			micro(r.codec.decode), micro(r.codec.encode), share)
	}
	_ = t.Flush() // standard output
}

func micro(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
