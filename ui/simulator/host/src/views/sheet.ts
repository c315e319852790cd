// The payment sheet as the buyer sees it.

import { h, type Child, type Tag } from "../../../../widget/src/html.ts";
import { deducted, money } from "../../../../widget/src/format.ts";
import { town } from "../../../../widget/src/town.ts";
import type { App } from "../app.ts";
import { known, testBuyer, type Filled } from "../buyer.ts";
import { dict, list, text, whole, type Dict } from "../json.ts";

let filled: Filled | undefined; // what the form starts with
let round = 0; // counts fillings, each of which makes the fields anew
let shown: Dict | undefined;

export function sheetView(app: App): Child[] {
  const { sheet } = app;
  const { session } = sheet;
  if (!session) return [];
  if (session !== shown) {
    shown = session;
    filled = known(session);
    round++;
  }
  const { locale } = app.switches;
  const price = (n: number | undefined) => (n === undefined ? "" : money(locale, sheet.currency, n));
  const live = session.payment_mode === "live";
  return [h("form", {
    key: `sheet ${text(session.id)}`, class: "sheet", novalidate: true, "aria-busy": String(sheet.busy),
    onsubmit: (event: Event) => {
      event.preventDefault();
      const form = event.currentTarget as HTMLFormElement;
      if (sheet.busy) return;
      const wrong = [...form.querySelectorAll<HTMLInputElement>("input:invalid")];
      if (wrong[0]) {
        // It may be scrolled away, so it is said beside the button as well.
        sheet.say(`Check these fields: ${fields.filter((f) => wrong.some(({ name }) => name === f.name)).map((f) => f.label).join(", ")}.`);
        wrong[0].focus();
      } else void sheet.pay(readForm(new FormData(form)));
    },
  },
    h("p", { class: "ribbon" }, h("strong", null, "Simulated. "), live ? "The session says live; only test cards are here." : "Test cards only; no money moves."),
    h("div", { class: "scroll" },
      h("div", { class: "sheet-head" },
        h("div", null, h("h1", { id: "sheet-title", tabindex: "-1" }, `Pay ${merchantName(app, session)}`), h("p", { class: "detail" }, items(session))),
        h("p", { class: "sum" }, price(sheet.total))),
      totals(session, price),
      deliveryTo(session),
      cards(app, session),
      buyer(app)),
    footer(app, session, price(sheet.total)))];
}

function merchantName(app: App, session: Dict): string {
  return text(dict(session.merchant).name) || text(dict(app.server.serverInfo).title) || text(dict(app.server.serverInfo).name) || "the shop";
}

function items(session: Dict): string {
  return list(session.line_items).map((l) => `${whole(dict(l.item).quantity) ?? 1} × ${text(l.name) || text(dict(l.item).id)}`).join(", ");
}

function totals(session: Dict, price: (n: number | undefined) => string): Tag {
  const rows = list(session.totals).filter((t) => t.type === "total" || t.type === "items_base_amount" || whole(t.amount) !== 0);
  // An item total that says the same as the subtotal is one row too many.
  const told = rows.filter((t) => t.type !== "subtotal" || !rows.some((o) => o.type === "items_base_amount" && o.amount === t.amount));
  return h("dl", { key: "totals", class: "totals" }, told.map((t, i) =>
    h("div", { key: `${text(t.type)} ${i}`, class: t.type === "total" ? "total" : undefined }, h("dt", null, text(t.display_text) || text(t.type)), h("dd", null, price(signed(t))))));
}

function signed(total: Dict): number | undefined {
  const amount = whole(total.amount);
  return amount !== undefined && deducted.includes(text(total.type)) ? -amount : amount;
}

function deliveryTo(session: Dict): Tag | undefined {
  const to = dict(session.fulfillment_address);
  const option = list(session.fulfillment_options).find((o) => o.id === session.fulfillment_option_id);
  const place = town({ city: text(to.city), state: text(to.state), postal_code: text(to.postal_code), country: text(to.country) });
  const words = [text(to.name), text(to.line_one), text(to.line_two), place, text(to.country)].filter((w) => w !== "");
  if (words.length === 0 && !option) return undefined;
  return h("p", { key: "delivery", class: "detail" }, [text(option?.title), words.join(", ")].filter((w) => w !== "").join(" – "));
}

