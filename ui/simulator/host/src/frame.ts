// A widget in its two frames: the outer one of another origin, and in it the
// widget itself, without an origin.

import type { Dressed } from "./api.ts";
import { dict, text, whole, type Dict } from "./json.ts";

export class Frame {
  readonly element = document.createElement("iframe");
  private readonly listening = new AbortController();
  private asked = 0;
  private readonly waiting = new Map<string, (answer: Dict) => void>();

  /** heard gets every message of the widget but the answers to ask. */
  constructor(place: Element, address: string, dressed: Dressed, private readonly heard: (message: Dict) => void) {
    const origin = new URL(address).origin;
    this.element.title = "Widget";
    this.element.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms");
    if (dressed.allow !== "") this.element.allow = dressed.allow;
    window.addEventListener("message", (event: MessageEvent<unknown>) => {
      if (event.source !== this.element.contentWindow || event.origin !== origin) return;
      const message = dict(event.data);
      if (message.jsonrpc !== "2.0") return;
      if (message.method === "ui/notifications/sandbox-proxy-ready") {
        this.say({ method: "ui/notifications/sandbox-resource-ready", params: { html: dressed.html, sandbox: "allow-scripts allow-forms", allow: dressed.allow } });
        return;
      }
      const answered = text(message.method) === "" ? this.waiting.get(text(message.id)) : undefined;
      if (answered) {
        this.waiting.delete(text(message.id));
        answered(message);
      } else this.heard(message);
    }, { signal: this.listening.signal });
    this.element.src = address;
    place.append(this.element);
  }

  say(message: object): void {
    this.element.contentWindow?.postMessage({ jsonrpc: "2.0", ...message }, new URL(this.element.src).origin);
  }

  /** ask waits for the widget's answer, not longer than patience, in milliseconds. */
  ask(method: string, params: object, patience: number): Promise<Dict | undefined> {
    const id = `host:${++this.asked}`;
    return new Promise((done) => {
      this.waiting.set(id, done);
      setTimeout(() => done(undefined), patience);
      this.say({ id, method, params });
    });
  }

  remove(): void {
    this.listening.abort();
    this.element.remove();
  }
}

/** heightOf reads a wish for room. */
export function heightOf(params: Dict): number | undefined {
  const height = params.height;
  return whole(typeof height === "number" ? Math.ceil(height) : height);
}
