// Package store keeps everything that must outlive a process: sessions,
// idempotency records, payment attempts, orders, jobs, catalogues and
// credentials. There is one implementation, hand-written SQL that SQLite and
// PostgreSQL both run, over a small Engine that packages sqlite and postgres
// fill in; package storetest holds both to the same promises.
//
// A unit of work (Store.Update) reads committed state and buffers its writes;
// each write carries its own guard, and all of them commit together or not at
// all. There are no locks held between a read and a write: a guard that does
// not hold means that the world changed, and the unit runs again.
//
// Times are stored in milliseconds and read back in UTC; the zero time is 0.
package store
