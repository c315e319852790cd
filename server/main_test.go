package server_test

import (
	"testing"

	"github.com/checkstand/checkstand/server/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }
