// What the simulator knows and does. The views show it.

import { ask, type Setup, type Violation } from "./api.ts";
import { Conversation } from "./conversation.ts";
import type { Host, Mode, Opening, Shown } from "./host.ts";
import { dict, list, saying, text, type Dict } from "./json.ts";
import { Client } from "./mcp.ts";
import { Mounted } from "./mounted.ts";
import { Outside } from "./outside.ts";
import { Sheet } from "./sheet.ts";
import { Shopping } from "./shopping.ts";
import { load, save, type Switches } from "./switches.ts";
import { forModel, forWidget, readTools, statusOf, widgetOf, type Tool } from "./tool.ts";
import { Traffic } from "./traffic.ts";

/** A turn of the conversation. */
export interface Turn {
  key: string;
  kind: "call" | "buyer" | "note";
  title: string;
  body: string;
  busy?: boolean;
  failed?: boolean;
  result?: Dict;
  widget?: boolean; // it opened one
}

export interface Problem {
  key: string;
  kind: string;
  text: string;
  advice: boolean;
}

/** A session that was held to the documentation. */
export interface Checked {
  key: string;
  where: string;
  session: string;
  violations: Violation[];
}

const mostTurns = 100;

/** refused tells whether a result is an error, or has errors and nothing that they are about. */
function refused(result: Dict): boolean {
  const content = dict(result.structuredContent);
  return result.isError === true || (text(content.id) === "" && list(content.messages).some((m) => m.type === "error"));
}

const callOf = "Only the host may call it: the tool's visibility has no app.";

export class App implements Host {
  setup!: Setup;
  switches: Switches = load();
  state: "connecting" | "ready" | "failed" = "connecting";
  failure = "";
  server: Dict = {};
  tools: Tool[] = [];
  turns: Turn[] = [];
  problems: Problem[] = [];
  checked: Checked[] = [];
  told?: Dict; // what the model was told by the widget
  mounted?: Mounted;
  modal?: Mounted;
  readonly traffic = new Traffic(() => this.changed());
  readonly client = new Client(this.traffic);
  readonly conversation = new Conversation();
  readonly sheet: Sheet = new Sheet(this);
  readonly outside: Outside = new Outside(this);
  readonly shopping = new Shopping(this);
  private count = 0;
  private due = false;

  /** place and modalPlace are where widgets are put; redraw shows what has changed. */
  constructor(
    private readonly place: Element,
    private readonly modalPlace: Element,
    private readonly redraw: () => void,
  ) {}

  changed(): void {
    if (this.due) return;
    this.due = true;
    queueMicrotask(() => {
      this.due = false;
      this.redraw();
    });
  }

  async start(): Promise<void> {
    this.state = "connecting";
    this.changed();
    try {
      this.setup ??= await ask<Setup>("/api/settings", {});
      this.server = await this.client.connect(this.switches.locale);
      this.tools = await this.listTools();
      this.state = "ready";
    } catch (error) {
      this.state = "failed";
      this.failure = saying(error);
    }
    this.changed();
    if (this.state === "ready") {
      await this.shopping.look("");
      await this.comeBack();
    }
  }

  private async listTools(): Promise<Tool[]> {
    const all: Tool[] = [];
    for (let cursor: unknown; ; ) {
      const page = dict(await this.client.request("tools/list", cursor === undefined ? {} : { cursor }));
      all.push(...readTools(page));
      cursor = page.nextCursor;
      if (typeof cursor !== "string" || cursor === "") return all;
    }
  }

  /** comeBack opens what this address had open when it was left. */
  private async comeBack(): Promise<void> {
    const kept = this.conversation.kept();
    const tool = kept && this.tools.find((t) => t.name === kept.tool);
    if (!kept || !tool) return;
    this.note("Back in the conversation", "The widget is opened as it was left.");
    await this.mount({ tool, input: kept.input, result: kept.result, state: kept.state });
  }

  get scheme(): "light" | "dark" {
    if (this.switches.scheme !== "system") return this.switches.scheme;
    return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }

  roomFor(mode: Mode): number {
    return mode === "inline" && this.switches.maxHeight > 0 ? this.switches.maxHeight : window.innerHeight;
  }

  dimensions(mode: Mode): object {
    return { width: this.place.clientWidth || window.innerWidth, maxHeight: this.roomFor(mode) };
  }

  /** surroundings are the parts of the bridge's context that can change. */
  surroundings(mode: Mode): Dict {
    return { theme: this.scheme, locale: this.switches.locale, displayMode: mode, containerDimensions: this.dimensions(mode) };
  }

  set(change: Partial<Switches>, remounts = false): void {
    this.switches = { ...this.switches, ...change };
    save(this.switches);
    const { mounted } = this;
    if (mounted && remounts) void this.mount({ ...mounted.opening, state: mounted.state });
    else mounted?.changed({ theme: this.scheme, locale: this.switches.locale, maxHeight: this.roomFor(mounted.mode) }, this.surroundings(mounted.mode));
    this.changed();
  }