function cards(app: App, session: Dict): Tag {
  const { sheet } = app;
  const methods = dict(session.payment_provider).supported_payment_methods;
  const names = (Array.isArray(methods) ? methods : []).map((m) => (typeof m === "string" ? m : text(dict(m).type))).filter((m) => m !== "");
  return h("fieldset", { key: "cards", class: "cards", disabled: sheet.busy },
    h("legend", null, "Test card"),
    names.length > 0 && h("p", { class: "hint" }, `The shop takes ${names.join(", ")} by ${text(dict(session.payment_provider).provider)}.`),
    h("div", { class: "grid" }, app.setup.cards.map((card) => h("label", { key: card.id, class: "card" },
      h("input", { type: "radio", name: "card", value: card.id, checked: sheet.card === card.id, onchange: () => sheet.choose(card.id) }),
      h("span", null, h("span", { class: "strong" }, card.title, card.last4 !== "" && h("span", { class: "last4" }, ` •••• ${card.last4}`)), h("span", { class: "hint" }, card.says))))));
}

const fields: { name: string; label: string; auto: string; half?: boolean; optional?: boolean; type?: string }[] = [
  { name: "first", label: "First name", auto: "given-name", half: true },
  { name: "last", label: "Last name", auto: "family-name", half: true },
  { name: "email", label: "E-mail", auto: "email", type: "email" },
  { name: "phone", label: "Phone", auto: "tel", type: "tel", optional: true },
  { name: "line_one", label: "Street and number", auto: "billing address-line1" },
  { name: "line_two", label: "Apartment", auto: "billing address-line2", optional: true },
  { name: "city", label: "City", auto: "billing address-level2", half: true },
  { name: "postal_code", label: "Postal code", auto: "billing postal-code", half: true },
  { name: "state", label: "State", auto: "billing address-level1", half: true, optional: true },
  { name: "country", label: "Country code", auto: "billing country", half: true },
];

function buyer(app: App): Tag {
  const { sheet } = app;
  const now = filled ?? testBuyer;
  const values: Record<string, string> = { first: now.first, last: now.last, email: now.email, phone: now.phone, ...now.address };
  return h("fieldset", { key: "buyer", class: "buyer", disabled: sheet.busy },
    h("legend", null, "Buyer and billing address"),
    h("button", { type: "button", id: "autofill", class: "plain", onclick: () => {
      filled = testBuyer;
      round++;
      app.changed();
    } }, "Fill in a test buyer"),
    h("div", { class: "fields" }, fields.map((f) => h("div", { key: `${f.name} ${round}`, class: `field ${f.half ? "half" : ""}` },
      h("label", { for: `buyer-${f.name}` }, f.label, f.optional && h("span", { class: "optional" }, " optional")),
      h("input", { id: `buyer-${f.name}`, name: f.name, type: f.type ?? "text", autocomplete: f.auto, required: !f.optional, value: values[f.name] ?? "" })))));
}

function readForm(form: FormData): Filled {
  const of = (name: string) => form.get(name)?.toString().trim() ?? "";
  filled = {
    first: of("first"), last: of("last"), email: of("email"), phone: of("phone"),
    address: { name: `${of("first")} ${of("last")}`.trim(), line_one: of("line_one"), line_two: of("line_two"), city: of("city"), state: of("state"), country: of("country").toUpperCase(), postal_code: of("postal_code") },
  };
  return filled;
}

const linkNames: Record<string, string> = { terms_of_use: "Terms", terms_of_service: "Terms", privacy_policy: "Privacy", refund_policy: "Refunds", return_policy: "Returns", support_url: "Support" };

function footer(app: App, session: Dict, total: string): Tag {
  const { sheet } = app;
  const links = list(session.links).filter((l) => URL.canParse(text(l.url)) && /^https?:/.test(text(l.url)));
  return h("div", { class: "sheet-foot" },
    // Here and not at the top, which may be scrolled away when Pay is pressed.
    sheet.notice !== "" && h("p", { key: "notice", id: "sheet-notice", class: "notice negative", role: "alert" }, sheet.notice),
    sheet.bank !== "" && [
      h("p", { key: "asked", id: "sheet-asked", class: "notice", role: "status" }, "Your bank wants to know that it is you. You have not been charged yet."),
      h("a", { key: "bank", id: "sheet-bank", class: "button primary", href: sheet.bank, target: "_blank", rel: "noopener" }, "Confirm at your bank"),
      h("button", { key: "another", type: "button", id: "sheet-another", class: "button", onclick: () => void sheet.another() }, "Use another card"),
    ],
    sheet.bank === "" && h("button", { key: "pay", type: "submit", id: "sheet-pay", class: "button primary", "aria-disabled": sheet.busy ? "true" : undefined }, sheet.busy ? "Paying" : `Pay ${total}`),
    h("button", { key: "cancel", type: "button", id: "sheet-cancel", class: "button", "aria-disabled": sheet.busy && sheet.bank === "" ? "true" : undefined, onclick: () => sheet.cancel() }, "Cancel"),
    links.length > 0 && h("p", { class: "hint links" }, links.map((l, i) => h("a", { key: String(i), href: text(l.url), target: "_blank", rel: "noopener" }, linkNames[text(l.type)] ?? text(l.type)))));
}
