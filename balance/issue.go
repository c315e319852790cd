package balance

import (
	"context"
	"time"

	"github.com/checkstand/checkstand/id"
)

// Issue stores a new balance with its first entry. reference is what the issuer
// knows it by, "" for nothing; who is recorded.
func Issue(ctx context.Context, s Store, b *Balance, reference, who string) error {
	if err := b.Check(); err != nil {
		return err
	}
	return s.UpdateBalances(ctx, func(tx Tx) error {
		if err := tx.InsertBalance(b); err != nil {
			return err
		}
		return tx.AppendEntry(Entry{ID: id.New("bent", b.CreatedAt), MerchantID: b.MerchantID, BalanceID: b.ID, Kind: Issued,
			Available: b.Available, Amount: b.Worth(), Reference: reference, Who: who, At: b.CreatedAt})
	})
}

// Block stops or allows the spending of a balance, and notes who did so. It
// returns ErrNotFound.
func Block(ctx context.Context, s Store, merchantID, balanceID string, blocked bool, who string, now time.Time) error {
	kind := Unblocks
	if blocked {
		kind = Blocks
	}
	return s.UpdateBalances(ctx, func(tx Tx) error {
		if _, err := tx.Balance(merchantID, balanceID); err != nil {
			return err
		}
		if err := tx.BlockBalance(merchantID, balanceID, blocked); err != nil {
			return err
		}
		return tx.AppendEntry(Entry{ID: id.New("bent", now), MerchantID: merchantID, BalanceID: balanceID, Kind: kind, Who: who, At: now})
	})
}
