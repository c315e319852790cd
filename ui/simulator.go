package ui

import (
	_ "embed"
)

//go:embed simulator/host/dist/simulator.html
var simulatorPage string

//go:embed simulator/frame/dist/frame.html
var simulatorFrame string

//go:embed simulator/shim/dist/shim.html
var simulatorShim string

// SimulatorPage returns the page of the simulator, an HTML document with one
// script and one style sheet within.
func SimulatorPage() string { return simulatorPage }

// SimulatorFrame returns the page that the simulator has on its other origin,
// between its page and a widget. The attribute data-host, which is empty, takes
// the origin of the simulator's page.
func SimulatorFrame() string { return simulatorFrame }

// SimulatorShim returns the script element that the simulator puts in front of
// a widget's page: window.openai, and a watch on errors. The attribute
// data-globals, which is empty, takes what window.openai has, as JSON.
func SimulatorShim() string { return simulatorShim }
