package adyen_test

import (
	"strings"
)

func upper(currency string) string { return strings.ToUpper(currency) }
