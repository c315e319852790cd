// The host as the rest of the widget knows it: the bridge of MCP Apps first,
// window.openai where the bridge has no word for something or nobody answers.

import { Bridge } from "./bridge.ts";
import { onGlobals, openai, type Insets } from "./openai.ts";
import { dict } from "./session.ts";

/** How the host shows the widget. */
export interface Surroundings {
  theme: string; // light, dark, or "" to let the system decide
  locale: string;
  timeZone: string;
  mode: string; // inline, fullscreen, pip
  modes: string[];
  insets: Insets;
}

/** What the host tells by itself. */
export interface Listener {
  answer(answer: unknown): void; // the tool has answered, or the model has called another
  canceled(): void; // the tool will not answer
  surroundings(): void; // they have changed, or the host can do more than before
}

// In milliseconds: how long a call waits for the bridge, and for an answer. A
// host may ask its reader first.
const handshakePatience = 3000;
const callPatience = 60_000;

export class Host {
  readonly surroundings: Surroundings = { theme: "", locale: "", timeZone: "", mode: "inline", modes: [], insets: {} };
  private readonly bridge = new Bridge((method, params) => this.told(method, params));
  private capabilities?: Record<string, unknown>; // of the bridge; set once it stands
  private standing: Promise<void> = Promise.resolve();
  private lastOutput = "";

  constructor(private readonly listener: Listener) {}

  start(): void {
    this.bridge.listen();
    onGlobals((globals) => this.globals(globals));
    this.globals(openai());
    this.standing = this.shakeHands();
  }

  private async shakeHands(): Promise<void> {
    let welcome: Record<string, unknown>;
    try {
      welcome = dict(
        await this.bridge.request("ui/initialize", {
          protocolVersion: "2026-01-26",
          appInfo: { name: "checkstand-checkout", version: "1.0.0" },
          appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
        }),
      );
    } catch {
      return; // a host without the bridge; window.openai has to do
    }
    this.capabilities = dict(welcome.hostCapabilities);
    this.context(dict(welcome.hostContext));
    this.bridge.notify("ui/notifications/initialized", {});
    this.listener.surroundings();
  }

  private told(method: string, params: Record<string, unknown>): void {
    switch (method) {
      case "ui/notifications/tool-result":
        this.output(params);
        break;
      case "ui/notifications/tool-cancelled":
        this.listener.canceled();
        break;
      case "ui/notifications/host-context-changed":
        this.context(params);
        this.listener.surroundings();
        break;
    }
  }

  /** output passes on what is new: hosts repeat the answer with every change of theme. */
  private output(answer: unknown): void {
    if (typeof answer !== "object" || answer === null) return;
    const content = dict(answer).structuredContent ?? answer;
    const now = JSON.stringify(content);
    if (now === this.lastOutput) return;
    this.lastOutput = now;
    this.listener.answer(answer);
  }

  private context(c: Record<string, unknown>): void {
    const s = this.surroundings;
    if (typeof c.theme === "string") s.theme = c.theme;
    if (typeof c.locale === "string") s.locale = c.locale;
    if (typeof c.timeZone === "string") s.timeZone = c.timeZone;
    if (typeof c.displayMode === "string") s.mode = c.displayMode;
    if (Array.isArray(c.availableDisplayModes)) s.modes = c.availableDisplayModes.filter((m) => typeof m === "string");
    if (c.safeAreaInsets !== undefined) s.insets = dict(c.safeAreaInsets);
  }

  private globals(g: ReturnType<typeof openai>): void {
    const s = this.surroundings;
    if (typeof g.theme === "string") s.theme = g.theme;
    if (typeof g.locale === "string") s.locale = g.locale;
    if (typeof g.displayMode === "string") s.mode = g.displayMode;
    if (g.safeArea?.insets) s.insets = g.safeArea.insets;
    this.listener.surroundings();
    if (g.toolOutput) this.output(g.toolOutput);
  }

