package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"net/http"
	"strings"

	"github.com/checkstand/checkstand/secret"
)

const digestKeySize = 32

// digester makes keyed digests. A plain hash would not do: there are few
// enough card numbers to try them all, in a request body too.
type digester struct{ key []byte }

// sum digests parts for one purpose; each part is preceded by its length, so
// that no two lists of parts look the same.
func (d digester) sum(purpose string, parts ...[]byte) []byte {
	m := hmac.New(sha256.New, d.key)
	m.Write([]byte("checkstand/sandbox/" + purpose))
	for _, part := range parts {
		m.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		m.Write(part)
	}
	return m.Sum(nil)
}

// caller is who holds a key.
type caller uint8

const (
	anyone   caller = 0
	agent    caller = 1 << 0
	merchant caller = 1 << 1
)

func (c caller) String() string {
	switch c {
	case agent:
		return "agent"
	case merchant:
		return "merchant"
	}
	return "anyone"
}

// callers knows the two API keys by their digests.
type callers struct{ agent, merchant [sha256.Size]byte }

func newCallers(agentKey, merchantKey secret.String) callers {
	return callers{sha256.Sum256([]byte(agentKey.Reveal())), sha256.Sum256([]byte(merchantKey.Reveal()))}
}

// identify tells who sent the request, anyone when its Authorization is no
// Bearer key that is known. It takes the same time for every wrong key.
func (k callers) identify(r *http.Request) caller {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(key)))
	isAgent := subtle.ConstantTimeCompare(sum[:], k.agent[:])
	isMerchant := subtle.ConstantTimeCompare(sum[:], k.merchant[:])
	if !strings.EqualFold(scheme, "Bearer") {
		return anyone
	}
	return caller(isAgent)*agent | caller(isMerchant)*merchant
}
