// What the page asks of the program that serves it.

import { dict, text } from "./json.ts";

export interface Card {
  id: string;
  title: string;
  says: string;
  last4: string;
  played?: string;
}

export interface Setup {
  mcp_url: string;
  frame: string; // the address of the frame on the other origin
  cards: Card[];
  sandbox: boolean; // tokens are issued by a sandbox payment provider
  version: string;
}

export interface Violation {
  path: string;
  rule: string;
  cure: string;
  advice?: boolean;
}

/** An authentication by a bank: its question while that is open, then the result. */
export interface Asked {
  id: string;
  link?: string;
  authentication_result?: object;
}

/** A widget that is ready for its frame. */
export interface Dressed {
  html: string;
  policy: string;
  allow: string;
  border: boolean;
  redirects: string[];
  problems: string[];
}

/** ask calls one of the program's own endpoints. Its error says what is wrong, in words. */
export async function ask<T>(path: string, body: object): Promise<T> {
  const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(text(dict(answer).error) || `The simulator answered ${response.status}.`);
  return answer as T;
}
