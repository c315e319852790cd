// A widget that is shown, and what it was opened with.

import type { App } from "./app.ts";
import { ask, type Dressed } from "./api.ts";
import { answerBridge } from "./bridge.ts";
import { Frame } from "./frame.ts";
import { dict, list, text, type Dict } from "./json.ts";
import { answerOpenAI, dataOf, memberNames } from "./openai.ts";
import { widgetOf, type Tool } from "./tool.ts";

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

const teardownPatience = 500; // milliseconds

export class Mounted {
  mode: Mode = "inline";
  height = 0;
  state: unknown;
  greeted = false; // the bridge stands
  private frame?: Frame;
  dressed?: Dressed;

  constructor(
    readonly app: App,
    readonly opening: Opening,
  ) {
    this.state = opening.state ?? null;
    if (opening.view) this.mode = "modal";
  }

  get id(): string {
    return this.app.conversation.widgetSession;
  }

  /** show reads the widget of the server and puts it into a place of the page. */
  async show(place: Element): Promise<void> {
    const { app, opening } = this;
    const uri = opening.template ?? widgetOf(opening.tool);
    const contents = list(dict(await app.client.request("resources/read", { uri })).contents);
    const content = contents.find((c) => c.uri === uri) ?? contents[0];
    if (!content) throw new Error(`The server has no widget at ${uri}.`);
    const globals = { members: app.switches.openai ? memberNames(app.switches) : [], data: app.switches.openai ? dataOf(this) : null };
    this.dressed = await ask<Dressed>("/api/widget", { content, globals });
    for (const problem of this.dressed.problems) app.problem("widget", problem, true);
    this.frame = new Frame(place, app.setup.frame, this.dressed, (message) => this.heard(message));
    this.frame.element.setAttribute("aria-describedby", "stage-name");
  }

  private heard(message: Dict): void {
    const method = text(message.method);
    if (method === "simulator/problem") {
      const { kind, text: words } = dict(message.params);
      this.app.problem(text(kind), text(words), kind === "warning");
      return;
    }
    this.app.traffic.add("widget", "page", message);
    if (method === "") return;
    const answering = method.startsWith("openai/") ? answerOpenAI(this, method, dict(message.params)) : answerBridge(this, method, dict(message.params));
    answering.then(
      (result) => message.id !== undefined && result !== silence && this.say({ id: message.id, result: result ?? {} }),
      (error: unknown) => message.id !== undefined && this.say({ id: message.id, error: errorOf(error) }),
    );
  }

  /** say tells the widget something, and notes it. */
  say(message: object): void {
    if (!this.frame) return;
    this.app.traffic.add("page", "widget", { jsonrpc: "2.0", ...message });
    this.frame.say(message);
  }

  /** globals tells both worlds of a change: what ChatGPT has, and a part of the bridge's context. */
  changed(globals: object, context: object): void {
    if (this.app.switches.openai) this.say({ method: "openai/set_globals", params: globals });
    if (this.greeted) this.say({ method: "ui/notifications/host-context-changed", params: context });
  }

  display(mode: Mode): void {
    this.mode = mode;
    this.app.changed();
    this.changed({ displayMode: mode, maxHeight: this.app.roomFor(mode) }, { displayMode: mode, containerDimensions: this.app.dimensions(mode) });
  }

  /** end lets the widget finish, and takes it away. */
  async end(): Promise<void> {
    if (this.greeted) await this.frame?.ask("ui/resource-teardown", {}, teardownPatience);
    this.frame?.remove();
    this.frame = undefined;
  }
}

/** silence is the answer of a switched off bridge: none. */
export const silence = Symbol("silence");

function errorOf(error: unknown): object {
  const { message, code, data } = error as { message?: unknown; code?: unknown; data?: unknown };
  return { code: typeof code === "number" ? code : -32000, message: String(message ?? error), ...(data === undefined ? {} : { data }) };
}
