// Package clients_test puts clients, hosts and widgets of others to work against
// Checkstand: programs and pages that were written without it in mind.
package clients_test

import (
	"testing"

	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// openShop starts a shop that sells servertest.Goods in chats, at /mcp.
func openShop(t testing.TB, change ...func(*config.Config)) *servertest.Server {
	t.Helper()
	return servertest.Start(t, servertest.Options{Configure: func(c *config.Config) {
		m := &c.Merchants[0]
		m.Name, m.App.Enabled = "Harbour Goods", true
		for _, f := range change {
			f(c)
		}
	}})
}
