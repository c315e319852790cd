package order

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
)

// Step is a moment in the life of an operation between two of which a process
// may die. Config.OnStep is told of each, in this order.
type Step string

const (
	StepCommitted Step = "committed" // the operation is stored, nothing sent
	StepAnswered  Step = "answered"  // the PSP has answered, nothing recorded
	StepRecorded  Step = "recorded"  // the outcome is committed, nobody was told
)

// Payments finds accounts at PSPs. It does no I/O.
type Payments interface {
	// PaymentAccount gives the provider of a merchant's account in a mode and
	// the account's id there. The provider is nil when there is none.
	PaymentAccount(merchantID string, live bool) (provider payment.Provider, accountID string)
}

// Ledgers are Payments of shops that also take payments out of what they owe
// their customers.
type Ledgers interface {
	Payments
	// LedgerAccount is PaymentAccount for the shop's own ledger.
	LedgerAccount(merchantID string, live bool) (provider payment.Provider, accountID string)
}

// Config is what a Service needs. All fields but OnStep and Log are required.
type Config struct {
	Store    Store
	Payments Payments
	Now      func() time.Time
	Log      *slog.Logger
	Timeout  time.Duration // bounds one call to a PSP
	// OnStep, if set, is called at each Step; tests crash there.
	OnStep func(Step)
}

// Service looks after orders once they are sold: what is shipped, and what
// becomes of the money. It is safe for concurrent use, and any number of them
// may share one database.
type Service struct {
	store    Store
	payments Payments
	now      func() time.Time
	log      *slog.Logger
	timeout  time.Duration
	onStep   func(Step)
}

// New makes a Service.
func New(c Config) *Service {
	s := &Service{store: c.Store, payments: c.Payments, now: c.Now, log: c.Log, timeout: c.Timeout, onStep: c.OnStep}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.onStep == nil {
		s.onStep = func(Step) {}
	}
	return s
}

// Errors of an operator's work on an operation.
var (
	ErrSettled = errors.New("its outcome is known already")
	ErrBusy    = errors.New("a server is working on it at this moment; try again in a minute")
)

// Refused says why a command is not possible. Nothing has changed.
type Refused string

func (r Refused) Error() string { return string(r) }

func refuse(format string, args ...any) error { return Refused(fmt.Sprintf(format, args...)) }

// leaseMargin is how much longer than it may deal with the PSP a process owns
// an operation: the time to record what it learned.
const leaseMargin = 5 * time.Second

// lease is until when a process owns an operation that it takes up now: it may
// ask about it and then for it.
func (s *Service) lease(now time.Time) time.Time { return now.Add(2*s.timeout + leaseMargin) }

// operator finds the adapter that can move an attempt's money: that of the
// account which took it, and no other.
func (s *Service) operator(a *payment.Attempt) (payment.Operator, string, error) {
	pr, account := s.payments.PaymentAccount(a.MerchantID, a.Live)
	if l, ok := s.payments.(Ledgers); ok {
		if own, id := l.LedgerAccount(a.MerchantID, a.Live); own != nil && own.Name() == a.Provider {
			pr, account = own, id
		}
	}
	if pr == nil || pr.Name() != a.Provider {
		return nil, "", refuse("payment %s was taken by %s, which is not configured any more", a.ID, a.Provider)
	}
	if a.Account != "" && account != a.Account {
		return nil, "", refuse("payment %s was taken by account %s, and %s is configured now", a.ID, a.Account, account)
	}
	op, ok := pr.(payment.Operator)
	if !ok {
		return nil, "", refuse("the adapter of %s cannot capture, void or refund; do it at the provider", pr.Name())
	}
	return op, account, nil
}

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// maxID bounds the ids that are looked up, in bytes; those of package id are
// shorter.
const maxID = 64

// isID reports whether something of ours could have this id. Not every
// database can be asked for any text.
func isID(s, prefix string) bool {
	tail, ok := strings.CutPrefix(s, prefix+"_")
	for i := range len(tail) {
		if c := tail[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') && c != '_' {
			return false
		}
	}
	return ok && tail != "" && len(s) <= maxID
}

// isOp reports whether s could be the id of an operation.
func isOp(s string) bool { return isID(s, id.Op) }
