// How the order is delivered.

import { days } from "../format.ts";
import { h, type Tag } from "../html.ts";
import { amount, note, theirs, type Scene } from "../scene.ts";
import type { Message, Option, Session } from "../session.ts";

export const aboutDelivery = (m: Message): boolean => /^\$\.(fulfillment_option|selected_fulfillment)/.test(m.param);

const carried = (option: Option): boolean => option.way !== "digital";

/** choices are the ways that the buyer can choose among; what is sent by e-mail comes by itself. */
export function choices({ options }: Session): Option[] {
  const goods = options.filter(carried);
  return goods.length > 0 ? goods : options;
}

/** chosen are the ways in which the order comes, each with the names of its lines where there are several. */
export function chosen({ options, option, deliveries, lines }: Session): { way: Option; names: string }[] {
  const all = deliveries.length > 0 ? deliveries : [{ option, lines: [] }];
  return all.flatMap((d) => {
    const way = options.find(({ id }) => id === d.option);
    return way ? [{ way, names: lines.filter(({ id }) => d.lines.includes(id)).map(({ name }) => name).join(", ") }] : [];
  });
}

export function delivery(scene: Scene, session: Session): Tag | undefined {
  const { checkout, words } = scene;
  const all = choices(session);
  const come = chosen(session);
  const goods = come.filter(({ way }) => all.includes(way));
  // Several deliveries were arranged in the chat, and are changed there.
  const fixed = !checkout.editable || goods.length > 1 || (all.length === 1 && goods.length === 1);
  const told = fixed ? come : come.filter((c) => !goods.includes(c));
  const kinds = fixed ? come.map(({ way }) => way) : all;
  const pickups = kinds.filter(({ way }) => way === "pickup").length;
  if (kinds.length === 0) return undefined;
  return h("section", { key: "delivery", class: "block", "aria-labelledby": "delivery-title" },
    h("h2", { id: "delivery-title" }, words.say(pickups === 0 ? "delivery" : pickups === kinds.length ? "pickup" : "deliveryOrPickup")),
    !fixed && h("div", { class: "choices", role: "radiogroup", "aria-labelledby": "delivery-title" }, all.map((option) =>
      h("label", { key: option.id, class: "choice" },
        h("input", {
          type: "radio",
          name: "delivery",
          id: `delivery-${option.id}`,
          checked: option.id === session.option,
          onchange: () => checkout.edit({ option: option.id }, "once"),
        }),
        described(scene, session, option)))),
    told.map(({ way, names }) => h("div", { key: `told ${way.id}`, class: "choice" }, described(scene, session, way, names))),
    !checkout.updating && session.messages.filter(aboutDelivery).map(note));
}

function described(scene: Scene, session: Session, option: Option, names = ""): Tag[] {
  const { words, host } = scene;
  const when = days(words.wording, host.surroundings.timeZone, option.earliest, option.latest);
  return [
    h("span", { class: "what" },
      theirs("span", { class: "title" }, option.title),
      when !== "" && h("span", { class: "detail" }, words.say("arrives", { days: when })),
      when === "" && option.detail !== "" && theirs("span", { class: "detail" }, option.detail),
      names !== "" && theirs("span", { class: "detail names" }, names)),
    h("span", { class: "amount" }, option.price === 0 ? words.say("free") : amount(scene, session, option.price)),
  ];
}
