// The shelf: what the server sells, and its tools.

import { h, type Child, type Tag } from "../../../../widget/src/html.ts";
import type { App } from "../app.ts";
import type { Product } from "../shopping.ts";
import { empty, panel, tabs } from "./parts.ts";
import { toolList } from "./tools.ts";

let view: "shop" | "tools" = "shop";

export function shelf(app: App): Child[] {
  const choose = (id: string) => {
    view = id as typeof view;
    app.changed();
  };
  return [
    tabs("shelf", "Shop and tools", [{ id: "shop", label: "Shop" }, { id: "tools", label: "Tools", count: app.tools.length }], view, choose),
    panel("shelf", view, view === "shop" ? shop(app) : toolList(app)),
  ];
}

function shop(app: App): Child[] {
  const { shopping } = app;
  if (app.state !== "ready") return [skeleton()];
  return [
    shopping.search ? searchForm(app) : h("p", { class: "detail" }, "The server has no search that can be recognised. Open a product by its id."),
    shopping.failure !== "" && h("p", { class: "notice negative" }, shopping.failure),
    shopping.search && results(app),
    openForm(app),
  ];
}

function searchForm(app: App): Tag {
  return h("form", {
    key: "search", class: "search", role: "search",
    onsubmit: (event: Event) => {
      event.preventDefault();
      void app.shopping.look(new FormData(event.currentTarget as HTMLFormElement).get("words")?.toString() ?? "");
    },
  },
    h("label", { for: "words", class: "unseen" }, "Search products"),
    h("input", { type: "search", id: "words", name: "words", placeholder: "Search products", autocomplete: "off" }),
    h("button", { type: "submit", class: "button" }, "Search"));
}

function results(app: App): Tag {
  const { shopping } = app;
  if (!shopping.looked) return skeleton();
  if (shopping.products.length === 0 && shopping.failure === "") {
    return empty("Nothing found.", shopping.words === "" ? "The catalogue is empty." : "Search for other words, or for none to see everything.");
  }
  const list = h("ul", { key: "products", class: `products ${shopping.busy ? "old" : ""}`, "aria-label": "Products", "aria-busy": String(shopping.busy) },
    shopping.products.map((p) => product(app, p)));
  return h("div", { key: "results", class: "results" }, list, shopping.next !== "" && h("button", {
    type: "button", id: "more", class: "button", "aria-disabled": shopping.busy ? "true" : undefined,
    onclick: () => {
      if (!shopping.busy) void shopping.look(shopping.words, true);
    },
  }, "More products"));
}

/** What is chosen of a product with variants, by the product's first id. */
const chosen = new Map<string, string>();

function product(app: App, p: Product): Tag {
  const id = p.variants.find((v) => v.id === chosen.get(p.id))?.id ?? p.id;
  return h("li", { key: p.id, class: "product" },
    h("span", { class: "picture", "aria-hidden": "true" },
      h("svg", { viewBox: "0 0 24 24" }, h("path", { d: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8" })),
      p.picture !== "" && h("img", { key: p.picture, src: p.picture, alt: "", loading: "lazy", onerror: (event: Event) => (event.currentTarget as Element).remove() })),
    h("span", { class: "body" }, h("span", { class: "title", dir: "auto" }, p.title), h("span", { class: "detail" }, p.available ? p.price : `${p.price} – sold out`.replace(/^ – /, "")),
      h("code", { class: "hint", dir: "ltr" }, id),
      p.variants.length > 0 && h("select", { name: "variant", class: "small", "aria-label": `Variant of ${p.title}`, onchange: (event: Event) => {
        chosen.set(p.id, (event.currentTarget as HTMLSelectElement).value);
        app.changed();
      } }, p.variants.map((v) => h("option", { key: v.id, value: v.id, selected: v.id === id }, v.title)))),
    h("button", {
      type: "button", class: "button small", "aria-label": `Open ${p.title}`, "aria-disabled": app.shopping.opens ? undefined : "true",
      onclick: () => {
        if (!app.shopping.opens) return;
        reveal();
        void app.shopping.open(id === p.id ? p : { id, title: p.title, detail: p.detail, url: p.url });
      },
    }, "Open"));
}

/** reveal moves to the conversation, where it is not in sight. */
function reveal(): void {
  const chat = document.getElementById("chat");
  if (chat && chat.getBoundingClientRect().top > window.innerHeight / 2) chat.scrollIntoView({ block: "start" });
}

function openForm(app: App): Tag {
  if (!app.shopping.opens) {
    return h("p", { key: "open", class: "notice" }, "The server has no tool checkout_session, which “Open” calls. Its other tools can be called under Tools.");
  }
  return h("form", {
    key: "open", class: "open",
    onsubmit: (event: Event) => {
      event.preventDefault();
      const form = new FormData(event.currentTarget as HTMLFormElement);
      const id = form.get("id")?.toString().trim() ?? "";
      if (id === "") return;
      reveal();
      void app.shopping.open({ id }, Math.max(1, Math.trunc(Number(form.get("quantity")) || 1)));
    },
  },
    h("h2", null, "Open by id"),
    h("div", { class: "row" },
      h("div", { class: "field wide" }, h("label", { for: "open-id" }, "Product id"), h("input", { id: "open-id", name: "id", autocomplete: "off", spellcheck: "false" })),
      h("div", { class: "field short" }, h("label", { for: "open-quantity" }, "Quantity"), h("input", { id: "open-quantity", name: "quantity", inputmode: "numeric", value: "1" })),
      h("button", { type: "submit", class: "button" }, "Open")));
}

const skeleton = (): Tag =>
  h("div", { key: "skeleton", class: "skeleton", "aria-hidden": "true" }, [1, 2, 3, 4].map((n) => h("span", { key: String(n), class: "line" })));
