// What widgets, the payment sheet, links and the shelf know of the host that
// they live in, and the host of a widget. App and Mounted are these.

import type { Dressed, Setup } from "./api.ts";
import type { Conversation } from "./conversation.ts";
import type { Dict } from "./json.ts";
import type { Client } from "./mcp.ts";
import type { Switches } from "./switches.ts";
import type { Tool } from "./tool.ts";
import type { Traffic } from "./traffic.ts";

export type Mode = "inline" | "fullscreen" | "pip" | "modal";

/** What a widget is opened with. */
export interface Opening {
  tool: Tool;
  input: Dict;
  result: Dict;
  state: unknown; // widgetState of an earlier life
  template?: string; // another widget than the tool's
  view?: { mode: string; params?: unknown };
}

/** A widget that is shown. */
export interface Shown {
  readonly host: Host;
  readonly opening: Opening;
  readonly id: string;
  mode: Mode;
  height: number;
  state: unknown;
  /** surroundings are those that the greeting of the bridge tells of. */
  surroundings(): Dict;
  /** greet is called when the widget has answered the greeting: the bridge stands. */
  greet(): void;
  dressed?: Dressed;
  say(message: object): void;
  display(mode: Mode): void;
  end(): Promise<void>;
}

export interface Host {
  readonly setup: Setup;
  readonly switches: Switches;
  readonly server: Dict;
  readonly tools: Tool[];
  readonly scheme: "light" | "dark";
  readonly traffic: Traffic;
  readonly client: Client;
  readonly conversation: Conversation;
  readonly sheet: { open(session: Dict): Promise<unknown> };
  readonly outside: { open(href: string, back: boolean, from: Shown): Promise<boolean> };
  roomFor(mode: Mode): number;
  dimensions(mode: Mode): object;
  surroundings(mode: Mode): Dict;
  merchantFields(): Dict;
  modelMayCall(tool: Tool): boolean;
  callTool(name: string, args: Dict): Promise<Dict>;
  callForWidget(name: string, args: Dict): Promise<Dict>;
  run(tool: Tool, input: Dict): Promise<Dict | undefined>;
  openModal(from: Shown, wish: Dict): Promise<void>;
  resize(shown: Shown, height: number): void;
  remember(shown: Shown): void;
  close(shown: Shown): Promise<void>;
  check(where: string, session: Dict, handed: boolean): void;
  problem(kind: string, words: string, advice?: boolean): void;
  note(title: string, body: string): void;
  say(words: string): void;
  context(told: Dict): void;
  changed(): void; // something is to be drawn anew
}

/** silence is the answer of a switched off bridge: none. */
export const silence = Symbol("silence");
