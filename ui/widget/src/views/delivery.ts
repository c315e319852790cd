// How the order is delivered.

import { days } from "../format.ts";
import { h, type Tag } from "../html.ts";
import { amount, note, theirs, type Scene } from "../scene.ts";
import type { Message, Option, Session } from "../session.ts";

export const aboutDelivery = (m: Message): boolean => /^\$\.(fulfillment_option|selected_fulfillment)/.test(m.param);

export function delivery(scene: Scene, session: Session): Tag | undefined {
  const { checkout, words } = scene;
  if (session.options.length === 0) return undefined;
  const notes = checkout.updating ? [] : session.messages.filter(aboutDelivery);
  if (!checkout.editable || (session.options.length === 1 && session.option !== "")) {
    const chosen = session.options.find((option) => option.id === session.option);
    return chosen && h("section", { key: "delivery", class: "block", "aria-labelledby": "delivery-title" },
      h("h2", { id: "delivery-title" }, words.say("delivery")),
      h("div", { class: "choice" }, described(scene, session, chosen)),
      notes.map(note));
  }
  return h("section", { key: "delivery", class: "block", "aria-labelledby": "delivery-title" },
    h("h2", { id: "delivery-title" }, words.say("delivery")),
    h("div", { class: "choices", role: "radiogroup", "aria-labelledby": "delivery-title" }, session.options.map((option) =>
      h("label", { key: option.id, class: "choice" },
        h("input", {
          type: "radio",
          name: "delivery",
          id: `delivery-${option.id}`,
          checked: option.id === session.option,
          onchange: () => checkout.edit({ option: option.id }, "once"),
        }),
        described(scene, session, option)))),
    notes.map(note));
}

function described(scene: Scene, session: Session, option: Option): Tag[] {
  const { words, host } = scene;
  const when = days(words.wording, host.surroundings.timeZone, option.earliest, option.latest);
  return [
    h("span", { class: "what" },
      theirs("span", { class: "title" }, option.title),
      when !== "" && h("span", { class: "detail" }, words.say("arrives", { days: when })),
      when === "" && option.detail !== "" && theirs("span", { class: "detail" }, option.detail)),
    h("span", { class: "amount" }, option.price === 0 ? words.say("free") : amount(scene, session, option.price)),
  ];
}
