package rest

import (
	"context"
	"net/http"
	"slices"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/checkout"
)

// cartRoutes adds those of carts:
//
//	POST /carts               create
//	GET  /carts/{id}          retrieve
//	PUT  /carts/{id}          replace
//	POST /carts/{id}          the same: the text of the protocol has POST, its OpenAPI document PUT
//	POST /carts/{id}/cancel
func (s *Surface) cartRoutes() {
	s.mux.Handle("POST /carts", s.agent(s.carts(s.createCart)))
	s.mux.Handle("GET /carts/{id}", s.agent(s.carts(s.getCart)))
	s.mux.Handle("PUT /carts/{id}", s.agent(s.carts(s.replaceCart)))
	s.mux.Handle("POST /carts/{id}", s.agent(s.carts(s.replaceCart)))
	s.mux.Handle("POST /carts/{id}/cancel", s.agent(s.carts(s.cancelCart)))
}

// carts refuses versions that have no carts.
func (s *Surface) carts(next func(context.Context, *exchange, wire.CartCodec)) func(context.Context, *exchange) {
	return func(ctx context.Context, x *exchange) {
		codec, ok := wire.Carts(x.codec)
		if !ok {
			e := acp.Refused(http.StatusBadRequest, "unsupported_api_version", "",
				"There are no carts in this API-Version. Use one of supported_versions, or open a session with POST /checkout_sessions.")
			e.SupportedVersions = wire.WithCarts()
			slices.Reverse(e.SupportedVersions)
			x.refuse(x.codec, e)
			return
		}
		next(ctx, x, codec)
	}
}

func (s *Surface) createCart(ctx context.Context, x *exchange, codec wire.CartCodec) {
	if doc, req, ok := decoded(s, x, codec.DecodeCart); ok {
		x.answer(s.Core.CreateCart(ctx, s.cartCall(x, codec, doc, http.StatusCreated), req))
	}
}

func (s *Surface) replaceCart(ctx context.Context, x *exchange, codec wire.CartCodec) {
	if doc, req, ok := decoded(s, x, codec.DecodeCart); ok {
		x.answer(s.Core.ReplaceCart(ctx, s.cartCall(x, codec, doc, http.StatusOK), x.r.PathValue("id"), req))
	}
}

// cancelCart reads the body as that of a session's cancel: there may be none,
// and nothing of it is heeded.
func (s *Surface) cancelCart(ctx context.Context, x *exchange, codec wire.CartCodec) {
	if doc, _, ok := decoded(s, x, x.codec.DecodeCancel); ok {
		x.answer(s.Core.CancelCart(ctx, s.cartCall(x, codec, doc, http.StatusOK), x.r.PathValue("id")))
	}
}

func (s *Surface) getCart(ctx context.Context, x *exchange, codec wire.CartCodec) {
	cart, err := s.Core.Cart(ctx, x.caller, x.r.PathValue("id"))
	if err != nil {
		x.refuse(x.codec, acp.AsError(err))
		return
	}
	x.answer(renderCart(x, codec, http.StatusOK)(cart, nil))
}

// cartCall is the core's view of this exchange.
func (s *Surface) cartCall(x *exchange, codec wire.CartCodec, doc *wire.Document, success int) *checkout.CartCall {
	return &checkout.CartCall{Call: s.request(x, doc), RenderCart: renderCart(x, codec, success)}
}

func renderCart(x *exchange, codec wire.CartCodec, success int) func(*checkout.Cart, *acp.Error) checkout.Answer {
	return func(cart *checkout.Cart, e *acp.Error) checkout.Answer {
		if e == nil {
			body, err := codec.AppendCart(make([]byte, 0, lineBytes*(1+len(cart.LineItems))), x.merchant.PresentCart(cart))
			if err == nil {
				return checkout.Answer{Status: success, Body: body}
			}
			e = acp.AsError(err)
		}
		return checkout.Answer{Status: e.Status, Body: x.codec.AppendError(nil, x.inItsWords(e)), Err: e}
	}
}
