// Package fault says what is wrong with a value, by its field, so that whoever
// took the value in can name it as it was given: by the key of a configuration,
// or by a flag of the command line. It knows nothing of what is judged.
package fault

import "fmt"

// Fault is what is wrong with one field.
type Fault struct {
	Field   string // such as "rates[2].ppm"
	Message string // what is wrong, and what to write instead, without the field
}

// New makes the error of a field.
func New(field, format string, args ...any) error {
	return &Fault{Field: field, Message: fmt.Sprintf(format, args...)}
}

// Error begins with the field.
func (f *Fault) Error() string { return f.Field + ": " + f.Message }

// List finds the faults in an error, however it is joined and wrapped, in the
// order in which it tells them.
func List(err error) []*Fault {
	switch e := err.(type) { //nolint:errorlint // the whole tree is walked here
	case *Fault:
		return []*Fault{e}
	case interface{ Unwrap() error }:
		return List(e.Unwrap())
	case interface{ Unwrap() []error }:
		var list []*Fault
		for _, part := range e.Unwrap() {
			list = append(list, List(part)...)
		}
		return list
	}
	return nil
}
