package checkout

import (
	"fmt"

	"github.com/checkstand/checkstand/acp"
)

// Transitions is the table of allowed moves of a session. A status without an
// entry is final. docs/architecture.md draws it.
var Transitions = map[acp.Status][]acp.Status{
	acp.NotReadyForPayment:     {acp.ReadyForPayment, acp.Canceled, acp.Expired},
	acp.ReadyForPayment:        {acp.NotReadyForPayment, acp.CompleteInProgress, acp.AuthenticationRequired, acp.PendingApproval, acp.Completed, acp.Canceled, acp.Expired},
	acp.PendingApproval:        {acp.Completed, acp.ReadyForPayment, acp.Canceled},
	acp.AuthenticationRequired: {acp.ReadyForPayment, acp.NotReadyForPayment, acp.CompleteInProgress, acp.Canceled, acp.Expired},
	acp.CompleteInProgress:     {acp.Completed, acp.ReadyForPayment, acp.NotReadyForPayment, acp.AuthenticationRequired, acp.Canceled},
}

// Final reports whether nothing can change a session of that status any more.
func Final(s acp.Status) bool { return len(Transitions[s]) == 0 }

// become moves the session to another status. Staying is always allowed;
// a move outside the table is a fault of the caller and is refused.
func (s *Session) become(to acp.Status) error {
	if s.Status == to {
		return nil
	}
	if s.AuthenticationMetadata = nil; to == acp.AuthenticationRequired {
		s.AuthenticationMetadata = s.Authentication.Metadata
	} else if to != acp.CompleteInProgress {
		s.forgetBrowser()
	}
	if s.Status == "" && (to == acp.NotReadyForPayment || to == acp.ReadyForPayment) {
		s.Status = to
		return nil
	}
	for _, t := range Transitions[s.Status] {
		if t == to {
			s.Status = to
			return nil
		}
	}
	return fmt.Errorf("session %s cannot move from %s to %s", s.ID, s.Status, to)
}
