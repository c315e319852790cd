package sign

import (
	"container/heap"
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/checkstand/checkstand/acp"
)

// Memory remembers the signed requests of credentials until they are stale.
type Memory interface {
	// Remember notes digest until expires. fresh is true when the credential
	// has not sent it before, or has sent it under the same non-zero
	// idempotencyKeyHash; a zero hash stands for no key and is like no other.
	// An error leaves it unknown, and the request must be refused.
	Remember(ctx context.Context, credentialID string, digest, idempotencyKeyHash [sha256.Size]byte, expires time.Time) (fresh bool, err error)
}

// DefaultReplayEntries is the usual bound of a ReplayMemory: it holds 160
// signed requests a second over the ten minutes one is remembered at most.
const DefaultReplayEntries = 100_000

// retryFull is what an agent is told to wait when the memory is full.
const retryFull = 5 * time.Second

// ReplayMemory is a Memory in this process. It holds a bounded number of
// requests and refuses more with 503 rather than forget one early. Several
// servers behind one name need a Memory that they share.
type ReplayMemory struct {
	now func() time.Time
	max int

	mu      sync.Mutex
	seen    map[replayKey][sha256.Size]byte // idempotency key hashes
	expires replayQueue                     // the next to expire first
}

type replayKey struct {
	credential string
	digest     [sha256.Size]byte
}

// NewReplayMemory makes a memory for at most max requests; max below 1 means
// DefaultReplayEntries.
func NewReplayMemory(max int, now func() time.Time) *ReplayMemory {
	if max < 1 {
		max = DefaultReplayEntries
	}
	return &ReplayMemory{now: now, max: max, seen: make(map[replayKey][sha256.Size]byte)}
}

// Remember implements Memory. A full memory is an *acp.Error with status 503.
func (m *ReplayMemory) Remember(_ context.Context, credentialID string, digest, idempotencyKeyHash [sha256.Size]byte, expires time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	for len(m.expires) > 0 && m.expires[0].at.Before(now) {
		delete(m.seen, heap.Pop(&m.expires).(replayExpiry).key)
	}
	key := replayKey{credentialID, digest}
	if before, ok := m.seen[key]; ok {
		return before == idempotencyKeyHash && before != [sha256.Size]byte{}, nil
	}
	if len(m.seen) >= m.max {
		return false, acp.Unavailable("replay_memory_full", "Too many signed requests at once. Send it again.", retryFull, nil)
	}
	m.seen[key] = idempotencyKeyHash
	heap.Push(&m.expires, replayExpiry{key, expires})
	return true, nil
}

type replayExpiry struct {
	key replayKey
	at  time.Time
}

// replayQueue is a heap by time of expiry.
type replayQueue []replayExpiry

func (q replayQueue) Len() int           { return len(q) }
func (q replayQueue) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q replayQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *replayQueue) Push(x any)        { *q = append(*q, x.(replayExpiry)) }
func (q *replayQueue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	(*q)[last] = replayExpiry{}
	*q = (*q)[:last]
	return x
}
