// The server behind the host of the tests: one session, priced anew after each
// change. Amounts are whole minor units.

const goods = {
  "mug-stoneware-sand": { name: "Stoneware Mug - Sand", description: "A hand-glazed mug with a bare foot. Holds 350 ml.", price: 1800, picture: "mug-stoneware-sand.svg" },
  "blanket-wool-moss": { name: "Wool Blanket - Moss", description: "A heavy blanket of new wool, 140 by 200 cm, woven with two stripes and a fringe.", price: 12900, picture: "blanket-wool-moss.svg" },
  "board-oak-small": { name: "Oak Cutting Board - Small", description: "", price: 3400, picture: "" },
  "clock-wall": { name: "Wall Clock", description: "A silent clock in a beech ring, 30 cm across.", price: 5800, picture: "none.svg", broken: true },
};

const deliveries = [
  { id: "standard", title: "Standard", subtitle: "By parcel post", subtotal: 490, earliest_delivery_time: "2026-12-01T12:00:00Z", latest_delivery_time: "2026-12-03T12:00:00Z" },
  { id: "express", title: "Express", subtitle: "By courier", subtotal: 1290, earliest_delivery_time: "2026-11-28T12:00:00Z", latest_delivery_time: "2026-11-28T12:00:00Z" },
];

/** places are ways without an address, and a courier for the neighbourhood. */
const places = [
  { id: "soho", way: "pickup", title: "Pick up in SoHo", subtitle: "Harbour Goods SoHo, 1 Example Street, New York. Ready on November 23, 2026 at 11:00 AM.", subtotal: 0 },
  { id: "curb", way: "pickup", title: "At the curb in Brooklyn", subtitle: "Harbour Goods Brooklyn, 20 Example Avenue, Brooklyn. Ready on November 24, 2026 at 9:00 AM, kept until November 30, 2026.", subtotal: 100 },
];
const rounds = [
  { id: "courier@20261123T1800", way: "local_delivery", title: "Evening courier, Monday, November 23, 6:00 PM – 9:00 PM", subtotal: 700 },
  { id: "courier@20261124T1800", way: "local_delivery", title: "Nachbarschaftslastenfahrradkurierdienst, Tuesday, November 24, 6:00 PM – 9:00 PM", subtotal: 700 },
];

const home = { name: "Test Buyer", line_one: "12 Harbour Street", line_two: null, city: "Springfield", state: "IL", country: "US", postal_code: "62704", phone_number: null };

class Shop {
  constructor(options) {
    Object.assign(this, { currency: "EUR", items: { "mug-stoneware-sand": 2, "blanket-wool-moss": 1 }, address: home, mode: "live", sheet: true, failing: 0 }, options);
    this.option ??= this.address ? "standard" : null;
    this.given = new Set(); // what the buyer has agreed to
    this.wrapped = false;
    this.tip = 0;
    this.codes = options.codes ?? [];
    this.pending = [];
    this.rejected = []; // of the codes that were sent last
    this.messages = options.said ?? [];
    this.status = options.status ?? null; // what the state of the session demands, when null
    this.order = null;
  }

