// What it comes to: discount codes and totals.

import { aboutDiscount } from "../checkout.ts";
import { deducted } from "../format.ts";
import { h, sent, type Tag } from "../html.ts";
import { amount, note, theirs, type Scene } from "../scene.ts";
import type { Refusal, Session, Total } from "../session.ts";
import { cross } from "./icons.ts";

export function totals(scene: Scene, session: Session): Tag {
  const { checkout, words } = scene;
  const total = session.totals.find((t) => t.type === "total");
  const parts = session.totals.filter((t) => t.type !== "total" && shown(t, session));
  return h("div", { key: "totals", class: checkout.updating ? "totals old" : "totals", "aria-busy": String(checkout.updating) },
    h("dl", null,
      parts.map((t) => part(scene, session, t)),
      total && h("div", { class: "total" }, h("dt", null, words.say("total")), h("dd", { class: "amount" }, amount(scene, session, total.amount)))));
}

function part(scene: Scene, session: Session, t: Total): Tag {
  const minor = deducted.includes(t.type) ? -t.amount : t.amount;
  return h("div", { key: t.type + t.text },
    theirs("dt", {}, scene.words.translated(t.type, t.text)),
    h("dd", { class: "amount" }, t.type === "fulfillment" && t.amount === 0 ? scene.words.say("free") : amount(scene, session, minor)));
}

/** shown leaves out what says the same as its neighbour, or nothing. */
function shown(t: Total, { totals: all, option }: Session): boolean {
  const base = all.find((other) => other.type === "items_base_amount");
  if (t.type === "subtotal" && base?.amount === t.amount) return false;
  // Delivery is free once it is chosen; before, it is not known.
  return t.amount !== 0 || (t.type === "fulfillment" && option !== "");
}

export function discount(scene: Scene, session: Session): Tag | undefined {
  const { checkout, words } = scene;
  const { discounts } = session;
  const refusals = checkout.updating ? [] : [...(checkout.tellsCodes ? session.refusals : []), ...(checkout.refusal ? [checkout.refusal] : [])];
  // A shop says the same of a refused code in a message, in its own language.
  const notes = checkout.updating ? [] : session.messages.filter((m) =>
    aboutDiscount(m) && (m.type === "error" || (checkout.tellsCodes && session.refusals.length === 0 && !discounts.some(({ waits }) => waits === m.content))));
  if (!checkout.editable) return undefined;
  return h("div", { key: "discount", class: "discount" },
    discounts.length > 0 && h("ul", { class: "codes", "aria-label": words.say("discounts") }, discounts.map(({ code, name, amount: minor, waits }) =>
      h("li", { key: code || name },
        h("span", { class: "what" }, h("bdi", null, code || name),
          waits !== undefined && [code, name, waits].map((t, i) => i > 0 && t !== "" && t !== code && theirs("span", { class: "detail" }, t))),
        minor !== undefined && h("span", { class: "amount" }, amount(scene, session, -minor)),
        code !== "" && h("button", { type: "button", class: "step", "aria-label": words.say("discountRemove", { code }), onclick: () => checkout.dropCode(code) }, cross())))),
    // A code that was taken closes the entry and empties it.
    h("details", { key: `entry ${discounts.map(({ code }) => code).join(" ")}`, class: "entry" },
      h("summary", null, words.say("discountAdd")),
      h("form", null,
        h("label", { for: "code", class: "unseen" }, words.say("discountCode")),
        h("input", { id: "code", name: "code", type: "text", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", maxlength: 64 }),
        h("button", { type: "submit", class: "button", onclick: (event: Event) => apply(scene, event) }, words.say("discountApply")))),
    refusals.map((refusal) => refused(scene, refusal)),
    notes.map(note));
}

/** refused says why a code has no effect, in the reader's language where the reason is known. */
function refused({ words }: Scene, { code, reason, content }: Refusal): Tag {
  return h("p", { key: `refused ${code}`, class: "note caution refused" },
    code !== "" && [theirs("strong", {}, code), " "],
    words.has(reason) ? words.say(reason) : content !== "" ? h("bdi", null, content) : words.say("discountNothing"));
}

function apply(scene: Scene, event: Event): void {
  const code = String(new FormData(sent(event)).get("code") ?? "").trim();
  scene.checkout.useCode(code);
}
