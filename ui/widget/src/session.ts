// The session as the server shows it to the payment sheet, read with care: what
// is missing or of another type is left out, and amounts are whole minor units.

export interface Line {
  id: string;
  item: string; // the id that an update names it by
  quantity: number;
  name: string;
  detail: string;
  picture: string;
  base: number; // before discounts
  subtotal: number;
}

export interface Total {
  type: string;
  text: string;
  amount: number;
}

export interface Option {
  id: string;
  title: string;
  detail: string;
  price: number;
  earliest?: Date;
  latest?: Date;
  way: string; // shipping, local_delivery, pickup, digital
}

/** One of several ways in which an order comes. */
export interface Delivery {
  option: string;
  lines: string[]; // by their ids
}

/** What the shop asks whether it may do. */
export interface Consent {
  channel: string;
  text: string;
  url: string; // of a privacy policy of its own
  given: boolean;
}

export const addressFields = ["name", "line_one", "line_two", "postal_code", "city", "state", "country", "phone_number"] as const;
export type AddressField = (typeof addressFields)[number];
export type Address = Record<AddressField, string>;

export interface Message {
  type: string; // info, warning or error
  code: string;
  param: string;
  content: string;
}

export interface Link {
  type: string;
  url: string;
}

/** A discount that is in the totals, or one that will be. */
export interface Discount {
  code: string; // "" for one that the shop gives by itself
  name: string;
  amount?: number;
  waits?: string; // it takes nothing off yet; the shop's words for what it waits for
}

/** A discount code that has no effect. */
export interface Refusal {
  code: string;
  reason: string; // of the protocol
  content: string; // the shop's words for it
}

export interface Order {
  id: string;
  number: string; // what a buyer knows it by
  url: string;
}

export interface Session {
  id: string;
  status: string;
  currency: string;
  test: boolean;
  sheet: boolean; // it can be handed to a payment sheet
  lines: Line[];
  totals: Total[];
  options: Option[];
  option: string;
  deliveries: Delivery[]; // where there are several
  delivers: boolean; // there are more ways than to pick it up, once there is an address
  wrap?: { price: number; given: boolean };
  tip?: { amount: number; most: number; suggestions: number[] };
  consents: Consent[];
  address?: Address;
  messages: Message[];
  links: Link[];
  discounts: Discount[];
  refusals: Refusal[];
  checkoutURL: string; // of the shop's checkout page; "" when it has to be asked for
  order?: Order;
  raw: object; // as it came: the host gets this one
}

/** What the server says of its shop beside the session; the model does not see it. */
export interface Shop {
  name: string;
  locale: string;
  sheet: boolean; // it sells by the payment sheet
}

type Dict = Record<string, unknown>;

export const dict = (v: unknown): Dict => (typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Dict) : {});
const list = (v: unknown): Dict[] => (Array.isArray(v) ? v.map(dict) : []);
const text = (v: unknown): string => (typeof v === "string" ? v : "");
const whole = (v: unknown): number | undefined => (typeof v === "number" && Number.isSafeInteger(v) ? v : undefined);
const texts = (v: unknown): string[] => (Array.isArray(v) ? v.filter((x) => typeof x === "string") : []);

/** readSession returns nothing for what is no session. */
export function readSession(o: Dict, meta?: unknown): Session | undefined {
  const id = text(o.id);
  const status = text(o.status);
  if (id === "" || status === "" || !Array.isArray(o.line_items)) return undefined;
  const provider = dict(o.payment_provider);
  const order = readOrder(o.order);
  const links = list(o.links).flatMap((l) => (webAddress(l.url) === "" ? [] : [{ type: text(l.type), url: webAddress(l.url) }]));
  const beside = dict(dict(meta)["checkstand/checkout"]);
  const wrap = dict(beside.gift_wrap);
  const tip = dict(beside.tip);
  const most = whole(tip.max);
  return {
    id,
    status: text(beside.status) || status, // the sheet has not all of them
    currency: text(o.currency).toUpperCase(),
    test: o.payment_mode === "test",
    sheet: text(provider.provider) !== "" && text(provider.merchant_id) !== "",
    lines: list(o.line_items).map(readLine),
    totals: readTotals(beside.totals ?? o.totals),
    options: list(o.fulfillment_options).map((option) => readOption(option, dict(beside.ways))).filter((option) => option.id !== ""),
    option: text(o.fulfillment_option_id),
    deliveries: list(beside.deliveries).map((d) => ({ option: text(d.option_id), lines: texts(d.line_ids) })),
    delivers: beside.delivers === true,
    wrap: beside.gift_wrap ? { price: whole(wrap.price) ?? 0, given: wrap.enabled === true } : undefined,
    tip: most ? { amount: whole(tip.amount) ?? 0, most, suggestions: Array.isArray(tip.suggestions) ? tip.suggestions.filter((n) => whole(n)) : [] } : undefined,
    consents: list(beside.marketing_consents).map((c) => {
      const url = webAddress(c.privacy_policy_url);
      return { channel: text(c.channel), text: text(c.display_text), url: links.some((l) => l.url === url) ? "" : url, given: c.opted_in === true };
    }),
    address: readAddress(o.fulfillment_address),
    messages: readMessages(o.messages),
    links,
    ...readDiscounts(o, dict(dict(meta)["checkstand/discounts"])),
    checkoutURL: webAddress(o.checkout_url) || webAddress(o.continue_url),
    order,
    raw: o,
  };
}

