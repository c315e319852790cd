// Looking for products and opening one, as ChatGPT's sidebar does, whatever the
// server calls its search.

import type { Host } from "./host.ts";
import { dict, list, saying, text, texts, whole, type Dict } from "./json.ts";
import { money } from "../../../widget/src/format.ts";
import { forModel, type Tool } from "./tool.ts";

export interface Product {
  id: string; // what is bought
  variants: Variant[]; // where there are several to choose from
  title: string;
  price: string;
  detail: string;
  picture: string;
  url: string;
  available: boolean;
}

export interface Variant {
  id: string;
  title: string; // with its price, and whether it can be had
}

const openTool = "checkout_session";
const queryNames = ["query", "q", "search", "text", "keywords", "term"];
const listNames = ["products", "items", "results", "offers", "data"];

export class Shopping {
  words = "";
  private found: Dict[] = [];
  busy = false;
  looked = false;
  failure = "";
  next = ""; // the cursor of the following page
  private turn = 0;

  constructor(private readonly host: Host) {}

  /** The server's search, if it has one that can be recognised. */
  get search(): Tool | undefined {
    const fits = this.host.tools.filter((t) => forModel(t) && this.queryName(t) !== undefined);
    return fits.find((t) => /search.*product|product.*search/i.test(t.name)) ?? fits.find((t) => /search|find|browse/i.test(t.name));
  }

  /** What was found, with prices as the buyer of now writes them. */
  get products(): Product[] {
    return this.found.flatMap((p) => product(p, this.host.switches.locale) ?? []);
  }

  /** Whether the sidebar's button has something to call. */
  get opens(): Tool | undefined {
    return this.host.tools.find((t) => t.name === openTool);
  }

  private queryName(tool: Tool): string | undefined {
    const properties = dict(tool.input.properties);
    return queryNames.find((name) => properties[name] !== undefined);
  }

  /** look searches; with more it goes on with the search that is shown. */
  async look(words: string, more = false): Promise<void> {
    const { search } = this;
    if (!search) return;
    const mine = ++this.turn;
    this.words = words;
    this.busy = true;
    this.failure = "";
    this.host.changed();
    try {
      const args = { [this.queryName(search) ?? "query"]: words, ...(dict(search.input.properties).limit === undefined ? {} : { limit: 12 }), ...(more ? { cursor: this.next } : {}) };
      const result = await this.host.callTool(search.name, args);
      if (mine !== this.turn) return; // a later search is under way
      if (result.isError === true) this.failure = list(result.content).map((part) => text(part.text)).join(" ") || "The search failed.";
      const found = foundIn(result);
      this.found = more ? [...this.found, ...found.filter((p) => !this.found.some((other) => idOf(other) === idOf(p)))] : found;
      if (result.isError !== true) this.next = nextOf(result);
    } catch (error) {
      if (mine !== this.turn) return;
      this.failure = saying(error);
      if (!more) {
        this.found = [];
        this.next = "";
      }
    }
    this.busy = false;
    this.looked = true;
    this.host.changed();
  }

  /** open is the sidebar's button: the fixed tool with its fixed input. */
  open(product: Pick<Product, "id"> & Partial<Product>, quantity = 1): Promise<Dict | undefined> {
    const tool = this.opens;
    if (!tool) return Promise.resolve(undefined);
    const merchant = text(dict(this.host.server.serverInfo).title);
    const item: Dict = { id: product.id, quantity };
    const more: Dict = { name: product.title, description: product.detail, images: product.picture ? [product.picture] : undefined, url: product.url, merchant_name: merchant, price: product.price };
    for (const [name, value] of Object.entries(more)) if (value !== undefined && value !== "") item[name] = value; // absent ones are left out
    const can = this.host.switches.bank && this.host.setup.sandbox ? { capabilities: { interventions: { supported: ["3ds"] } } } : {};
    return this.host.run(tool, { checkout_session: { items: [item], ...can } });
  }
}

function nextOf(result: Dict): string {
  const content = dict(result.structuredContent);
  return text(content.next_cursor) || text(content.nextCursor);
}

function foundIn(result: Dict): Dict[] {
  const content = dict(result.structuredContent);
  const name = listNames.find((n) => Array.isArray(content[n]));
  return list(name === undefined ? [] : content[name]);
}

/** One that can be had, else the first. */
function firstVariant(p: Dict): Dict {
  const variants = list(p.variants);
  return variants.find((v) => v.in_stock !== false) ?? variants[0] ?? {};
}

const idOf = (p: Dict): string => text(firstVariant(p).id) || text(p.id) || text(p.sku);

function product(p: Dict, locale: string): Product | undefined {
  const id = idOf(p);
  if (id === "") return undefined;
  const choices = list(p.variants).filter((v) => text(v.id) !== "");
  return {
    id,
    variants: choices.length > 1 ? choices.map((v) => variantOf(v, p, locale)) : [],
    title: text(p.title) || text(p.name) || id,
    // What the server has written is in its own words, not in the buyer's.
    price: amounts(locale, p.currency, p.price_from, p.price_to) || text(p.price_text) || amounts(locale, p.currency, p.price) || text(p.price),
    detail: text(p.description),
    picture: text(firstVariant(p).image) || texts(p.images)[0] || text(p.image) || text(p.image_url),
    url: text(p.url),
    available: p.in_stock !== false,
  };
}

function variantOf(v: Dict, p: Dict, locale: string): Variant {
  const price = text(v.price_text) || amounts(locale, v.currency ?? p.currency, v.price);
  const options = texts(Object.values(dict(v.options))).join(", "); // what tells it from the others
  return { id: text(v.id), title: [options || text(v.title) || text(v.name) || text(v.id), price, v.in_stock === false ? "sold out" : ""].filter((w) => w !== "").join(" – ") };
}

/** amounts writes minor units of a currency, the same ones once; "" where there are none. */
function amounts(locale: string, currency: unknown, ...minor: unknown[]): string {
  const code = text(currency).toUpperCase();
  if (code === "") return "";
  return [...new Set(minor.map(whole))].flatMap((n) => (n === undefined ? [] : money(locale, code, n))).join(" to ");
}
