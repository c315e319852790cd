// A conversation has an address, at which it is found again: the shop's page
// sends the buyer back there.

import { dict, text, type Dict } from "./json.ts";

export interface Kept {
  tool: string;
  input: Dict;
  result: Dict;
  state: unknown;
}

const prefix = "checkstand.conversation.";
const most = 20;

export class Conversation {
  readonly id: string;
  readonly subject = "sim-buyer";

  constructor() {
    const named = /^\/c\/([\w-]{1,64})$/.exec(location.pathname)?.[1];
    this.id = named ?? crypto.randomUUID();
  }

  get address(): string {
    return `${location.origin}/c/${this.id}`;
  }

  get widgetSession(): string {
    return `sim-${this.id}`;
  }

  /** kept is what was open when the conversation was left. */
  kept(): Kept | undefined {
    try {
      const kept = dict(JSON.parse(localStorage.getItem(prefix + this.id) ?? "null"));
      return text(kept.tool) === "" ? undefined : { tool: text(kept.tool), input: dict(kept.input), result: dict(kept.result), state: kept.state ?? null };
    } catch {
      return undefined;
    }
  }

  keep(kept: Kept): void {
    history.replaceState(null, "", this.address);
    try {
      localStorage.setItem(prefix + this.id, JSON.stringify({ ...kept, at: Date.now() }));
      const all = Object.keys(localStorage).filter((name) => name.startsWith(prefix));
      const age = (name: string) => Number(dict(JSON.parse(localStorage.getItem(name) ?? "null")).at ?? 0);
      for (const old of all.sort((a, b) => age(b) - age(a)).slice(most)) localStorage.removeItem(old);
    } catch {
      // Coming back begins anew then.
    }
  }
}
