// Pieces that several views are made of.

import { h, type Child, type Tag } from "../../../../widget/src/html.ts";

export interface Tab {
  id: string;
  label: string;
  count?: number;
  tone?: "negative" | "caution" | "";
}

/** tabs are a row of views of which one is shown. Arrows move between them. */
export function tabs(name: string, label: string, all: Tab[], chosen: string, choose: (id: string) => void): Tag {
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0;
    if (step === 0) return;
    event.preventDefault();
    const turned = getComputedStyle(event.currentTarget as Element).direction === "rtl" ? -step : step;
    const at = all.findIndex((t) => t.id === chosen);
    const next = all[(at + turned + all.length) % all.length];
    if (!next) return;
    choose(next.id);
    requestAnimationFrame(() => document.getElementById(`${name}-${next.id}`)?.focus());
  };
  return h("div", { key: "tabs", class: "tabs", role: "tablist", "aria-label": label, onkeydown: move }, all.map((t) =>
    h("button", {
      key: t.id, type: "button", role: "tab", id: `${name}-${t.id}`, class: "tab", tabindex: t.id === chosen ? "0" : "-1",
      "aria-selected": String(t.id === chosen), "aria-controls": t.id === chosen ? `${name}-panel` : undefined, onclick: () => choose(t.id),
    }, t.label, t.count !== undefined && h("span", { class: `count ${t.tone ?? ""}` }, t.count === 0 ? "" : t.count))));
}

/** panel is what a tab shows. */
export const panel = (name: string, chosen: string, ...children: Child[]): Tag =>
  h("div", { key: `panel-${chosen}`, id: `${name}-panel`, class: "panel", role: "tabpanel", tabindex: "0", "aria-labelledby": `${name}-${chosen}` }, children);

export const button = (id: string, label: string, onclick: () => void, kind = ""): Tag =>
  h("button", { key: id, type: "button", id, class: `button ${kind}`, onclick }, label);

/** code is a text as it was sent. */
export const code = (v: unknown): Tag =>
  h("pre", { class: "code", tabindex: "0", role: "group", "aria-label": "As it was sent" }, typeof v === "string" ? v : JSON.stringify(v, null, 2));

/** folded is a thing that is looked at on demand. What is in it is made when it is opened. */
const open = new Set<string>();

export function folded(key: string, changed: () => void, summary: Child, inside: () => Child, kind = ""): Tag {
  return h("details", {
    key, class: `folded ${kind}`, open: open.has(key),
    ontoggle: (event: Event) => {
      const now = (event.currentTarget as HTMLDetailsElement).open;
      if (now === open.has(key)) return;
      if (now) open.add(key);
      else open.delete(key);
      changed();
    },
  }, h("summary", null, summary), open.has(key) && h("div", { class: "inside" }, inside()));
}

export const empty = (title: string, words: string): Tag => h("div", { key: "empty", class: "empty" }, h("p", { class: "strong" }, title), h("p", { class: "detail" }, words));
