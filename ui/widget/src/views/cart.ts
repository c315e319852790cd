// The lines of the cart.

import { h, type Tag } from "../html.ts";
import { amount, note, theirs, type Scene } from "../scene.ts";
import type { Line, Message, Session } from "../session.ts";
import { minus, parcel, plus } from "./icons.ts";

const mostOfOne = 999;

export function cart(scene: Scene, session: Session): Tag {
  return h("section", { key: "cart", class: "cart", "aria-labelledby": "cart-title" },
    h("h2", { id: "cart-title", class: "unseen" }, scene.words.say("cart")),
    h("ul", { class: "lines" }, session.lines.map((line) => row(scene, session, line))));
}

function row(scene: Scene, session: Session, line: Line): Tag {
  const { checkout, words } = scene;
  const notes = checkout.updating ? [] : session.messages.filter((m) => about(checkout.session, line, m));
  return h("li", { key: line.id },
    picture(line),
    h("div", { class: "body" },
      h("div", { class: "pair" },
        h("div", { class: "what" },
          theirs("p", { class: "title" }, line.name),
          line.detail !== "" && h("p", { class: "detail", dir: "auto" }, line.detail), // what is cut off is its end
          !checkout.editable && line.quantity > 1 && h("p", { class: "detail" }, words.say("items", {}, line.quantity))),
        price(scene, session, line, checkout.updating)),
      checkout.asking ? question(scene) : checkout.editable && changes(scene, session, line),
      notes.map(note)));
}

/** price is what a line comes to, and what it was before a discount. */
export function price(scene: Scene, session: Session, line: Line, old: boolean): Tag {
  const before = amount(scene, session, line.base);
  return h("p", { class: old ? "amount old" : "amount" },
    line.subtotal < line.base && [h("s", null, h("span", { class: "unseen" }, scene.words.say("wasPrice"), " "), before), " "],
    amount(scene, session, line.subtotal));
}

/** picture keeps its place before it is there, and when it never comes. */
export function picture(line: Line): Tag {
  return h("div", { class: "picture" },
    parcel(),
    line.picture !== "" && h("img", {
      key: line.picture,
      onerror: (event: Event) => (event.target as HTMLElement).remove(),
      src: line.picture,
      alt: "",
      width: 72,
      height: 72,
      decoding: "async",
      referrerpolicy: "no-referrer",
    }));
}

function changes(scene: Scene, session: Session, line: Line): Tag {
  const { checkout, words } = scene;
  const { name, quantity, item } = line;
  const step = (by: number, label: string, sign: Tag, possible: boolean) =>
    h("button", {
      type: "button",
      class: "step",
      "aria-label": label,
      "aria-disabled": possible ? undefined : "true",
      onclick: () => possible && checkout.setQuantity(item, quantity + by),
    }, sign);
  return h("div", { class: "changes" },
    h("div", { class: "stepper", role: "group", "aria-label": words.say("quantityOf", { name }) },
      step(-1, words.say("fewer", { name }), minus(), quantity > 1),
      h("output", { class: "number" }, words.number(quantity)),
      step(1, words.say("more", { name }), plus(), quantity < mostOfOne)),
    h("button", {
      type: "button",
      class: "plain",
      "aria-label": words.say("removeItem", { name }),
      onclick: () => {
        if (session.lines.length > 1) {
          scene.focus("h1");
          checkout.setQuantity(item, 0);
        } else {
          scene.focus(".question");
          checkout.ask(line.id);
        }
      },
    }, words.say("remove")));
}

/** question is asked before the last item goes, and the session with it. */
function question(scene: Scene): Tag {
  const { checkout, words } = scene;
  const busy = checkout.stage === "ending" || checkout.updating;
  const keep = () => {
    if (checkout.stage === "ending") return;
    scene.focus(".changes .plain");
    checkout.ask("");
  };
  return h("div", { key: "question", class: "question", role: "group", tabindex: "-1", "aria-labelledby": "question-title", "aria-describedby": "question-note",
    onkeydown: (event: KeyboardEvent) => {
      if (event.key === "Escape") keep(); // what it returned would hold other keys back
    } },
    h("p", { id: "question-title", class: "title" }, words.say("lastTitle")),
    h("p", { id: "question-note", class: "detail" }, words.say("lastNote")),
    h("div", { class: "actions" },
      h("button", { type: "button", id: "leave", class: "button", "aria-disabled": busy ? "true" : undefined, onclick: () => void checkout.empty() }, words.say("lastYes")),
      h("button", { type: "button", class: "plain", onclick: keep }, words.say("lastNo"))));
}

/** about tells whether a message is about a line; its path counts the server's lines. */
function about(session: Session | undefined, line: Line, m: Message): boolean {
  const found = /^\$\.(?:line_items|items)\[(\d+)\]/.exec(m.param);
  return found !== null && session?.lines[Number(found[1])]?.id === line.id;
}

export const aboutLine = (m: Message): boolean => /^\$\.(line_items|items)\[\d+\]/.test(m.param);
