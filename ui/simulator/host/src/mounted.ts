// A widget that is shown, and what it was opened with.

import { ask, type Dressed } from "./api.ts";
import { answerBridge } from "./bridge.ts";
import { Frame } from "./frame.ts";
import { silence, type Host, type Mode, type Opening, type Shown } from "./host.ts";
import { dict, list, text, type Dict } from "./json.ts";
import { answerOpenAI, dataOf, memberNames } from "./openai.ts";
import { widgetOf } from "./tool.ts";

const teardownPatience = 500; // milliseconds

export class Mounted implements Shown {
  mode: Mode = "inline";
  height = 0;
  state: unknown;
  private greeted = false; // the bridge stands
  private told = ""; // the surroundings in the greeting
  private frame?: Frame;
  private ended = false;
  dressed?: Dressed;

  constructor(
    readonly host: Host,
    readonly opening: Opening,
  ) {
    this.state = opening.state ?? null;
    if (opening.view) this.mode = "modal";
  }

  get id(): string {
    return this.host.conversation.widgetSession;
  }

  /** show reads the widget of the server and puts it into a place of the page, unless it was closed meanwhile. */
  async show(place: Element): Promise<void> {
    const { host, opening } = this;
    const uri = opening.template ?? widgetOf(opening.tool);
    const contents = list(dict(await host.client.request("resources/read", { uri })).contents);
    const content = contents.find((c) => c.uri === uri) ?? contents[0];
    if (!content) throw new Error(`The server has no widget at ${uri}.`);
    const globals = { members: host.switches.openai ? memberNames(host.switches) : [], data: host.switches.openai ? dataOf(this) : null };
    this.dressed = await ask<Dressed>("/api/widget", { content, globals });
    for (const problem of this.dressed.problems) host.problem("widget", problem, true);
    if (this.ended) return;
    this.frame = new Frame(place, host.setup.frame, this.dressed, (message) => this.heard(message));
    this.frame.element.setAttribute("aria-describedby", "stage-name");
  }

  private heard(message: Dict): void {
    const method = text(message.method);
    if (method === "simulator/problem") {
      const { kind, text: words } = dict(message.params);
      this.host.problem(text(kind), text(words), kind === "warning");
      return;
    }
    this.host.traffic.add("widget", "page", message);
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
    this.host.traffic.add("page", "widget", { jsonrpc: "2.0", ...message });
    this.frame.say(message);
  }

  surroundings(): Dict {
    const now = this.host.surroundings(this.mode);
    this.told = JSON.stringify(now);
    return now;
  }

  /** greet tells what has changed since the greeting: nothing is told to a widget that has not answered it. */
  greet(): void {
    this.greeted = true;
    const now = this.host.surroundings(this.mode);
    if (this.told !== JSON.stringify(now)) this.say({ method: "ui/notifications/host-context-changed", params: now });
  }

  /** globals tells both worlds of a change: what ChatGPT has, and a part of the bridge's context. */
  changed(globals: object, context: object): void {
    if (this.host.switches.openai) this.say({ method: "openai/set_globals", params: globals });
    if (this.greeted) this.say({ method: "ui/notifications/host-context-changed", params: context });
  }

  display(mode: Mode): void {
    this.mode = mode;
    this.host.changed();
    this.changed({ displayMode: mode, maxHeight: this.host.roomFor(mode) }, { displayMode: mode, containerDimensions: this.host.dimensions(mode) });
  }

  /** end lets the widget finish, and takes it away. */
  async end(): Promise<void> {
    this.ended = true;
    if (this.greeted) await this.frame?.ask("ui/resource-teardown", {}, teardownPatience);
    this.frame?.remove();
    this.frame = undefined;
  }
}

function errorOf(error: unknown): object {
  const { message, code, data } = error as { message?: unknown; code?: unknown; data?: unknown };
  return { code: typeof code === "number" ? code : -32000, message: String(message ?? error), ...(data === undefined ? {} : { data }) };
}
