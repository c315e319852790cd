package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/checkstand/checkstand/fault"
	"github.com/checkstand/checkstand/secret"
)

// usageError is a command line that cannot be understood; the process ends
// with exitUsage.
type usageError struct {
	error
	command string // whose help to read
}

// badFlag is a usageError about the value of a flag.
func badFlag(c *cobra.Command, flag, format string, args ...any) error {
	return usageError{fmt.Errorf("--%s: %s", flag, fmt.Sprintf(format, args...)), c.CommandPath()}
}

// inFlags makes a usageError of the faults in an error: each is told by the flag
// that has its field's name, or by the field where there is none, and only the
// first of a flag. An error without any is returned as it is.
func inFlags(c *cobra.Command, err error) error {
	list := fault.List(err)
	if len(list) == 0 {
		return err
	}
	var lines []string
	told := map[string]bool{}
	for _, f := range list {
		name := strings.ReplaceAll(f.Field, "_", "-")
		switch {
		case c.Flags().Lookup(name) == nil: // an argument
			lines = append(lines, f.Error())
		case !told[name]:
			lines = append(lines, "--"+name+": "+f.Message)
		}
		told[name] = true
	}
	return usageError{errors.New(strings.Join(lines, "\n")), c.CommandPath()}
}

// checkNoCardNumber refuses what looks like the number of a card in the text of
// some flags, and says what to do instead. The text is not repeated.
func checkNoCardNumber(c *cobra.Command, instead string, flags ...string) error {
	for _, flag := range flags {
		if secret.HasCardNumber(c.Flags().Lookup(flag).Value.String()) {
			return badFlag(c, flag, "%s; %s", secret.CardNumberFault, instead)
		}
	}
	return nil
}

// nearEnough is how many letters a command may be off to be suggested.
const nearEnough = 2

// teachUsage makes every mistake on the command line a usageError, that of the
// commands below c too. A command that only holds others prints its help when
// it is called by itself.
func teachUsage(c *cobra.Command) {
	c.SetFlagErrorFunc(aboutFlag)
	c.SuggestionsMinimumDistance = nearEnough
	if c.HasSubCommands() {
		c.Args = knownCommand
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	}
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			err := check(c, args)
			switch {
			case err == nil:
				return nil
			case !c.HasSubCommands():
				err = wrongNumber(c, args)
			}
			return usageError{err, c.CommandPath()}
		}
	}
	for _, sub := range c.Commands() {
		teachUsage(sub)
	}
}

// aboutFlag is a usageError about a flag that cannot be read.
func aboutFlag(c *cobra.Command, err error) error {
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		switch bad.GetFlag().Value.Type() {
		case "duration":
			return badFlag(c, bad.GetFlag().Name, "%q is not a duration; write hours, minutes or seconds, such as 8760h or 90m", bad.GetValue())
		case "int", "int64":
			return badFlag(c, bad.GetFlag().Name, "%q is not a whole number", bad.GetValue())
		case "operator":
			return badFlag(c, bad.GetFlag().Name, "%v", bad.Unwrap())
		}
	}
	return usageError{err, c.CommandPath()}
}

// wrongNumber says which argument is missing or too many, by the name that the
// command's usage has for it.
func wrongNumber(c *cobra.Command, args []string) error {
	names := strings.Fields(c.Use)[1:]
	if len(args) > len(names) {
		return fmt.Errorf("%q is one argument too many", args[len(names)])
	}
	return fmt.Errorf("%s is missing", strings.TrimSuffix(names[len(args)], "..."))
}

// knownCommand refuses words after a command that only holds others.
func knownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("%q is not a command of '%s'", args[0], c.CommandPath())
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("%s", text)
}
