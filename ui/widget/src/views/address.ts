// Where the order goes: a summary, and a form for it.

import { aboutAddress } from "../checkout.ts";
import { country } from "../format.ts";
import { h, type Tag } from "../html.ts";
import { note, theirs, type Scene } from "../scene.ts";
import type { Address, Session } from "../session.ts";
import { town } from "../town.ts";
import { addressForm } from "./addressform.ts";
import { chosen } from "./delivery.ts";

export function address(scene: Scene, session: Session): Tag | undefined {
  const { checkout, words } = scene;
  const at = session.address;
  const { open } = checkout.address;
  if (!sentTo(session)) {
    // All is picked up, or can be: an address opens the other ways.
    if (!checkout.editable || (!open && (at || !session.delivers))) return undefined;
    if (!open) return h("div", { key: "address", class: "block" }, h("button", { type: "button", class: "plain", id: "address-add", onclick: () => openForm(scene) }, words.say("addressElse")));
  }
  const needed = at !== undefined || session.messages.some(aboutAddress) || session.options.some(({ way }) => way !== "digital");
  if (!needed || (!at && !checkout.editable)) return undefined;
  const problems = checkout.updating ? [] : session.messages.filter((m) => aboutAddress(m) && m.code !== "missing");
  return h("section", { key: "address", class: "block", "aria-labelledby": "address-title" },
    h("div", { class: "titled" },
      h("h2", { id: "address-title" }, words.say("address")),
      at && checkout.editable && !open &&
        h("button", { type: "button", class: "plain", id: "address-change", "aria-label": words.say("addressChangeName"), onclick: () => openForm(scene) },
          words.say("addressChange"))),
    open && (checkout.editable || checkout.address.saving)
      ? addressForm(scene, session, problems)
      : at
        ? [summary(scene, at), problems.map(note)]
        : [
            h("p", { class: "detail" }, words.say("addressMissing")),
            h("button", { type: "button", class: "button", id: "address-add", onclick: () => openForm(scene) }, words.say("addressAdd")),
          ]);
}

/** sentTo tells whether anything of an order goes to the buyer's address, as far as is known. */
export function sentTo(session: Session): boolean {
  const goods = chosen(session).filter(({ way }) => way.way !== "digital");
  return goods.length > 0 ? goods.some(({ way }) => way.way !== "pickup") : !session.options.some(({ way }) => way === "pickup");
}

function openForm(scene: Scene): void {
  scene.checkout.address.open = true;
  scene.country = undefined;
  scene.missing.clear();
  scene.sent = false;
  scene.focus("#name");
  scene.redraw();
}

/** summary writes an address in two lines. */
export function summary(scene: Scene, at: Address): Tag {
  const street = [at.line_one, at.line_two].filter(Boolean).join(", ");
  const land = at.country === "" ? "" : country(scene.words.wording, at.country);
  return h("address", null,
    theirs("span", { class: "title" }, at.name),
    theirs("span", {}, [street, town(at), land].filter(Boolean).join(", ")));
}
