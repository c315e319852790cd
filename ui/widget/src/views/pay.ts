// The one primary action, and all that has to stand beside it.

import { aboutAddress, aboutDiscount, aboutTip, type Notice } from "../checkout.ts";
import { h, type Tag } from "../html.ts";
import { paymentNotice } from "../payment.ts";
import { amount, away, banner, type Scene } from "../scene.ts";
import type { Message, Session } from "../session.ts";
import type { Key } from "../texts.ts";
import { aboutLine } from "./cart.ts";
import { aboutDelivery, choices, chosen } from "./delivery.ts";

export function pay(scene: Scene, session: Session): Tag {
  const { checkout, payment } = scene;
  const notice = checkout.notice ?? lastPayment(session.messages);
  return h("div", { key: "pay", class: "pay" },
    notice && banner(scene, notice),
    button(scene, session),
    checkout.sheetFailed && payment.way === "sheet" &&
      h("button", { type: "button", class: "plain centered", id: "elsewhere", onclick: () => void payment.payOutside() }, scene.words.say("payElsewhere")));
}

function button(scene: Scene, session: Session): Tag[] {
  const { checkout, payment, words } = scene;
  const way = payment.way;
  const total = session.totals.find((t) => t.type === "total");
  const ready = session.status === "ready_for_payment";
  const reason = hindrance(scene, session);
  const label =
    checkout.stage === "paying" ? words.say("paying")
    : checkout.stage === "opening" ? words.say("opening")
    : total && ready ? words.say("pay", { amount: amount(scene, session, total.amount) })
    : words.say(way === "sheet" ? "payLater" : "payPlace");
  // What is asked about the last item has to be answered first.
  const busy = checkout.stage !== "shopping" || checkout.asking;
  const beside = reason || words.say(way === "sheet" ? "paySheetNote" : ready ? "payOutsideNote" : "continueNote");
  return [
    h("button", {
      type: "button",
      id: "buy",
      class: "button primary",
      "aria-disabled": reason !== "" || busy ? "true" : undefined,
      "aria-describedby": checkout.asking ? "question-title" : "beside",
      onclick: () => {
        if (reason !== "" || busy) return;
        if (way === "sheet") payment.pay();
        else void payment.payOutside();
      },
    }, label),
    // Always something, so that nothing moves when there is a reason.
    h("p", { id: "beside", class: "beside" }, beside),
  ];
}

/** hindrance says why the button does nothing, or "". */
function hindrance(scene: Scene, session: Session): string {
  const { checkout, payment, words } = scene;
  if (checkout.updating) return words.say("updating");
  if (payment.way === "none") return words.say("needsHost");
  if (session.lines.length === 0) return words.say("emptyNext");
  if (session.status === "ready_for_payment") return "";
  const errors = session.messages.filter((m) => m.type === "error");
  if (errors.some(aboutLine)) return words.say("needsChange");
  if (payment.way === "outside") return ""; // the shop's page asks for what is missing
  const all = choices(session);
  const open = all.length > 0 && !chosen(session).some(({ way }) => all.includes(way));
  if (open && all.some(({ way }) => way === "pickup")) return words.say("needsDelivery");
  if (errors.some(aboutAddress)) return words.say(session.address ? "checkAddress" : "needsAddress");
  if (open) return words.say("needsDelivery");
  return words.say("needsChange");
}

/** lastPayment is what the session still says of a payment that failed. */
function lastPayment(messages: Message[]): Notice | undefined {
  const last = messages.find((m) => paymentNotice(m) ?? m.param.startsWith("$.payment"));
  return last && (paymentNotice(last) ?? { tone: "negative", text: last.content });
}

/** elsewhere are the messages that no other part shows. */
export function general(session: Session): Message[] {
  return session.messages.filter((m) =>
    !aboutLine(m) && !aboutDelivery(m) && !aboutAddress(m) && !aboutDiscount(m) && !aboutTip(m) && !paymentNotice(m) && !m.param.startsWith("$.payment"));
}

export function policies(scene: Scene, session: Session): Tag | undefined {
  const { words } = scene;
  if (session.links.length === 0) return undefined;
  return h("nav", { key: "links", class: "links", "aria-label": words.say("links") },
    h("ul", null, session.links.map(({ type, url }) =>
      h("li", { key: type + url }, away(scene, url, {}, words.say(policyNames[type] ?? "otherLink"))))));
}

/** The payment sheet's types of links, and the protocol's. */
const policyNames: Record<string, Key> = {
  terms_of_use: "terms_of_use", terms_of_service: "terms_of_use", privacy_policy: "privacy_policy",
  refund_policy: "refund_policy", return_policy: "refund_policy", support_url: "support_url", support: "support_url", contact_us: "support_url",
};
