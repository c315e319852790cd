// Changes that the server has not answered yet.

import type { Address, Session } from "./session.ts";

export interface Edits {
  quantities: Map<string, number>; // by item id; 0 removes
  option?: string;
  address?: Address;
  codes?: string[];
  wrap?: boolean; // as a gift
  tip?: number;
  consents?: Map<string, boolean>; // by channel
}

export const noEdits = (): Edits => ({ quantities: new Map() });

export const pending = (e: Edits): boolean => e.quantities.size > 0 || Object.keys(e).length > 1;

/** merge puts later changes over earlier ones. */
export function merge(before: Edits, after: Partial<Edits>): Edits {
  const merged = { ...before, ...after, quantities: new Map([...before.quantities, ...(after.quantities ?? [])]) };
  if (after.consents) merged.consents = new Map([...(before.consents ?? []), ...after.consents]);
  return merged;
}

/** argumentsOf makes the arguments of update_checkout_session. Items are always the whole cart. */
export function argumentsOf(session: Session, edits: Edits): object {
  const out: Record<string, unknown> = { checkout_session_id: session.id };
  if (edits.quantities.size > 0) {
    const items = session.lines.map((line) => ({ id: line.item, quantity: edits.quantities.get(line.item) ?? line.quantity }));
    out.items = items.filter((item) => item.quantity > 0);
  }
  if (edits.address) {
    // Fields that were left empty are not sent: a shop takes them for given.
    out.fulfillment_address = Object.fromEntries(Object.entries(edits.address).filter(([, value]) => value !== ""));
  }
  if (edits.option !== undefined) out.fulfillment_option_id = edits.option;
  if (edits.codes) out.discount_codes = edits.codes;
  if (edits.wrap !== undefined) out.gift_wrap = { enabled: edits.wrap };
  if (edits.tip !== undefined) out.tip = { amount: edits.tip };
  if (edits.consents) out.marketing_consents = [...edits.consents].map(([channel, given]) => ({ channel, opted_in: given }));
  return out;
}

/** shown is the session with changes as the buyer expects them. Amounts are the server's and stay. */
export function shown(session: Session, all: (Edits | undefined)[]): Session {
  let out = session;
  for (const edits of all) {
    if (!edits || !pending(edits)) continue;
    const lines = out.lines.map((line) => ({ ...line, quantity: edits.quantities.get(line.item) ?? line.quantity }));
    out = {
      ...out,
      lines: lines.filter((line) => line.quantity > 0),
      option: edits.option ?? out.option,
      address: edits.address ?? out.address,
      discounts: out.discounts.filter(({ code }) => code === "" || (edits.codes?.includes(code) ?? true)),
      refusals: edits.codes ? [] : out.refusals,
      wrap: out.wrap && { ...out.wrap, given: edits.wrap ?? out.wrap.given },
      tip: out.tip && { ...out.tip, amount: edits.tip ?? out.tip.amount },
      consents: out.consents.map((c) => ({ ...c, given: edits.consents?.get(c.channel) ?? c.given })),
    };
  }
  return out;
}
