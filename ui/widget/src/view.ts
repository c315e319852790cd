// The whole widget, drawn from what the checkout knows.

import { h, type Child } from "./html.ts";
import { note, type Scene } from "./scene.ts";
import type { Session } from "./session.ts";
import { address, sentTo } from "./views/address.ts";
import { cart } from "./views/cart.ts";
import { delivery } from "./views/delivery.ts";
import { expand } from "./views/icons.ts";
import { consents, giftWrap, tip } from "./views/extras.ts";
import { general, pay, policies } from "./views/pay.ts";
import { done, skeleton, state } from "./views/states.ts";
import { discount, totals } from "./views/summary.ts";

/** Shows are the names of what view draws, for who wants to know what has changed. */
export type Show = "loading" | "failed" | "empty" | "done" | "ended" | "outside" | "unsure" | "confirming" | "approval" | "bank" | "cart";

/** what is to be shown. What the server says goes before what the buyer was doing. */
export function show(scene: Scene): Show {
  const { checkout, host } = scene;
  const { status, stage } = checkout;
  if (status === "none") return checkout.failed ? "failed" : host.expecting ? "loading" : "empty";
  if (status === "ended" && checkout.emptied) return "empty";
  if (status === "done" || status === "ended") return status;
  if (stage === "unsure" || stage === "outside") return stage;
  if (status !== "open" && stage !== "paying") return status;
  return checkout.view?.lines.length === 0 ? "empty" : "cart";
}

export function view(scene: Scene): Child[] {
  const { checkout } = scene;
  const session = checkout.view;
  const what = show(scene);
  return [
    session?.test && ribbon(scene),
    what === "done" ? done(scene, checkout.order, session) : what === "cart" ? session && open(scene, session) : what === "loading" ? skeleton(scene) : state(scene, what),
    session && policies(scene, session),
  ];
}

function ribbon(scene: Scene): Child {
  const { words } = scene;
  return h("p", { key: "ribbon", class: "ribbon" }, h("strong", null, words.say("testMode")), " ", h("span", null, words.say("testModeNote")));
}

function open(scene: Scene, session: Session): Child[] {
  const { words, host } = scene;
  const { shop } = scene.checkout;
  const count = session.lines.reduce((sum, line) => sum + line.quantity, 0);
  return [
    h("header", { key: "header", class: "header" },
      h("div", { class: "heading" }, h("h1", { tabindex: "-1" }, words.say("title")), h("p", { class: "detail" }, shop?.name ? words.say("itemsFrom", { shop: shop.name }, count) : words.say("items", {}, count))),
      host.expands && h("button", { type: "button", class: "step", "aria-label": words.say("expand"), onclick: () => void host.display("fullscreen") }, expand())),
    h("div", { key: "columns", class: "columns" },
      h("div", { class: "order" },
        general(session).map(note),
        cart(scene, session),
        // Who picks it up needs no address, and is not asked for one first.
        sentTo(session) ? [address(scene, session), delivery(scene, session)] : [delivery(scene, session), address(scene, session)]),
      h("section", { class: "summary", "aria-label": words.say("summary") },
        discount(scene, session),
        giftWrap(scene, session),
        tip(scene, session),
        totals(scene, session),
        consents(scene, session),
        pay(scene, session))),
  ];
}
