// The bridge of MCP Apps: JSON-RPC 2.0 over postMessage with whoever embeds
// the widget.

/** What the host tells by itself. */
export type Told = (method: string, params: Record<string, unknown>) => void;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** An error that the host answered with. */
export class HostError extends Error {
  constructor(
    message: string,
    readonly code: unknown,
    readonly data: unknown,
  ) {
    super(message);
  }
}

export class Bridge {
  private readonly waiting = new Map<string, Waiting>();
  private asked = 0;

  constructor(private readonly told: Told) {}

  /** Whether there is somebody to speak to. */
  get embedded(): boolean {
    return window.parent !== window;
  }

  listen(): void {
    window.addEventListener("message", (event: MessageEvent<unknown>) => {
      if (event.source === window.parent && this.embedded) this.hear(event.data);
    });
  }

  /** request asks the host. It has no limit of time: the host may ask the buyer first. */
  request(method: string, params: object): Promise<unknown> {
    if (!this.embedded) return Promise.reject(new Error("nobody embeds the widget"));
    // Others that live in this window count 1, 2, 3 and see the same answers.
    const id = `w:${++this.asked}`;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.post({ id, method, params });
    });
  }

  notify(method: string, params: object): void {
    if (this.embedded) this.post({ method, params });
  }

  private post(message: object): void {
    // The host's origin is not known to a widget, and nothing said here is a secret from it.
    window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
  }

  private hear(data: unknown): void {
    if (typeof data !== "object" || data === null) return;
    const message = data as Record<string, unknown>;
    if (message.jsonrpc !== "2.0") return;
    const { id, method } = message;
    if (typeof method === "string") {
      const params = (message.params ?? {}) as Record<string, unknown>;
      if (id === undefined || id === null) this.told(method, params);
      else this.answer(id, method);
      return;
    }
    const waiting = typeof id === "string" ? this.waiting.get(id) : undefined;
    if (!waiting) return;
    this.waiting.delete(id as string);
    const error = message.error as { message?: unknown; code?: unknown; data?: unknown } | undefined;
    if (error) waiting.reject(new HostError(String(error.message ?? "refused"), error.code, error.data));
    else waiting.resolve(message.result);
  }

  /** answer replies to what the host asks of the widget. */
  private answer(id: unknown, method: string): void {
    if (method === "ping" || method === "ui/resource-teardown") this.post({ id, result: {} });
    else this.post({ id, error: { code: -32601, message: `the widget does not know ${method}` } });
  }
}
