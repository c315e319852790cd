// The page of the other origin: it holds the widget in a frame without an
// origin, and passes messages on between it and the simulator's page.

const host = document.documentElement.dataset.host ?? "";

/** What is said to this page itself begins so, and is not passed on. */
const ownMethods = "ui/notifications/sandbox-";

/** The most that a widget's frame may be allowed. */
const frameMay = ["allow-scripts", "allow-forms", "allow-popups", "allow-modals", "allow-downloads"];

/** Whether this page is where it has to be: in the simulator's page, and unable to reach it. */
function guarded(): boolean {
  if (window.parent === window || host === "" || !URL.canParse(document.referrer)) return false;
  if (new URL(document.referrer).origin !== host) return false;
  try {
    return window.top?.document === undefined;
  } catch {
    return true; // the browser keeps the two apart
  }
}

function methodOf(message: unknown): string {
  const method = typeof message === "object" && message !== null ? (message as { method?: unknown }).method : undefined;
  return typeof method === "string" ? method : "";
}

let inner: HTMLIFrameElement | undefined;

interface Resource {
  html?: unknown;
  sandbox?: unknown;
  allow?: unknown;
}

/** show puts the widget into its frame, once. */
function show(resource: Resource): void {
  if (inner || typeof resource.html !== "string") return;
  const asked = typeof resource.sandbox === "string" ? resource.sandbox.split(/\s+/) : ["allow-scripts", "allow-forms"];
  inner = document.createElement("iframe");
  inner.title = "Widget";
  inner.setAttribute("sandbox", asked.filter((word) => frameMay.includes(word)).join(" "));
  if (typeof resource.allow === "string" && resource.allow !== "") inner.allow = resource.allow;
  inner.srcdoc = resource.html;
  document.body.append(inner);
}

window.addEventListener("message", (event: MessageEvent<unknown>) => {
  if (event.source === window.parent && event.origin === host) {
    if (methodOf(event.data) === "ui/notifications/sandbox-resource-ready") {
      show(((event.data as { params?: unknown }).params ?? {}) as Resource);
    } else if (!methodOf(event.data).startsWith(ownMethods)) {
      // A frame without an origin can be named by none.
      inner?.contentWindow?.postMessage(event.data, "*");
    }
  } else if (inner && event.source === inner.contentWindow && !methodOf(event.data).startsWith(ownMethods)) {
    window.parent.postMessage(event.data, host);
  }
});

if (guarded()) window.parent.postMessage({ jsonrpc: "2.0", method: "ui/notifications/sandbox-proxy-ready", params: {} }, host);
else document.body.textContent = "This page is part of the simulator, and shows nothing by itself.";
