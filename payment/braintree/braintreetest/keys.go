package braintreetest

import "net/http"

// keyUse is one request key with the request that it was first used for.
type keyUse struct {
	request string
	state   keyState
	id      string // the transaction that came of it
}

type keyState int

const (
	inFlight keyState = iota
	succeeded
	failed
)

// claim takes a request key for a request, when ok. Otherwise the answer is
// what the gateway says: a key that was used answers with the state that its
// transaction has now. The lock is held.
func (g *Gateway) claim(key, request string) (use *keyUse, again answer, ok bool) {
	switch {
	case key == "":
		return &keyUse{}, answer{}, true
	case g.noKeys:
		return nil, invalid("915231", "api_request_key"), false
	case len(key) > maxKey:
		return nil, invalid("915230", "api_request_key"), false
	}
	use = g.keys[key]
	switch {
	case use == nil:
		use = &keyUse{request: request}
		g.keys[key] = use
		return use, answer{}, true
	case use.request != request:
		return nil, invalid("915232", "api_request_key"), false
	case use.state == inFlight:
		return nil, invalid("915233", "api_request_key"), false
	case use.state == failed:
		return nil, invalid("915234", "api_request_key"), false
	}
	return nil, g.transactions[use.id].show(http.StatusCreated), false
}

func (g *Gateway) succeed(use *keyUse) { use.state = succeeded }

// fail gives a key up, as nothing came of its request.
func (g *Gateway) fail(use *keyUse) {
	use.state = failed
	if g.failedStick {
		return
	}
	for key, other := range g.keys {
		if other == use {
			delete(g.keys, key)
		}
	}
}

// ForgetKeys makes the gateway forget every request key, as after 30 days.
func (g *Gateway) ForgetKeys() { g.set(func() { g.keys = map[string]*keyUse{} }) }
