// Links that lead out of the chat.

import type { Host, Shown } from "./host.ts";

/** A link that the buyer is asked about. */
export interface Asked {
  url: string;
  blocked: boolean; // the browser did not open it by itself
  decide(open: boolean): void;
}

export class Outside {
  asked?: Asked;

  constructor(private readonly host: Host) {}

  /** open leads to an address in a new tab. It resolves with whether it was opened. */
  async open(href: string, back: boolean, from: Shown): Promise<boolean> {
    const { host } = this;
    if (!URL.canParse(href) || !["http:", "https:"].includes(new URL(href).protocol)) {
      host.problem("link", `Not an address that a host opens: ${href.slice(0, 200)}`);
      return false;
    }
    const url = new URL(href);
    if (!from.dressed?.redirects.includes(url.origin)) return this.ask(url.href, false);
    if (back && host.switches.back) url.searchParams.set("redirectUrl", host.conversation.address);
    if (this.leave(url.href)) return true;
    return this.ask(url.href, true); // it was too long after the click
  }

  private leave(url: string): boolean {
    const tab = window.open(url, "_blank");
    if (!tab) return false;
    tab.opener = null;
    this.host.note("Opened in a new tab", new URL(url).origin);
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
          this.host.changed();
        },
      };
      this.host.changed();
    });
  }
}