function readLine(l: Dict): Line {
  const item = dict(l.item);
  const base = whole(l.base_amount) ?? 0;
  const discount = whole(l.discount) ?? 0;
  return {
    id: text(l.id),
    item: text(item.id) || text(l.id),
    quantity: whole(item.quantity) ?? whole(l.quantity) ?? 1,
    name: text(l.name) || text(item.name) || text(item.id) || text(l.id),
    detail: text(l.description),
    picture: picture(texts(l.images)[0] ?? texts(item.images)[0]),
    base,
    subtotal: whole(l.subtotal) ?? base - discount,
  };
}

function readTotals(v: unknown): Total[] {
  return list(v).flatMap((t) => {
    const amount = whole(t.amount);
    return amount === undefined ? [] : [{ type: text(t.type), text: text(t.display_text), amount }];
  });
}

function readOption(o: Dict, ways: Dict): Option {
  return {
    id: text(o.id),
    title: text(o.title) || text(o.id),
    detail: text(o.subtitle),
    price: whole(o.subtotal) ?? whole(o.total) ?? 0,
    earliest: date(o.earliest_delivery_time),
    latest: date(o.latest_delivery_time),
    way: o.type === "digital" ? "digital" : text(ways[text(o.id)]) || "shipping",
  };
}

function readAddress(v: unknown): Address | undefined {
  const from = dict(v);
  const address = Object.fromEntries(addressFields.map((name) => [name, text(from[name]).trim()])) as Address;
  return addressFields.some((name) => address[name] !== "") ? address : undefined;
}

/** readMessages reads messages[] wherever a server or a host puts them. */
export function readMessages(v: unknown): Message[] {
  return list(v).flatMap((m) => {
    const content = m.content_type === "markdown" ? plain(text(m.content)) : text(m.content);
    return content === "" ? [] : [{ type: text(m.type), code: text(m.code), param: text(m.param), content }];
  });
}

/** readOrder returns nothing unless there is an order's id. */
export function readOrder(v: unknown): Order | undefined {
  const o = dict(v);
  const id = text(o.id);
  return id === "" ? undefined : { id, number: text(o.order_number) || id, url: webAddress(o.permalink_url) };
}

/** readShop reads the _meta of a result. */
export function readShop(meta: unknown): Shop | undefined {
  const shop = dict(dict(meta)["checkstand/shop"]);
  return Object.keys(shop).length === 0 ? undefined : { name: text(shop.name), locale: text(shop.locale), sheet: shop.payment_sheet !== false };
}

/** readDiscounts reads what a server tells beside the session, else what is in it. */
function readDiscounts(o: Dict, beside: Dict): { discounts: Discount[]; refusals: Refusal[] } {
  const { applied, rejected, pending, codes } = Object.keys(beside).length > 0 ? beside : dict(o.discounts);
  const discounts = list(applied).map((d) => ({ code: text(d.code), name: text(d.name) || text(dict(d.coupon).name), amount: whole(d.amount) }));
  const refusals = list(rejected).map((r) => ({ code: text(r.code), reason: text(r.reason), content: text(r.message) }));
  // Every code that is not refused goes with the next change, also one that waits.
  const waiting = list(pending).map((d) => ({ code: text(d.code), name: text(d.name), waits: text(d.message) }));
  for (const code of texts(codes)) {
    if (![...discounts, ...refusals, ...waiting].some((other) => other.code === code)) waiting.push({ code, name: "", waits: "" });
  }
  const all = [...discounts, ...waiting.filter(({ code }) => code !== "")];
  return { discounts: all.length > 0 ? all : texts(o.discount_codes).map((code) => ({ code, name: "" })), refusals };
}

function date(v: unknown): Date | undefined {
  const at = new Date(text(v));
  return Number.isNaN(at.getTime()) ? undefined : at;
}

/** webAddress returns an address that a buyer may be sent to, else "". */
export function webAddress(v: unknown): string {
  if (typeof v !== "string" || !URL.canParse(v)) return "";
  const url = new URL(v);
  const here = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && here) ? url.href : "";
}

function picture(v: unknown): string {
  return typeof v === "string" && v.startsWith("data:image/") ? v : webAddress(v);
}

/** plain leaves out the marks of Markdown that a sentence may have. */
function plain(markdown: string): string {
  return markdown.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/(\*\*|__|`)/g, "");
}
