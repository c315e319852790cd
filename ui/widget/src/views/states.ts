// What is shown when there is no cart to change: before it, after it, and when
// something is to be waited for.

import { h, type Child, type Tag } from "../html.ts";
import { away, note, theirs, type Scene } from "../scene.ts";
import type { Order, Session } from "../session.ts";
import { summary } from "./address.ts";
import { picture, price } from "./cart.ts";
import { delivery } from "./delivery.ts";
import { tick } from "./icons.ts";
import { totals } from "./summary.ts";

/** skeleton has the shape of a cart. The style sheet shows it after 300 ms. */
export function skeleton(scene: Scene): Child[] {
  const bar = (width: string) => h("span", { class: `bar ${width}` });
  const line = (key: string) => h("li", { key }, h("div", { class: "picture" }), h("div", { class: "body" }, bar("long"), bar("short")));
  return [
    h("div", { key: "skeleton", class: "skeleton" },
      h("h1", null, scene.words.say("loading")),
      h("div", { "aria-hidden": "true" },
        h("ul", { class: "lines" }, line("1"), line("2")),
        h("div", { class: "pay" }, bar("total"), h("span", { class: "bar button" })))),
  ];
}

function said(title: string, next: string, ...more: Child[]): Child[] {
  return [h("section", { key: "said", class: "said" }, h("h1", { tabindex: "-1" }, title), h("p", { class: "detail" }, next), more)];
}

export function empty(scene: Scene): Child[] {
  return said(scene.words.say("emptyTitle"), scene.words.say("emptyNext"));
}

export function failed(scene: Scene): Child[] {
  return said(scene.words.say("failedTitle"), scene.words.say("failedNext"), scene.checkout.troubles.map(note));
}

export function ended(scene: Scene): Child[] {
  return said(scene.words.say("endedTitle"), scene.words.say("endedNext"), (scene.checkout.session?.messages ?? []).map(note));
}

/** outside is shown while the buyer is on the shop's page. */
export function outside(scene: Scene): Child[] {
  const { checkout, payment, words } = scene;
  const url = checkout.outsideURL;
  return said(words.say("outsideTitle"), words.say(url === "" ? "outsideNext" : "outsideBlocked"),
    h("div", { class: "actions" },
      url !== ""
        ? h("a", { class: "button primary", href: url, target: "_blank", rel: "noopener noreferrer" }, words.say("outsideLink"))
        : h("button", { type: "button", class: "button", onclick: () => void payment.payOutside(true) }, words.say("outsideAgain")),
      checkout.status === "open" && h("button", { type: "button", class: "plain", onclick: () => void payment.back() }, words.say("outsideBack"))));
}

export function confirming(scene: Scene): Child[] {
  const { payment, words, checkout } = scene;
  return said(words.say("confirmingTitle"), words.say("confirmingNext"), checkAgain(scene),
    payment.way === "outside" && checkout.host.calls &&
      h("button", { type: "button", class: "plain", onclick: () => void payment.payOutside(true) }, words.say("outsideAgain")));
}

export function unsure(scene: Scene): Child[] {
  const { words } = scene;
  return said(words.say("unsureTitle"), words.say("unsureNext"), checkAgain(scene));
}

function checkAgain(scene: Scene): Tag {
  const { payment, words } = scene;
  return h("div", { class: "actions" }, h("button", { type: "button", class: "button", onclick: () => void payment.look() }, words.say("checkAgain")));
}

export function done(scene: Scene, order: Order | undefined, session: Session | undefined): Child[] {
  const { words } = scene;
  return [
    h("section", { key: "done", class: "done" },
      h("span", { class: "badge" }, tick()),
      h("h1", { tabindex: "-1" }, words.say("doneTitle")),
      order && h("p", { class: "order" }, words.say("doneNumber", { order: order.number })),
      order && order.url !== "" && away(scene, order.url, { class: "button", id: "order" }, words.say("doneLink"))),
    session && h("ul", { key: "bought", class: "lines small" }, session.lines.map((line) =>
      h("li", { key: line.id },
        picture(line),
        h("div", { class: "body" }, h("div", { class: "pair" },
          h("div", { class: "what" },
            theirs("p", { class: "title" }, line.name),
            line.quantity > 1 && h("p", { class: "detail" }, words.say("items", {}, line.quantity))),
          price(scene, session, line, false)))))),
    session && totals(scene, session),
    session?.address && h("section", { key: "to", class: "block", "aria-labelledby": "to" },
      h("h2", { id: "to" }, words.say("address")), summary(scene, session.address)),
    session && delivery(scene, session),
  ];
}
