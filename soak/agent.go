package soak

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
)

// told is what an agent is answered.
type told struct {
	Session string     `json:"session"`
	Status  acp.Status `json:"status"`
	Total   int64      `json:"total"`
	Order   string     `json:"order"`
	Codes   []string   `json:"codes"`
	Error   string     `json:"error"`
	again   bool       // it asks to be asked again
}

func render(s *checkout.Session, e *acp.Error) checkout.Answer {
	t, status := told{}, http.StatusOK
	if e != nil {
		t.Error, status = e.Code, e.Status
	} else {
		t.Session, t.Status, t.Total = s.ID, s.Status, s.Total()
		if s.Order != nil {
			t.Order = s.Order.ID
		}
		for _, m := range s.Messages {
			t.Codes = append(t.Codes, m.Code)
		}
	}
	body, err := json.Marshal(t)
	if err != nil {
		panic(err) // made of strings and numbers
	}
	return checkout.Answer{Status: status, Body: body, Err: e}
}

func read(a checkout.Answer) told {
	var t told
	if err := json.Unmarshal(a.Body, &t); err != nil {
		panic(err) // render wrote it
	}
	t.again = a.RetryAfter > 0
	return t
}

const agentName = "agent"

func (v *visit) caller() checkout.Caller {
	return checkout.Caller{MerchantID: v.shop.merchant.ID, CredentialID: "key_" + agentName, Agent: agentName}
}

// call is a request under a key of its own; body stands for what is in it.
func (v *visit) call(path, body string) *checkout.Call { return v.callWith(path, body, v.shop.key()) }

func (v *visit) callWith(path, body, key string) *checkout.Call {
	c := &checkout.Call{Caller: v.caller(), Version: acp.V20260417, Path: path, Key: key, Fingerprint: sha256.Sum256([]byte(body)), MismatchStatus: 422}
	c.Render = func(s *checkout.Session, e *acp.Error) checkout.Answer {
		a := render(s, e)
		if e == nil && path == "POST /checkout_sessions" {
			a.Status = http.StatusCreated
		}
		return a
	}
	return c
}

// ask sends the complete request for a token under a key to a process.
func (v *visit) ask(core *checkout.Service, token, key string) checkout.Answer {
	path := "/checkout_sessions/" + v.session + "/complete"
	return core.Complete(v.ctx, v.callWith("POST "+path, token, key), v.session, acp.CompleteRequest{Payment: v.payWith(token)})
}

// cancel asks for the session to be canceled.
func (v *visit) cancel() checkout.Answer {
	a := v.core.Cancel(v.ctx, v.call("POST /checkout_sessions/"+v.session+"/cancel", "cancel"), v.session, acp.CancelRequest{})
	v.note("cancel: %d %s", a.Status, a.Body)
	if a.Status == http.StatusOK {
		v.mu.Lock()
		v.canceled = true
		v.mu.Unlock()
	}
	return a
}

// died ends a process in the middle of a purchase.
type died struct{ at checkout.Step }

// dies asks a process that dies at a step. ok is false when it did.
func (v *visit) dies(at checkout.Step) (a checkout.Answer, ok bool) {
	core := v.service(func(s checkout.Step) {
		if s == at {
			panic(died{s})
		}
	})
	defer func() {
		switch p := recover().(type) {
		case nil:
		case died:
			a, ok = checkout.Answer{}, false
		default:
			panic(p)
		}
	}()
	return v.ask(core, v.token, v.key), true
}

// look reads the session as an agent can.
func (v *visit) look() (acp.Status, string) {
	s, err := v.core.Get(context.Background(), v.caller(), v.session)
	if err != nil {
		v.wrong("the session cannot be read: %v", err)
		return "", ""
	}
	if s.Order == nil {
		return s.Status, ""
	}
	return s.Status, s.Order.ID
}

// pauseBefore is how long an agent waits before it asks for the nth time.
func pauseBefore(n int) time.Duration { return min(firstAgain<<min(n, 8), lastAgain) }
