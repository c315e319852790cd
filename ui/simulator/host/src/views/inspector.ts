// The inspector: traffic, checks, what went wrong, and the switches.

import { h, type Child, type Tag } from "../../../../widget/src/html.ts";
import type { App, Checked } from "../app.ts";
import { look, host, usual, type Control, type Switches } from "../switches.ts";
import { masked, type Said } from "../traffic.ts";
import { code, empty, folded, panel, tabs, type Tab } from "./parts.ts";

type View = "traffic" | "checks" | "problems" | "switches";

let view: View = "traffic";
let filter: "all" | "server" | "widget" = "all";
let secrets = false;

export function inspector(app: App): Child[] {
  const latest = current(app.checked);
  const faults = latest.reduce((n, c) => n + c.violations.filter((v) => !v.advice).length, 0);
  const wrong = app.problems.filter((p) => !p.advice).length;
  const all: Tab[] = [
    { id: "traffic", label: "Traffic", count: app.traffic.all.length },
    { id: "checks", label: "Checks", count: faults, tone: faults > 0 ? "negative" : "" },
    { id: "problems", label: "Problems", count: wrong, tone: wrong > 0 ? "negative" : "" },
    { id: "switches", label: "Switches" },
  ];
  const choose = (id: string) => {
    view = id as View;
    app.changed();
  };
  const shown = { traffic: () => traffic(app), checks: () => checks(app, latest), problems: () => problems(app), switches: () => switches(app) }[view];
  return [tabs("inspector", "Inspector", all, view, choose), panel("inspector", view, shown())];
}

function traffic(app: App): Child[] {
  const all = app.traffic.all.filter((s) => filter === "all" || s.from === filter || s.to === filter);
  const pick = (event: Event) => {
    filter = (event.currentTarget as HTMLSelectElement).value as typeof filter;
    app.changed();
  };
  return [
    h("div", { key: "tools", class: "row wrap" },
      h("label", { for: "filter", class: "unseen" }, "Show"),
      h("select", { id: "filter", class: "small", onchange: pick },
        h("option", { value: "all" }, "Everything"), h("option", { value: "server" }, "Server"), h("option", { value: "widget" }, "Widget")),
      h("label", { class: "check" }, h("input", { type: "checkbox", id: "secrets", checked: secrets, onchange: (event: Event) => {
        secrets = (event.currentTarget as HTMLInputElement).checked;
        app.changed();
      } }), "Show secrets"),
      h("span", { class: "push" }, h("a", { href: "/api/traffic" }, "Save")),
      h("button", { type: "button", class: "plain", onclick: () => app.traffic.clear() }, "Clear")),
    all.length === 0 ? empty("Nothing yet.", "Every message between server, page and widget is listed here.")
      : h("ol", { key: "messages", class: "messages", "aria-label": "Messages, the newest first" }, all.toReversed().map((said) => message(app, said))),
  ];
}

const sides = { server: "server", page: "host", widget: "widget" };
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });

function message(app: App, said: Said): Tag {
  return h("li", { key: said.key, class: said.failed ? "failed" : undefined, "data-name": said.name, "data-from": said.from },
    folded(`said ${said.key}`, () => app.changed(), [
      h("span", { class: "name" }, said.name),
      h("span", { class: "detail side" }, `${sides[said.from]} to ${sides[said.to]}`),
      h("span", { class: "detail figures" }, said.milliseconds === undefined ? "" : `${said.milliseconds} ms`),
      h("time", { class: "detail figures", datetime: said.at.toISOString() }, clock.format(said.at)),
    ], () => code(secrets ? said.body : masked(said.body))));
}

/** current is the newest check of each place and session. */
function current(all: Checked[]): Checked[] {
  const seen = new Set<string>();
  return all.filter((c) => {
    const key = `${c.where} ${c.session}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function checks(app: App, latest: Checked[]): Child[] {
  if (app.checked.length === 0) return [empty("No session was seen yet.", "Each one is held to the documentation of the payment sheet: open a product, then pay.")];
  return [
    h("p", { key: "sum", class: "detail" }, `${app.checked.length} ${app.checked.length === 1 ? "session was" : "sessions were"} held to the documentation of the payment sheet.`),
    ...latest.map((c) => h("section", { key: c.key, class: "checked" },
      h("h2", null, c.where),
      c.violations.length === 0
        ? h("p", { class: "note positive" }, "Nothing to put right.")
        : h("ul", { class: "violations" }, c.violations.map((v, i) => h("li", { key: String(i), class: v.advice ? "advice" : "fault" },
            h("p", null, h("code", null, v.path)), h("p", { class: "strong" }, v.rule), h("p", { class: "detail" }, v.cure)))))),
  ];
}

const kinds: Record<string, string> = {
  policy: "Content security policy", error: "Error in the widget", console: "Console", warning: "Console", load: "Not loaded", visibility: "Visibility",
  link: "Link", widget: "Widget", payment: "Payment", check: "Check",
};

function problems(app: App): Child[] {
  if (app.problems.length === 0) return [empty("No problems.", "Broken policies, errors of the widget and calls that it may not make are listed here.")];
  return [h("ul", { key: "problems", class: "violations" }, app.problems.map((p) =>
    h("li", { key: p.key, class: p.advice ? "advice" : "fault" }, h("p", { class: "strong" }, kinds[p.kind] ?? p.kind), h("p", { class: "detail" }, p.text))))];
}

function switches(app: App): Child[] {
  const group = (name: string, title: string, controls: Control[]) =>
    h("fieldset", { key: name, class: "switches" }, h("legend", null, title), controls.map((c) => control(app, c)));
  return [
    group("look", "What the widget is shown in", look),
    group("host", "What the host does", host),
    h("button", { key: "usual", type: "button", class: "button", onclick: () => app.set(usual, true) }, "As usual"),
  ];
}

function control(app: App, c: Control): Tag {
  const id = `switch-${c.name}`;
  const value = app.switches[c.name];
  const change = (to: unknown) => app.set({ [c.name]: to } as Partial<Switches>, c.remounts);
  const hint = c.hint && h("p", { id: `${id}-hint`, class: "hint" }, c.hint);
  const described = c.hint ? `${id}-hint` : undefined;
  if (!c.choices) {
    return h("div", { key: c.name, class: "field" },
      h("label", { class: "check" }, h("input", { type: "checkbox", id, checked: value === true, "aria-describedby": described, onchange: (event: Event) => change((event.currentTarget as HTMLInputElement).checked) }), c.label), hint);
  }
  const numeric = typeof value === "number";
  return h("div", { key: c.name, class: "field" }, h("label", { for: id }, c.label),
    h("select", { id, key: `${id} ${String(value)}`, "aria-describedby": described, onchange: (event: Event) => {
      const chosen = (event.currentTarget as HTMLSelectElement).value;
      change(numeric ? Number(chosen) : chosen);
    } }, c.choices.map((o) => h("option", { key: o.value, value: o.value, selected: o.value === String(value) }, o.label))), hint);
}
