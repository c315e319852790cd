// Package soak simulates shops over days of virtual time and holds their books
// against those of their payment providers. It is for tests.
//
// A simulation is the real core over a real store, with shops at all four
// payment providers. The adapters talk HTTP to the providers' stand-ins over
// connections that fail now and then; buyers do what buyers and their agents
// do, processes die, webhooks come late, twice or never. Only time is not real:
// it stands still while things happen, and then goes on to the next thing.
//
// Some buyers enter codes of discounts that are used up soon, and some pay out of
// points and credit that others spend at the same time. Each morning no discount
// is used more often than it may be and every account is what its moves add up
// to; at the end the orders that were not canceled are what the discounts, the
// accounts and the stock say. Some pay with cards that the provider keeps, which
// are removed before that or meanwhile.
//
// A ledger that knows nothing of the core, the store or the adapters reads the
// providers' own books. At the end, and each morning, what the shops have
// recorded must be what the providers have taken; each difference is one that
// the simulation caused and can name, or a failure.
//
//	go test ./soak                        thousands of sessions with many faults
//	go test ./soak -run Week -week        a week; see docs/payments/proof.md
package soak