  modelMayCall(tool: Tool): boolean {
    return forModel(tool);
  }

  /** callTool calls a tool as the host does. */
  async callTool(name: string, args: Dict): Promise<Dict> {
    const result = dict(await this.client.request("tools/call", { name, arguments: args, _meta: {
      "openai/locale": this.switches.locale, "openai/userAgent": "checkstand-simulator",
      "openai/subject": this.conversation.subject, "openai/session": this.conversation.id,
    } }));
    const content = dict(result.structuredContent);
    if (Array.isArray(content.line_items) && text(content.id) !== "") this.check(`Answer of ${name}`, content, false);
    return result;
  }

  /** callForWidget calls a tool that a widget asked for. */
  async callForWidget(name: string, args: Dict): Promise<Dict> {
    const tool = this.tools.find((t) => t.name === name);
    if (!tool) throw new Error(`The server has no tool ${name}.`);
    if (this.switches.visibility && !forWidget(tool)) {
      this.problem("visibility", `The widget called ${name}. ${callOf}`);
      throw new Error(`A widget may not call ${name}.`);
    }
    return this.callTool(name, args);
  }

  /** run calls a tool in the conversation, and opens its widget. */
  async run(tool: Tool, input: Dict): Promise<Dict | undefined> {
    const words = statusOf(tool);
    const turn = this.turn({ kind: "call", title: words.during, body: "", busy: true });
    try {
      const result = await this.callTool(tool.name, input);
      turn.failed = refused(result);
      turn.title = turn.failed ? `${tool.title} failed` : words.after;
      turn.body = list(result.content).map((part) => text(part.text)).filter((t) => t !== "").join("\n");
      turn.result = result;
      turn.widget = widgetOf(tool) !== "";
      turn.busy = false;
      this.changed();
      if (turn.widget) {
        this.told = undefined; // it was of the widget before
        await this.mount({ tool, input, result, state: null });
      }
      return result;
    } catch (error) {
      Object.assign(turn, { busy: false, failed: true, title: `${tool.title} failed`, body: saying(error) });
      this.changed();
      return undefined;
    }
  }

  private async mount(opening: Opening): Promise<void> {
    await this.mounted?.end();
    const mounted = new Mounted(this, opening);
    this.mounted = mounted;
    this.remember(mounted);
    this.changed();
    try {
      await mounted.show(this.place);
    } catch (error) {
      this.mounted = undefined;
      this.problem("widget", saying(error));
    }
    this.changed();
  }

  remember({ opening, state }: Shown): void {
    this.conversation.keep({ tool: opening.tool.name, input: opening.input, result: opening.result, state });
  }

  async close(shown: Shown): Promise<void> {
    await shown.end();
    if (this.modal === shown) this.modal = undefined;
    else if (this.mounted === shown) {
      this.mounted = undefined;
      this.note("The widget was closed", "");
    }
    this.changed();
  }

  async openModal(from: Shown, wish: Dict): Promise<void> {
    await this.modal?.end();
    const template = text(wish.template);
    this.modal = new Mounted(this, { ...from.opening, ...(template === "" ? {} : { template }), state: from.state, view: { mode: "modal", params: wish.params } });
    this.changed();
    await this.modal.show(this.modalPlace);
  }

  resize(shown: Shown, height: number): void {
    shown.height = height;
    this.changed();
  }

  /** check holds a session to the documentation. */
  check(where: string, session: Dict, handed: boolean): void {
    ask<{ violations: Violation[] }>("/api/check", { session, handed }).then(
      ({ violations }) => {
        this.checked.unshift({ key: String(++this.count), where, session: text(session.id), violations });
        this.checked.length = Math.min(this.checked.length, mostTurns);
        this.changed();
      },
      (error: unknown) => this.problem("check", saying(error)),
    );
  }

  merchantFields(): Dict {
    const name = text(dict(this.server.serverInfo).title) || text(dict(this.server.serverInfo).name);
    return { merchant: { name }, logo_url: `${location.origin}/favicon.ico`, conversation_id: this.conversation.id, connector_id: "sim-connector", ecosystem_app_uri: `${location.origin}/` };
  }

  problem(kind: string, words: string, advice = false): void {
    if (this.problems.some((p) => p.kind === kind && p.text === words)) return;
    this.problems.unshift({ key: String(++this.count), kind, text: words, advice });
    this.changed();
  }

  private turn(turn: Omit<Turn, "key">): Turn {
    const made = { ...turn, key: String(++this.count) };
    this.turns.push(made);
    if (this.turns.length > mostTurns) this.turns.shift();
    this.changed();
    return made;
  }

  note(title: string, body: string): void {
    this.turn({ kind: "note", title, body });
  }

  say(words: string): void {
    this.turn({ kind: "buyer", title: "Sent by the widget", body: words });
  }

  context(told: Dict): void {
    this.told = told;
    this.changed();
  }
}
