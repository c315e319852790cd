package mcp

import (
	"context"
	"fmt"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// declaredOnly is middleware that refuses the methods of what a server does not
// declare. The SDK answers some of them by an empty list, and a host that asks
// for prompts would take the shop for one that has prompts, and none today.
func declaredOnly(has *sdk.ServerCapabilities) sdk.Middleware {
	undeclared := map[string]bool{"prompts": has.Prompts == nil, "resources": has.Resources == nil,
		"completion": has.Completions == nil, "logging": true} // no log goes to hosts
	return func(next sdk.MethodHandler) sdk.MethodHandler {
		return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
			if group, _, _ := strings.Cut(method, "/"); undeclared[group] {
				return nil, notFound(method)
			}
			return next(ctx, method, req)
		}
	}
}

func notFound(method string) *jsonrpc.Error {
	return &jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound, Message: fmt.Sprintf("method not found: %q", method)}
}
