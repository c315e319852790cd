package storetest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/store"
)

func testListSessions(t *testing.T, open Open) {
	s := open(t)
	statuses := []acp.Status{acp.ReadyForPayment, acp.PendingApproval, acp.Canceled}
	holds(t, s, func(tx *store.Tx) error {
		for i := range 9 {
			ses := newSession(shop, fmt.Sprintf("cs_%d", i))
			if ses.Status, ses.Live = statuses[i%3], i >= 6; i == 0 {
				ses.MerchantID = otherShop
			}
			if err := tx.InsertSession(ses); err != nil {
				return err
			}
		}
		return nil
	})
	for _, c := range []struct {
		live   bool
		status acp.Status
		before string
		limit  int
		want   []string
	}{
		{false, "", "", 10, []string{"cs_5", "cs_4", "cs_3", "cs_2", "cs_1"}},
		{false, "", "cs_4", 2, []string{"cs_3", "cs_2"}},
		{true, "", "", 10, []string{"cs_8", "cs_7", "cs_6"}},
		{false, acp.PendingApproval, "", 10, []string{"cs_4", "cs_1"}},
		{false, acp.PendingApproval, "cs_4", 10, []string{"cs_1"}},
		{true, acp.Canceled, "", 10, []string{"cs_8"}},
		{false, acp.Completed, "", 10, nil},
	} {
		list, err := s.ListSessions(t.Context(), shop, c.live, c.status, c.before, c.limit)
		must(t, err)
		var got []string
		for i := range list {
			got = append(got, list[i].ID)
			if list[i].MerchantID != shop || list[i].Live != c.live || list[i].Version != 1 || c.status != "" && list[i].Status != c.status {
				t.Errorf("%+v", list[i])
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v: %s", c, diff)
		}
	}
}
