// Links that lead out of the chat.

import type { App } from "./app.ts";
import type { Mounted } from "./mounted.ts";

/** A link that the buyer is asked about. */
export interface Asked {
  url: string;
  blocked: boolean; // the browser did not open it by itself
  decide(open: boolean): void;
}

export class Outside {
  asked?: Asked;

  constructor(private readonly app: App) {}

  /** open leads to an address in a new tab. It resolves with whether it was opened. */
  async open(href: string, back: boolean, mounted: Mounted): Promise<boolean> {
    const { app } = this;
    if (!URL.canParse(href) || !["http:", "https:"].includes(new URL(href).protocol)) {
      app.problem("link", `Not an address that a host opens: ${href.slice(0, 200)}`);
      return false;
    }
    const url = new URL(href);
    if (!mounted.dressed?.redirects.includes(url.origin)) return this.ask(url.href, false);
    if (back && app.switches.back) url.searchParams.set("redirectUrl", app.conversation.address);
    if (this.leave(url.href)) return true;
    return this.ask(url.href, true); // it was too long after the click
  }

  private leave(url: string): boolean {
    const tab = window.open(url, "_blank");
    if (!tab) return false;
    tab.opener = null;
    this.app.note("Opened in a new tab", new URL(url).origin);
    return true;
  }

  private ask(url: string, blocked: boolean): Promise<boolean> {
    this.asked?.decide(false);
    return new Promise((done) => {
      this.asked = {
        url,
        blocked,
        decide: (open) => {
          this.asked = undefined;
          done(open && this.leave(url));
          this.app.changed();
        },
      };
      this.app.changed();
    });
  }
}
