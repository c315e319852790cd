// The widget starts here.

import { Checkout } from "./checkout.ts";
import { money, tag } from "./format.ts";
import { Host } from "./host.ts";
import { paint } from "./html.ts";
import { unpack } from "./packed.ts";
import { Payment } from "./payment.ts";
import { noticeText, type Scene } from "./scene.ts";
import { Words, type Catalogues } from "./texts.ts";
import { show, view, type Show } from "./view.ts";

const root = document.documentElement;
const place = document.getElementById("checkout");
const said = document.getElementById("said");
const given = root.lang === "en" ? "" : root.lang; // by a host that sets it before the widget runs
if (!place || !said) throw new Error("the page has no place for the checkout");

const host = new Host({
  answer: (answer) => {
    checkout.arrived(answer);
    payment.arrived();
  },
  canceled: () => checkout.dropped(),
  surroundings: () => {
    scene.redraw();
    measure();
  },
});
const checkout = new Checkout(host, () => scene.redraw());
const payment = new Payment(checkout, () => scene.redraw());

let catalogues: Catalogues = {}; // until they are unpacked, before anything is drawn
let wish = ""; // what gets the focus after the next drawing
let drawn: Show | undefined;
let heard = ""; // what was read aloud last
let saving = false; // an address was, when it was drawn last

const scene: Scene = {
  words: new Words(tag(), catalogues),
  host,
  checkout,
  payment,
  missing: new Set(),
  sent: false,
  focus: (selector) => {
    wish = selector;
  },
  redraw,
};

function readerLocale(): string {
  return tag(host.surroundings.locale, given, checkout.shop?.locale ?? "", navigator.language);
}

const wordsFor = (locale: string): Words => new Words(locale, catalogues, navigator.languages);

function redraw(): void {
  surround();
  const focused = document.activeElement;
  paint(place as HTMLElement, view(scene));
  const now = show(scene);
  // What had the focus may be gone; the reader goes on near by.
  if (focused && focused !== document.body && !focused.isConnected) wish ||= focused.id === "code" ? ".entry summary" : "h1";
  // What replaces the cart takes the focus with it, where the reader was in there.
  if (drawn === "cart" && now !== "cart" && document.hasFocus()) wish ||= "h1";
  drawn = now;
  if (saving && !checkout.address.saving) wish ||= checkout.address.open ? "#problems" : "#address-change,[name=delivery]";
  saving = checkout.address.saving;
  if (wish !== "") document.querySelector<HTMLElement>(wish)?.focus();
  wish = "";
  announce(now);
}

/** surround follows the host's theme, language and room. */
function surround(): void {
  const { theme, mode, insets } = host.surroundings;
  const locale = readerLocale();
  if (locale !== scene.words.locale) scene.words = wordsFor(locale);
  root.lang = scene.words.language;
  root.dir = scene.words.direction;
  root.dataset.mode = mode;
  if (theme === "light" || theme === "dark") root.dataset.scheme = theme;
  for (const side of ["top", "right", "bottom", "left"] as const) root.style.setProperty(`--room-${side}`, `${insets[side] ?? 0}px`);
  document.title = scene.words.say("title");
}

/** announce reads aloud what has changed. */
function announce(now: Show): void {
  const { words } = scene;
  const session = checkout.session;
  const total = session?.totals.find((t) => t.type === "total");
  let text = "";
  if (checkout.notice && (now === "cart" || now === "bank")) text = noticeText(scene, checkout.notice);
  else if (now === "cart" && session) {
    if (checkout.updating) return;
    if (total) text = words.say("totalIs", { amount: money(words.numbers, session.currency, total.amount) });
  } else if (now !== "loading" && now !== "cart") text = words.say(`${now}Title`);
  if (text === heard || text === "") return;
  heard = text;
  (said as HTMLElement).textContent = text;
}

function measure(): void {
  const box = document.body.getBoundingClientRect();
  host.size(Math.ceil(box.width), Math.ceil(box.height));
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") payment.returned();
});
window.addEventListener("focus", () => {
  // Inside a chat the window is focused with every click into it.
  if (checkout.stage !== "shopping" || checkout.status !== "open") payment.returned();
});
void unpack().then((texts) => {
  catalogues = texts;
  scene.words = wordsFor(readerLocale());
  new ResizeObserver(measure).observe(document.body);
  host.start();
  redraw();
});
