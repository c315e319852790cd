package server

import "github.com/checkstand/checkstand/checkout"

// Core is the App's checkout.
func (a *App) Core() *checkout.Service { return a.core }
