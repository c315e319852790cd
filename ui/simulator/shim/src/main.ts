// What the simulator puts into a widget's page before all else: window.openai as
// ChatGPT has it, and a watch on what goes wrong. It speaks to the simulator
// through the same window that the widget's bridge uses, by messages of its own.

interface Globals {
  members: string[]; // methods that are there; the others are absent
  data: Record<string, unknown> | null; // null: there is no window.openai
}

const script = document.currentScript as HTMLScriptElement;
const globals = JSON.parse(script.dataset.globals ?? "null") as Globals | null;
script.remove();

const up = window.parent;
let asked = 0;
const waiting = new Map<string, { resolve(v: unknown): void; reject(e: Error): void }>();

function post(message: object): void {
  up.postMessage({ jsonrpc: "2.0", ...message }, "*");
}

function ask(method: string, params: object): Promise<unknown> {
  const id = `openai:${++asked}`;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    post({ id, method, params });
  });
}

/** plain is what can be posted of something, as a widget that hands over a proxy would have it in ChatGPT. */
function plain<T>(v: T): T {
  return v === undefined ? v : (JSON.parse(JSON.stringify(v)) as T);
}

// What the host tells this script is not for the widget's own bridge.
window.addEventListener("message", (event: MessageEvent<unknown>) => {
  if (event.source !== up || typeof event.data !== "object" || event.data === null) return;
  const message = event.data as { id?: unknown; method?: unknown; params?: Record<string, unknown>; result?: unknown; error?: Record<string, unknown> };
  if (message.method === "openai/set_globals") {
    event.stopImmediatePropagation();
    if (!api) return;
    Object.assign(api, message.params);
    if (typeof message.params?.locale === "string") document.documentElement.lang = message.params.locale;
    window.dispatchEvent(new CustomEvent("openai:set_globals", { detail: { globals: message.params } }));
    return;
  }
  const wait = typeof message.id === "string" ? waiting.get(message.id) : undefined;
  if (!wait) return;
  event.stopImmediatePropagation();
  waiting.delete(message.id as string);
  if (message.error) {
    const { message: words, code, data } = message.error;
    wait.reject(Object.assign(new Error(String(words)), data, code === undefined ? {} : { code: (data as { code?: unknown } | undefined)?.code ?? code }));
  } else wait.resolve(message.result);
});

const methods: Record<string, (...args: never[]) => unknown> = {
  callTool: (name: string, args: unknown) => ask("openai/callTool", { name, arguments: plain(args) ?? {} }),
  sendFollowUpMessage: (message: unknown) => ask("openai/sendFollowUpMessage", { message: plain(message) }).then(() => undefined),
  setWidgetState: (state: unknown) => {
    if (api) api.widgetState = plain(state) ?? null;
    post({ method: "openai/setWidgetState", params: { state: plain(state) ?? null } });
  },
  requestDisplayMode: (wish: unknown) => ask("openai/requestDisplayMode", { wish: plain(wish) }),
  requestModal: (wish: unknown) => ask("openai/requestModal", { wish: plain(wish) }),
  requestClose: () => ask("openai/requestClose", {}).then(() => undefined),
  notifyIntrinsicHeight: (height: unknown) => post({ method: "openai/notifyIntrinsicHeight", params: { height } }),
  openExternal: (to: unknown) => ask("openai/openExternal", { to: plain(to) }).then(() => undefined),
  setOpenInAppUrl: (to: unknown) => post({ method: "openai/setOpenInAppUrl", params: { to: plain(to) } }),
  requestCheckout: (session: unknown) => ask("openai/requestCheckout", { session: plain(session) }),
};

let api: Record<string, unknown> | undefined;
if (globals?.data) {
  api = { ...globals.data };
  for (const name of globals.members) if (methods[name]) api[name] = methods[name];
  (window as unknown as { openai: unknown }).openai = api;
  if (typeof api.locale === "string") document.documentElement.lang = api.locale;
}

function report(kind: string, text: string): void {
  post({ method: "simulator/problem", params: { kind, text: text.slice(0, 2000) } });
}

document.addEventListener("securitypolicyviolation", (event) => {
  const where = event.sourceFile ? ` (line ${event.lineNumber})` : "";
  report("policy", `${event.effectiveDirective} does not allow ${event.blockedURI || "what was tried"}${where}`);
});
window.addEventListener("error", (event) => {
  const target = event.target as Element | null;
  if (event instanceof ErrorEvent) report("error", `${event.message} (line ${event.lineno})`);
  else if (target && target !== (window as unknown)) report("load", `<${target.localName}> did not load: ${target.getAttribute("src") ?? target.getAttribute("href") ?? ""}`);
}, true);
window.addEventListener("unhandledrejection", (event) => report("error", `A promise was rejected and nobody looked: ${String(event.reason)}`));
for (const level of ["error", "warn"] as const) {
  const write = console[level].bind(console);
  console[level] = (...words: unknown[]) => {
    report(level === "error" ? "console" : "warning", words.map(String).join(" "));
    write(...words);
  };
}