  /** session is the payload of the payment sheet. */
  session() {
    const lines = Object.entries(this.items).map(([id, quantity], i) => {
      const base = goods[id].price * quantity;
      const discount = this.codes.length > 0 ? Math.round(base / 10) : 0;
      return {
        id: `line_${i + 1}`, item: { id, quantity }, name: goods[id].name, description: goods[id].description,
        images: goods[id].picture === "" ? [] : [`${this.pictures}/${goods[id].picture}`],
        base_amount: base, discount, subtotal: base - discount, tax: 0, total: base - discount,
      };
    });
    const sum = (pick) => lines.reduce((all, line) => all + pick(line), 0);
    const ways = this.ways();
    const come = this.split ?? [{ option_id: this.option }];
    const chosen = ways.filter((d) => come.some((c) => c.option_id === d.id));
    const base = sum((l) => l.base_amount), discount = sum((l) => l.discount), shipping = chosen.reduce((all, d) => all + d.subtotal, 0);
    const wrap = this.wrapped ? this.offers.gift_wrap.price : 0;
    const tax = this.address || chosen.length > 0 ? Math.round((base - discount + shipping) / 10) : 0;
    const missing = this.address || chosen.length > 0 ? [] : [{ type: "error", code: "missing", param: "$.fulfillment_address", content_type: "plain", content: "A delivery address is needed." }];
    const messages = [...missing, ...this.messages];
    const blocked = messages.some((m) => m.type === "error" && !/^payment_|^maximum/.test(m.code));
    const extra = [wrap > 0 ? "Gift wrap" : "", this.tip > 0 ? "Tip" : ""].filter((t) => t !== "").join(", ");
    const total = base - discount + shipping + tax + wrap + this.tip;
    return {
      id: "cs_1", status: this.status ?? (blocked ? "not_ready_for_payment" : "ready_for_payment"), currency: this.currency, payment_mode: this.mode,
      ...(this.sheet ? { payment_provider: { provider: "stripe", merchant_id: "profile_test", supported_payment_methods: [{ type: "card" }] } } : {}),
      line_items: lines,
      totals: [
        { type: "items_base_amount", display_text: "Items", amount: base },
        { type: "items_discount", display_text: "Item discounts", amount: discount },
        { type: "subtotal", display_text: "Subtotal", amount: base - discount },
        { type: "fulfillment", display_text: "Delivery", amount: shipping },
        { type: "tax", display_text: this.tax ?? "Tax", amount: tax },
        ...(extra ? [{ type: "fee", display_text: extra, amount: wrap + this.tip }] : []),
        { type: "total", display_text: "Total", amount: total },
      ],
      fulfillment_options: ways.map(({ way, ...d }) => ({ type: way === "digital" ? way : "shipping", ...d, tax: 0, total: d.subtotal })),
      fulfillment_option_id: this.option, fulfillment_address: this.address, buyer: null, messages,
      links: [{ type: "terms_of_use", url: "https://shop.example/terms" }, { type: "privacy_policy", url: "https://shop.example/privacy" }, { type: "return_policy", url: "https://shop.example/returns" }],
      ...(this.order ? { order: this.order } : {}),
    };
  }

  ways() {
    const download = this.download ? [{ id: "mail", way: "digital", title: "By e-mail", subtotal: 0 }] : [];
    return [...download, ...(this.places ? places : []), ...(this.address ? [...deliveries, ...(this.places ? rounds : [])] : [])];
  }

  /** beside is what the payment sheet's session has no member for. */
  beside() {
    const { offers = {} } = this;
    const ways = Object.fromEntries(this.ways().filter((d) => d.way && d.way !== "digital").map((d) => [d.id, d.way]));
    const folded = [["gift_wrap", "Gift wrap", this.wrapped ? offers.gift_wrap?.price : 0], ["tip", "Tip", this.tip]].filter(([, , amount]) => amount > 0);
    const totals = this.session().totals.flatMap((t) => (t.type === "fee" ? folded.map(([type, text, amount]) => ({ type, display_text: text, amount })) : [t]));
    return {
      ...(this.own ? { status: this.own } : {}),
      ...(folded.length > 0 ? { totals } : {}),
      ...(this.places ? { ways, delivers: !this.onlyPlaces } : {}),
      ...(this.split ? { deliveries: this.split } : {}),
      ...(offers.gift_wrap ? { gift_wrap: { ...offers.gift_wrap, enabled: this.wrapped } } : {}),
      ...(offers.tip ? { tip: { ...offers.tip, amount: this.tip } } : {}),
      ...(offers.marketing_consents ? { marketing_consents: offers.marketing_consents.map((c) => ({ ...c, opted_in: this.given.has(c.channel) })) } : {}),
    };
  }

  complete() {
    this.status = "completed";
    this.messages = [];
    this.order = { id: "ord_1042", checkout_session_id: "cs_1", permalink_url: "https://shop.example/orders/ord_1042" };
  }

