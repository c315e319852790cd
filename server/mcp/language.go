package mcp

import (
	"context"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

type languageKey struct{}

// withLanguage notes what the person in the conversation reads, which ChatGPT
// tells with every call: a BCP 47 tag.
func withLanguage(ctx context.Context, meta sdk.Meta) context.Context {
	for _, name := range []string{"openai/locale", "webplus/i18n"} { // the older name last
		if locale, ok := meta[name].(string); ok && locale != "" {
			return context.WithValue(ctx, languageKey{}, locale)
		}
	}
	return ctx
}

func languageOf(ctx context.Context) string {
	locale, _ := ctx.Value(languageKey{}).(string)
	return locale
}