  /** The _meta of the result that ChatGPT opened the widget with. */
  get metadata(): unknown {
    const all = dict(openai().toolResponseMetadata);
    const envelope = dict(all.mcp_tool_result ?? all.call_tool_result);
    return envelope._meta ?? all;
  }

  /** Whether anybody can still bring a session. */
  get expecting(): boolean {
    return this.bridge.embedded || "openai" in window;
  }

  private get bridgeCalls(): boolean {
    return this.capabilities?.serverTools !== undefined;
  }

  /** Whether there is a way to call tools. */
  get calls(): boolean {
    return this.bridgeCalls || typeof openai().callTool === "function";
  }

  /** callTool rejects when there is no answer in time; what the tool did is then not known. */
  callTool(name: string, args: object, patience = callPatience): Promise<unknown> {
    const silence = new Promise<never>((_, reject) => setTimeout(() => reject(new Error(`${name} was not answered`)), patience));
    return Promise.race([this.call(name, args), silence]);
  }

  private async call(name: string, args: object): Promise<unknown> {
    if (!this.calls) await Promise.race([this.standing, new Promise((done) => setTimeout(done, handshakePatience))]);
    if (this.bridgeCalls) return this.bridge.request("tools/call", { name, arguments: args });
    const { callTool } = openai();
    if (callTool) return callTool.call(openai(), name, args);
    throw new Error("the host calls no tools");
  }

  /** Whether the host has a payment sheet. */
  get sheet(): boolean {
    return typeof openai().requestCheckout === "function";
  }

  /** requestCheckout opens the payment sheet. It must be called while a click is handled. */
  requestCheckout(session: object): Promise<unknown> {
    const host = openai();
    try {
      return Promise.resolve(host.requestCheckout?.(session) ?? Promise.reject(new Error("the host has no payment sheet")));
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** Whether the host opens addresses outside of the widget. */
  get opens(): boolean {
    return typeof openai().openExternal === "function" || this.capabilities?.openLinks !== undefined;
  }

  /** open shows an address outside of the widget. It resolves with false where the host refuses. */
  async open(url: string): Promise<boolean> {
    const host = openai();
    try {
      if (host.openExternal) {
        // ChatGPT adds the way back for the shop's checkout page.
        await host.openExternal({ href: url });
        return true;
      }
      if (!this.capabilities) return false;
      return dict(await this.bridge.request("ui/open-link", { url })).isError !== true;
    } catch {
      return false;
    }
  }

  /** tell lets the model know where the checkout stands. */
  tell(words: string, facts: object): void {
    void this.standing.then(() => {
      if (this.capabilities?.updateModelContext === undefined) return;
      const context = { content: [{ type: "text", text: words }], structuredContent: facts };
      // A host that does not take it loses a convenience, and says so itself.
      this.bridge.request("ui/update-model-context", context).catch(() => undefined);
    });
    this.remember(facts, words);
  }

  /** remember keeps facts for this widget's next life in the same place of the chat. */
  remember(facts: object, words = ""): void {
    openai().setWidgetState?.({ modelContent: words, privateContent: facts, imageIds: [] });
  }

  /** The session that was remembered: what the host has of it may be old. */
  get remembered(): string {
    const id = dict(dict(openai().widgetState).privateContent).checkout_session_id;
    return typeof id === "string" ? id : "";
  }

  async display(mode: string): Promise<void> {
    try {
      if (this.capabilities) await this.bridge.request("ui/request-display-mode", { mode });
      else await openai().requestDisplayMode?.({ mode });
    } catch {
      // It stays as it is.
    }
  }

  /** Whether the widget may ask for the whole screen. */
  get expands(): boolean {
    const { mode, modes } = this.surroundings;
    return mode !== "fullscreen" && (modes.includes("fullscreen") || typeof openai().requestDisplayMode === "function");
  }

  /** size tells the host how much room the widget takes. */
  size(width: number, height: number): void {
    if (this.capabilities) this.bridge.notify("ui/notifications/size-changed", { width, height });
    openai().notifyIntrinsicHeight?.(height);
  }
}