  /** call answers a tool call, or throws as a host does when the server cannot be reached. */
  async call(name, args) {
    if (this.held) {
      const { held } = this;
      await new Promise((done) => addEventListener("click", ({ target }) => target.closest(held) && done()));
      this.held = "";
    }
    if (this.failing > 0) {
      this.failing--;
      throw new Error("connection refused");
    }
    if (name === "get_checkout_session") {
      if (this.completesAfter !== undefined && --this.completesAfter <= 0) this.complete();
      return result(this.session());
    }
    if (name === "start_external_checkout") return result({ ...this.session(), checkout_url: this.checkoutURL ?? "https://shop.example/checkout/1" });
    if (name === "cancel_checkout_session") {
      if (this.refuse) return result({ messages: [{ type: "error", code: "conflict", content_type: "plain", content: this.refuse }] });
      this.status = "canceled";
      return result(this.session());
    }
    if (name !== "update_checkout_session" || args.checkout_session_id !== "cs_1") return { isError: true, content: [{ type: "text", text: "There is no such tool or session." }] };
    if (this.refuse) return result({ messages: [{ type: "error", code: "conflict", content_type: "plain", content: this.refuse }] });
    if (args.discount_codes?.includes("MANY")) {
      const session = this.session();
      return result({ ...session, messages: [{ type: "error", code: "rate_limited", param: "$.discounts.codes", content_type: "plain", content: "Too many codes. Wait a minute." }, ...session.messages] });
    }
    this.update(args);
    return result(this.session());
  }

  update({ items, fulfillment_address: address, fulfillment_option_id: option, discount_codes: codes, gift_wrap: wrap, tip, marketing_consents: answers }) {
    this.messages = [];
    if (this.own === "authentication_required") this.own = this.status = null; // any change ends the wait for the bank
    if (wrap) this.wrapped = wrap.enabled;
    if (tip && tip.amount > this.offers.tip.max) this.messages.push({ type: "error", code: "maximum_exceeded", param: "$.tip.amount", content_type: "plain", content: "This shop takes tips of at most €20.00." });
    else if (tip) this.tip = tip.amount;
    for (const { channel, opted_in: given } of answers ?? []) this.given[given ? "add" : "delete"](channel);
    if (items) {
      this.items = Object.fromEntries(items.map((i) => [i.id, i.quantity]));
      items.forEach((item, i) => {
        if (item.quantity > 5) this.messages.push({ type: "error", code: "out_of_stock", param: `$.line_items[${i}]`, content_type: "plain", content: "Only 5 are left." });
      });
    }
    if (address) {
      this.address = address;
      this.option ??= this.places ? null : "standard";
      if (address.country === "US" && !/^\d{5}$/.test(address.postal_code ?? "")) {
        this.messages.push({ type: "error", code: "invalid", param: "$.fulfillment_address.postal_code", content_type: "plain", content: "A US postal code has five digits." });
      }
    }
    if (option) this.option = option;
    if (codes) {
      this.codes = codes.filter((code) => code === "WELCOME10");
      this.pending = codes.filter((code) => code === "FREESHIP");
      for (const code of this.pending) this.messages.push({ type: "info", param: `$.discounts.codes[${codes.indexOf(code)}]`, content_type: "plain", content: waits });
      this.rejected = codes.flatMap((code) => (reasons[code] ? [{ code, reason: reasons[code], message: "In the shop's own language." }] : []));
      codes.forEach((code, i) => {
        if (reasons[code] || code === "FOREIGN") this.messages.push({ type: "info", param: `$.discounts.codes[${i}]`, content_type: "markdown", content: `The code **${code}** ended on 1 November.` });
      });
    }
  }
}

/** reasons why codes have no effect, by the codes that have them. */
const reasons = { EXPIRED: "discount_code_expired", WRONG: "discount_code_invalid", TWICE: "discount_code_already_applied", ALONE: "discount_code_combination_disallowed",
  LARGE: "discount_code_minimum_not_met", MEMBER: "discount_code_user_not_logged_in", CHOSEN: "discount_code_user_ineligible", GONE: "discount_code_usage_limit_reached", NEWER: "discount_code_of_a_later_version" };

const waits = "Takes effect once the delivery is chosen.";

const result = (session) => ({ content: [{ type: "text", text: "The checkout." }], structuredContent: session, _meta: metaOf(session) });

/** metaOf is what the server says beside a session. Some servers say nothing. */
function metaOf(session) {
  const beside = shop.beside();
  const applied = shop.codes.map((code) => ({ code, name: "Welcome", amount: session.totals?.find((t) => t.type === "items_discount")?.amount ?? 0 }));
  return {
    ...(Object.keys(beside).length > 0 ? { "checkstand/checkout": beside } : {}),
    ...(options.shopMeta ? { "checkstand/shop": options.shopMeta } : {}),
    ...(shop.codes.length + shop.rejected.length + shop.pending.length > 0
      ? { "checkstand/discounts": { applied, rejected: shop.rejected, pending: shop.pending.map((code) => ({ code, name: "Free delivery", message: waits })) } } : {}),
  };
}
