// Everything that is said, as it was said.

import { dict, text } from "./json.ts";

export type Side = "server" | "page" | "widget";

export interface Said {
  key: string;
  at: Date;
  from: Side;
  to: Side;
  name: string; // the method, or what it answers
  failed: boolean;
  milliseconds?: number; // since the question
  body: unknown;
  played: boolean; // the simulator made it up, by a switch or a card
}

const most = 400;

export class Traffic {
  readonly all: Said[] = [];
  private count = 0;
  private readonly open = new Map<string, { name: string; at: number }>();

  constructor(private readonly changed: () => void) {}

  /** add notes a JSON-RPC message. An answer is named for its question. */
  add(from: Side, to: Side, body: unknown, played = false): void {
    const message = dict(body);
    const id = message.id === undefined ? "" : JSON.stringify(message.id);
    let name = text(message.method);
    let milliseconds: number | undefined;
    if (name !== "") {
      const tool = text(dict(message.params).name);
      if (tool !== "" && (name === "tools/call" || name === "openai/callTool")) name += ` ${tool}`;
      if (id !== "") this.open.set(`${from} ${to} ${id}`, { name, at: performance.now() });
    } else {
      const asked = this.open.get(`${to} ${from} ${id}`);
      this.open.delete(`${to} ${from} ${id}`);
      name = asked?.name ?? "answer";
      if (asked) milliseconds = Math.round(performance.now() - asked.at);
    }
    const failed = message.error !== undefined || dict(message.result).isError === true;
    this.all.push({ key: String(++this.count), at: new Date(), from, to, name, failed, milliseconds, body, played });
    if (this.all.length > most) this.all.shift();
    this.changed();
  }

  clear(): void {
    this.all.length = 0;
    this.changed();
  }
}

const secretNames = ["token", "cvc", "number", "authorization", "three_ds_cryptogram", "checkout_url", "continue_url"];
const leastSecret = 8; // characters from which on a secret is looked for in other texts
const mask = "•••";

/** masked is a message without payment tokens, cards, and links that are good for whoever has them. */
export function masked(body: unknown): unknown {
  const found: string[] = [];
  const cut = (v: unknown): unknown => {
    if (Array.isArray(v)) return v.map(cut);
    if (typeof v !== "object" || v === null) return v;
    return Object.fromEntries(Object.entries(v).map(([name, value]) => {
      if (typeof value !== "string" || value === "" || !secretNames.includes(name.toLowerCase())) return [name, cut(value)];
      if (value.length >= leastSecret) found.push(value);
      return [name, mask];
    }));
  };
  const scrub = (v: unknown): unknown => {
    if (typeof v === "string") return found.reduce((all, secret) => all.replaceAll(secret, mask), v);
    if (Array.isArray(v)) return v.map(scrub);
    if (typeof v !== "object" || v === null) return v;
    return Object.fromEntries(Object.entries(v).map(([name, value]) => [name, scrub(value)]));
  };
  return scrub(cut(body));
}
