// What the buyer may ask for beside goods and delivery, and what the shop asks.

import { aboutTip } from "../checkout.ts";
import { decimal, digitsOf, minor } from "../format.ts";
import { h, sent, type Child, type Tag } from "../html.ts";
import { amount, away, note, type Scene } from "../scene.ts";
import type { Session } from "../session.ts";

function check(key: string, given: boolean, change: (given: boolean) => void, ...words: Child[]): Tag {
  return h("label", { key, class: "check" },
    h("input", { type: "checkbox", id: key, checked: given, onchange: (event: Event) => change((event.target as HTMLInputElement).checked) }),
    words);
}

export function giftWrap(scene: Scene, session: Session): Tag | undefined {
  const { wrap } = session;
  if (!wrap || !scene.checkout.editable) return undefined;
  return check("wrap", wrap.given, (given) => scene.checkout.edit({ wrap: given }, "once"),
    h("span", { class: "what" }, scene.words.say("giftWrap")),
    h("span", { class: "amount" }, wrap.price === 0 ? scene.words.say("free") : amount(scene, session, wrap.price)));
}

export function tip(scene: Scene, session: Session): Tag | undefined {
  const { checkout, words } = scene;
  const { tip: now } = session;
  if (!now || !checkout.editable) return undefined;
  const digits = digitsOf(session.currency);
  const give = (to: number) => checkout.edit({ tip: to }, "once");
  const button = (to: number, text: string) =>
    h("button", { key: String(to), type: "button", class: "button", "aria-pressed": String(now.amount === to), onclick: () => give(to) }, text);
  return h("div", { key: "tip", class: "discount" },
    h("details", { class: "entry", id: "tip" },
      h("summary", null, words.say("tipAdd")),
      h("div", { class: "actions" }, button(0, words.say("tipNone")), now.suggestions.map((to) => button(to, amount(scene, session, to)))),
      h("form", null,
        h("label", { for: "tip-amount", class: "detail" }, words.say("tipOther")),
        h("input", { id: "tip-amount", name: "tip", type: "number", inputmode: "decimal", min: 0, max: decimal(now.most, digits), step: decimal(1, digits) }),
        h("button", { type: "submit", class: "button", onclick: (event: Event) => {
          const form = sent(event);
          const to = minor(String(new FormData(form).get("tip") ?? ""), digits);
          if (Number.isNaN(to)) form.reportValidity();
          else give(to);
        } }, words.say("discountApply")))),
    !checkout.updating && session.messages.filter(aboutTip).map(note));
}

export function consents(scene: Scene, session: Session): Tag | undefined {
  const { checkout, words } = scene;
  const asked = session.consents;
  if (asked.length === 0 || !checkout.editable) return undefined;
  return h("div", { key: "consents", class: "consents", role: "group", "aria-labelledby": "consents-title" },
    h("h2", { id: "consents-title" }, words.say("consents")),
    asked.map(({ channel, text, url, given }) =>
      check(`consent-${channel}`, given, (to) => checkout.edit({ consents: new Map([[channel, to]]) }, "once"),
        h("span", { class: "what" }, h("bdi", null, text), url !== "" && [" ", away(scene, url, {}, words.say("privacy_policy"))]))));
}
