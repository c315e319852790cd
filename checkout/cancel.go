package checkout

import (
	"context"
	"net/http"

	"github.com/checkstand/checkstand/acp"
)

// Cancel ends a session and answers with it (200). A session that is completed
// or canceled already is 405, one being paid 409.
func (s *Service) Cancel(ctx context.Context, c *Call, sessionID string, req acp.CancelRequest) Answer {
	return s.once(ctx, c, func(tx Tx) (*Session, error) {
		now := s.now()
		sess, err := s.session(tx, c.Caller, sessionID)
		if err != nil {
			return nil, err
		}
		switch sess.Status {
		case acp.Completed, acp.Canceled, acp.Expired:
			return nil, acp.Refused(http.StatusMethodNotAllowed, acp.CodeConflict, "",
				"This checkout session is "+string(sess.Status)+" already and cannot be canceled.")
		}
		if sess.Status != acp.PendingApproval {
			if err := sess.editable(); err != nil {
				return nil, err
			}
		}
		if err := sess.become(acp.Canceled); err != nil {
			return nil, err
		}
		sess.Intent, sess.APIVersion, sess.UpdatedAt = req.Intent, c.Version, now
		sess.Messages = []acp.Message{}
		sess.DeletableAt = now.Add(s.retention.Unsold)
		return sess, tx.SaveSession(sess)
	})
}
