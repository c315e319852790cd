// What every view is drawn from.

import type { Checkout, Notice } from "./checkout.ts";
import { money } from "./format.ts";
import type { Host } from "./host.ts";
import { h, type Tag } from "./html.ts";
import type { Payment } from "./payment.ts";
import type { AddressField, Message, Session } from "./session.ts";
import type { Words } from "./texts.ts";

export interface Scene {
  words: Words;
  host: Host;
  checkout: Checkout;
  payment: Payment;
  /** Fields of the address that were left without what they need. */
  missing: Set<AddressField>;
  /** The country that is chosen in the form, while it is another than the address's. */
  country?: string | undefined;
  /** Whether the form was sent: only then its problems are listed above it. */
  sent: boolean;
  /** focus moves the focus once the change is drawn. */
  focus(selector: string): void;
  redraw(): void;
}

export const amount = (scene: Scene, session: Session, minor: number): string => money(scene.words.numbers, session.currency, minor);

/** theirs draws text of the shop, which may run the other way than the widget's own. */
export const theirs = (name: string, props: { class?: string; key?: string; id?: string }, text: string): Tag => h(name, props, h("bdi", null, text));

type Tone = Notice["tone"];

const tones: Record<string, Tone> = { error: "negative", warning: "caution" };

/** note draws a message of the server where it belongs. */
export function note(m: Message): Tag {
  return theirs("p", { class: `note ${tones[m.type] ?? "neutral"}` }, m.content);
}

/** banner says what the last try came to. */
export const banner = (scene: Scene, notice: Notice): Tag => h("p", { class: `notice ${notice.tone}`, id: "notice" }, noticeText(scene, notice));

export function noticeText(scene: Scene, notice: Notice): string {
  return "key" in notice ? scene.words.say(notice.key) : notice.text;
}

/** away makes a link open outside of the widget, where the host can do that. */
export function away(scene: Scene, url: string, props: Record<string, string>, text: string): Tag {
  return h("a", {
    ...props,
    href: url,
    target: "_blank",
    rel: "noopener noreferrer",
    onclick: (event: Event) => {
      if (!scene.host.opens) return;
      event.preventDefault();
      void scene.host.open(url);
    },
  }, text);
}
