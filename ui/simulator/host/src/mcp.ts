// A client of the MCP server, over Streamable HTTP. Requests go through the
// program that serves this page.

import { dict, text, type Dict } from "./json.ts";
import type { Traffic } from "./traffic.ts";

const newestVersion = "2025-11-25";

/** An error that the server answered with, or that there is no answer. */
export class ServerError extends Error {
  constructor(
    message: string,
    readonly code: number,
    readonly data?: unknown,
  ) {
    super(message);
  }
}

export class Client {
  private asked = 0;
  private session = "";
  private version = "";

  constructor(private readonly traffic: Traffic) {}

  /** connect introduces the page as a host that shows widgets. */
  async connect(locale: string): Promise<Dict> {
    this.session = this.version = "";
    const welcome = dict(await this.request("initialize", {
      protocolVersion: newestVersion,
      capabilities: { extensions: { "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=mcp-app"] } } },
      clientInfo: { name: "checkstand-simulator", title: "Checkstand simulator", version: "1" },
      _meta: { "openai/locale": locale },
    }));
    this.version = text(welcome.protocolVersion);
    await this.send({ method: "notifications/initialized" });
    return welcome;
  }

  /** request asks the server. It rejects with a ServerError. */
  async request(method: string, params: object): Promise<unknown> {
    const id = ++this.asked;
    const answer = dict(await this.send({ id, method, params }));
    const error = answer.error;
    if (error !== undefined) throw new ServerError(text(dict(error).message) || "The server refused.", Number(dict(error).code), dict(error).data);
    return answer.result;
  }

  private async send(message: Dict, again = true): Promise<unknown> {
    const full = { jsonrpc: "2.0", ...message };
    this.traffic.add("page", "server", full);
    const headers: Record<string, string> = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
    if (this.session !== "") headers["Mcp-Session-Id"] = this.session;
    if (this.version !== "") headers["Mcp-Protocol-Version"] = this.version;
    const response = await fetch("/api/mcp", { method: "POST", headers, body: JSON.stringify(full) });
    this.session = response.headers.get("Mcp-Session-Id") ?? this.session;
    if (response.status === 404 && this.session !== "" && again && message.method !== "initialize") {
      await this.connect(navigator.language); // the server has forgotten the session
      return this.send(message, false);
    }
    if (message.id === undefined || message.method === undefined) {
      if (!response.ok) throw await this.failure(response, message.id);
      return undefined;
    }
    const kind = response.headers.get("Content-Type") ?? "";
    if (kind.startsWith("text/event-stream")) return this.listen(response, message.id);
    if (!response.ok) throw await this.failure(response, message.id);
    return this.heard(await response.json());
  }

  private heard(answer: unknown): unknown {
    this.traffic.add("server", "page", answer);
    return answer;
  }

  /** failure is an answer that HTTP calls one; it may have a JSON-RPC error in it all the same. */
  private async failure(response: Response, id: unknown): Promise<ServerError> {
    const body = await response.text();
    let answer: Dict = {};
    try {
      answer = dict(JSON.parse(body));
    } catch {
      answer = { error: { code: response.status, message: body.trim().slice(0, 500) } };
    }
    const error = typeof answer.error === "string" ? { message: answer.error } : dict(answer.error);
    const login = response.headers.get("WWW-Authenticate");
    const words = text(error.message) || (response.status === 401 ? "The server asks for a sign-in." : `The server answered ${response.status}.`);
    this.traffic.add("server", "page", { jsonrpc: "2.0", id, error: { code: response.status, message: words, ...(login ? { data: { "www-authenticate": login } } : {}) } });
    return new ServerError(words, Number(error.code) || response.status, login ?? error.data);
  }

  /** listen reads an event stream until the answer is there, and answers what the server asks meanwhile. */
  private async listen(response: Response, id: unknown): Promise<unknown> {
    if (!response.body) throw new ServerError("The server sent an empty stream.", response.status);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      rest += value ?? "";
      const events = rest.split(/\r?\n\r?\n/);
      rest = events.pop() ?? "";
      for (const event of events) {
        const message = eventData(event);
        if (message === undefined) continue;
        this.heard(message);
        if (message.id === id && message.method === undefined) {
          void reader.cancel();
          return message;
        }
        if (message.method !== undefined && message.id !== undefined) void this.reply(message);
      }
      if (done) throw new ServerError("The server ended its stream without an answer.", response.status);
    }
  }

  private async reply(question: Dict): Promise<void> {
    const answer = question.method === "ping" ? { result: {} } : { error: { code: -32601, message: `the simulator does not know ${text(question.method)}` } };
    await this.send({ ...answer, id: question.id }).catch(() => undefined); // the server goes on without
  }
}

function eventData(event: string): Dict | undefined {
  const data = event.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart()).join("\n");
  if (data === "") return undefined;
  try {
    return dict(JSON.parse(data));
  } catch {
    return undefined; // a stream may have more than messages
  }
}
