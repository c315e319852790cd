package main

import "context"

func measureImports(ctx context.Context, opts options) error { return nil }
