// What is shown when there is no cart to change: before it, after it, and when
// something is to be waited for.

import { h, type Child, type Tag } from "../html.ts";
import { away, banner, note, theirs, type Scene } from "../scene.ts";
import type { Order, Session } from "../session.ts";
import { sentTo, summary } from "./address.ts";
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

/** State is a state of which is said what it is, and what to do. */
export type State = "failed" | "empty" | "ended" | "outside" | "unsure" | "confirming" | "approval" | "bank";

export function state(scene: Scene, now: State): Child[] {
  const { words, checkout } = scene;
  const blocked = now === "outside" && checkout.outsideURL !== "";
  return [h("section", { key: "said", class: "said" },
    h("h1", { tabindex: "-1" }, words.say(`${now}Title`)),
    h("p", { class: "detail" }, words.say(blocked ? "outsideBlocked" : `${now}Next`)),
    ...more(scene, now))];
}

function more(scene: Scene, now: State): Child[] {
  const { checkout, payment, words } = scene;
  const url = checkout.outsideURL;
  const again = (look: string) => h("button", { type: "button", class: look, onclick: () => void payment.payOutside(true) }, words.say(now === "bank" ? "payElsewhere" : "outsideAgain"));
  const actions = (...buttons: Child[]) => h("div", { class: "actions" }, buttons);
  switch (now) {
    case "failed":
      return checkout.troubles.map(note);
    case "ended":
      return (checkout.session?.messages ?? []).map(note);
    case "outside": // while the buyer is on the shop's page
      return [actions(
        url !== ""
          ? h("a", { class: "button primary", href: url, target: "_blank", rel: "noopener noreferrer" }, words.say("outsideLink"))
          : again("button"),
        checkout.status === "open" && h("button", { type: "button", class: "plain", onclick: () => void payment.back() }, words.say("outsideBack")))];
    case "confirming":
      return [actions(checkAgain(scene)), payment.way === "outside" && checkout.host.calls && again("plain")];
    case "bank":
      return [checkout.notice && banner(scene, checkout.notice), actions(
        payment.way === "sheet" && h("button", { type: "button", class: "button", id: "reopen", onclick: () => checkout.reopen() }, words.say("bankAgain")),
        checkout.host.calls && again(payment.way === "sheet" ? "plain" : "button"))];
    case "unsure":
    case "approval":
      return [actions(checkAgain(scene))];
    default:
      return [];
  }
}

function checkAgain(scene: Scene): Tag {
  const { payment, words } = scene;
  return h("button", { type: "button", class: "button", onclick: () => void payment.look() }, words.say("checkAgain"));
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
    session?.address && sentTo(session) && h("section", { key: "to", class: "block", "aria-labelledby": "to" },
      h("h2", { id: "to" }, words.say("address")), summary(scene, session.address)),
    session && delivery(scene, session),
  ];
}
