// window.openai, which ChatGPT and those who play it put into the window. Any
// member may be missing, so each is looked for where it is used.

export interface OpenAI {
  toolOutput?: unknown;
  toolResponseMetadata?: unknown;
  widgetState?: unknown;
  theme?: string;
  locale?: string;
  displayMode?: string;
  safeArea?: { insets?: Insets };
  callTool?(name: string, args: object): Promise<unknown>;
  setWidgetState?(state: object): void;
  requestDisplayMode?(wish: { mode: string }): Promise<unknown>;
  notifyIntrinsicHeight?(pixels: number): void;
  openExternal?(to: { href: string }): unknown;
  requestCheckout?(session: object): Promise<unknown>;
}

export interface Insets {
  top?: number;
  right?: number;
  bottom?: number;
  left?: number;
}

/** openai is looked up each time: it may come after the widget. */
export function openai(): OpenAI {
  const there = (window as { openai?: unknown }).openai;
  return typeof there === "object" && there !== null ? (there as OpenAI) : {};
}

/** onGlobals calls back with the members that have changed. */
export function onGlobals(changed: (globals: OpenAI) => void): void {
  window.addEventListener("openai:set_globals", (event) => {
    const detail = (event as CustomEvent<{ globals?: OpenAI } | null>).detail;
    changed(detail?.globals ?? {});
  });
}
