// What comes back from a tool, from the payment sheet, or from the host at the
// start: always some envelope around a session, an order or messages.

import { dict, readMessages, readOrder, readSession, readShop, type Message, type Order, type Session, type Shop } from "./session.ts";

export interface Answer {
  session?: Session;
  shop?: Shop;
  order?: Order;
  messages: Message[];
  url: string; // of the shop's checkout page, where one was asked for
  failed: boolean; // the call itself failed
}

/**
 * readAnswer takes a CallToolResult, its structuredContent, or what a payment
 * sheet resolves with. beside is the _meta where the host keeps it elsewhere.
 */
export function readAnswer(answer: unknown, beside?: unknown): Answer {
  const envelope = dict(answer);
  const content = contentOf(envelope);
  const meta = envelope._meta ?? beside;
  const session = readSession(content, meta);
  return {
    session,
    shop: readShop(meta),
    order: readOrder(content.order),
    messages: readMessages(content.messages),
    url: typeof content.checkout_url === "string" ? content.checkout_url : "",
    failed: envelope.isError === true,
  };
}

/** readRejection takes what a promise was rejected with. */
export function readRejection(reason: unknown): Answer & { canceled: boolean } {
  const error = dict(reason);
  const data = dict(error.data);
  const words = `${String(error.name ?? "")} ${String(error.code ?? "")} ${String((reason as Error | undefined)?.message ?? reason)}`;
  const messages = readMessages(error.messages ?? data.messages);
  return { messages, url: "", failed: true, canceled: messages.length === 0 && /abort|cancel|dismiss/i.test(words) };
}

function contentOf(envelope: Record<string, unknown>): Record<string, unknown> {
  if (envelope.structuredContent !== undefined && envelope.structuredContent !== null) return dict(envelope.structuredContent);
  // Some hosts pass on the text alone, which is then the same as JSON.
  if (Array.isArray(envelope.content) && envelope.id === undefined) {
    for (const part of envelope.content.map(dict)) {
      if (typeof part.text !== "string" || !part.text.startsWith("{")) continue;
      try {
        return dict(JSON.parse(part.text));
      } catch {
        continue; // it was a sentence
      }
    }
  }
  return envelope;
}
