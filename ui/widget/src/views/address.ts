// Where the order goes: a summary, and a form for it.

import { aboutAddress } from "../checkout.ts";
import { country } from "../format.ts";
import { h, type Tag } from "../html.ts";
import { note, theirs, type Scene } from "../scene.ts";
import type { Address, Session } from "../session.ts";
import { town } from "../town.ts";
import { addressForm } from "./addressform.ts";

export function address(scene: Scene, session: Session): Tag | undefined {
  const { checkout, words } = scene;
  const at = session.address;
  const needed = at !== undefined || session.messages.some(aboutAddress) || session.options.some((option) => option.goods);
  if (!needed || (!at && !checkout.editable)) return undefined;
  const problems = checkout.updating ? [] : session.messages.filter((m) => aboutAddress(m) && m.code !== "missing");
  return h("section", { key: "address", class: "block", "aria-labelledby": "address-title" },
    h("div", { class: "titled" },
      h("h2", { id: "address-title" }, words.say("address")),
      at && checkout.editable && !checkout.address.open &&
        h("button", { type: "button", class: "plain", id: "address-change", "aria-label": words.say("addressChangeName"), onclick: () => openForm(scene) },
          words.say("addressChange"))),
    checkout.address.open && (checkout.editable || checkout.address.saving)
      ? addressForm(scene, session, problems)
      : at
        ? [summary(scene, at), problems.map(note)]
        : [
            h("p", { class: "detail" }, words.say("addressMissing")),
            h("button", { type: "button", class: "button", id: "address-add", onclick: () => openForm(scene) }, words.say("addressAdd")),
          ]);
}

function openForm(scene: Scene): void {
  scene.checkout.address.open = true;
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
