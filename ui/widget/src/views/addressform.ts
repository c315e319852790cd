// The form of the delivery address.

import { country } from "../format.ts";
import { h, sent, type Tag } from "../html.ts";
import { note, theirs, type Scene } from "../scene.ts";
import { addressFields, type Address, type AddressField, type Message, type Session } from "../session.ts";
import { afterPress } from "../press.ts";
import { countries, needed } from "./countries.ts";

interface Field {
  name: AddressField;
  autocomplete: string;
  half?: boolean;
}

const fields: Field[] = [
  { name: "name", autocomplete: "shipping name" },
  { name: "line_one", autocomplete: "shipping address-line1" },
  { name: "line_two", autocomplete: "shipping address-line2" },
  { name: "postal_code", autocomplete: "shipping postal-code", half: true },
  { name: "city", autocomplete: "shipping address-level2", half: true },
  { name: "state", autocomplete: "shipping address-level1", half: true },
  { name: "country", autocomplete: "shipping country", half: true },
];

export function addressForm(scene: Scene, session: Session, problems: Message[]): Tag {
  const { checkout, words, missing } = scene;
  const wrong = new Map<AddressField, string>();
  for (const m of problems) {
    const name = fieldOf(m);
    if (name) wrong.set(name, m.content);
  }
  const to = scene.country ?? (session.address?.country || home(scene));
  for (const name of missing) if (needed(name, to)) wrong.set(name, words.say("fieldMissing"));
  const listed = scene.sent ? fields.filter(({ name }) => wrong.has(name)) : [];
  return h("form", { class: "fields", novalidate: true, autocomplete: "on" },
    listed.length > 0 && h("div", { class: "problems", id: "problems", tabindex: "-1" },
      h("p", null, words.say("addressErrors")),
      h("ul", null, listed.map(({ name }) =>
        // Not a link to a fragment: in a frame without an address that leads away.
        h("li", { key: name }, h("button", { type: "button", class: "plain", onclick: () => document.getElementById(name)?.focus() }, words.say(name)))))),
    problems.filter((m) => fieldOf(m) === undefined).map(note),
    fields.map((field) => draw(scene, session, field, to, wrong.get(field.name))),
    h("div", { class: "actions" },
      h("button", { type: "submit", class: "button", "aria-disabled": checkout.address.saving ? "true" : undefined, onclick: (event: Event) => save(scene, session, event) },
        words.say("addressSave")),
      h("button", { type: "button", class: "plain", onclick: () => close(scene) }, words.say("addressKeep"))));
}

/** fieldOf is the field that a message of the server is about. */
function fieldOf(m: Message): AddressField | undefined {
  if (m.code === "region_restricted") return "country";
  return addressFields.find((name) => name === m.param.split(".").at(-1));
}

function draw(scene: Scene, session: Session, { name, autocomplete, half }: Field, to: string, problem: string | undefined): Tag {
  const { words, missing } = scene;
  const must = needed(name, to);
  const value = session.address?.[name] ?? "";
  const props = {
    id: name,
    name,
    autocomplete,
    "aria-required": must ? "true" : undefined,
    "aria-invalid": problem ? "true" : undefined,
    "aria-describedby": problem ? `${name}-problem` : undefined,
    onblur: (event: Event) => {
      const empty = (event.target as HTMLInputElement).value.trim() === "";
      if (!must || empty === missing.has(name)) return;
      if (empty) missing.add(name);
      else missing.delete(name);
      afterPress(() => scene.redraw());
    },
  };
  return h("div", { key: name, class: half ? "field half" : "field" },
    h("label", { for: name }, words.say(name), !must && h("span", { class: "optional" }, ` (${words.say("optional")})`)),
    name === "country" ? choice(scene, props, value) : h("input", { ...props, type: "text", value, maxlength: 256 }),
    problem !== undefined && theirs("p", { class: "note negative", id: `${name}-problem` }, problem));
}

/** home is the country that the reader's locale is of. */
function home({ words }: Scene): string {
  return new Intl.Locale(words.locale).maximize().region ?? "";
}

function choice(scene: Scene, props: Record<string, unknown>, value: string): Tag {
  const { words } = scene;
  const chosen = value || home(scene);
  const names = countries.map((code) => ({ code, name: country(words.wording, code) }));
  names.sort((a, b) => a.name.localeCompare(b.name, words.wording));
  const onchange = (event: Event) => {
    scene.country = (event.target as HTMLSelectElement).value;
    afterPress(() => scene.redraw());
  };
  return h("select", { ...props, onchange } as never,
    h("option", { value: "" }, words.say("countryNone")),
    names.map(({ code, name }) => h("option", { key: code, value: code, selected: code === chosen }, name)));
}

function close(scene: Scene): void {
  scene.checkout.address.open = false;
  scene.missing.clear();
  scene.focus("#address-change, #address-add");
  scene.redraw();
}

function save(scene: Scene, session: Session, event: Event): void {
  const form = sent(event);
  if (scene.checkout.address.saving) return;
  const data = new FormData(form);
  const typed = (name: AddressField) => String(data.get(name) ?? session.address?.[name] ?? "").trim();
  const address = Object.fromEntries(addressFields.map((name) => [name, typed(name)])) as Address;
  scene.missing.clear();
  scene.sent = true;
  for (const { name } of fields) if (needed(name, address.country) && address[name] === "") scene.missing.add(name);
  if (scene.missing.size > 0) {
    scene.focus("#problems");
    scene.redraw();
    return;
  }
  scene.checkout.edit({ address }, "once");
}
