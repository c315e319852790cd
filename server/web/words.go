package web

import (
	"fmt"
	"time"
)

// date writes a day so that no reader takes the month for the day.
func date(t time.Time) string { return t.Format("2 January 2006") }

// window says when something arrives, naming month and year once where it
// can: "Arrives 14–17 March 2026".
func window(earliest, latest time.Time) string {
	switch {
	case earliest.IsZero() && latest.IsZero():
		return ""
	case latest.IsZero():
		return "Arrives from " + date(earliest)
	case earliest.IsZero():
		return "Arrives by " + date(latest)
	}
	fy, fm, fd := earliest.Date()
	ty, tm, td := latest.Date()
	switch {
	case fy == ty && fm == tm && fd == td:
		return "Arrives " + date(latest)
	case fy == ty && fm == tm:
		return fmt.Sprintf("Arrives %d–%s", fd, date(latest))
	case fy == ty:
		return fmt.Sprintf("Arrives %s – %s", earliest.Format("2 January"), date(latest))
	}
	return fmt.Sprintf("Arrives %s – %s", date(earliest), date(latest))
}
