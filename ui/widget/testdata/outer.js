// Embeds the widget as hosts do: a page of the host, in it a page of another
// origin, and in that the widget in a frame without an origin of its own.

const outside = document.querySelector("iframe");
const toWidget = (message) => outside.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*");

window.addEventListener("message", (event) => {
  if (event.source !== outside.contentWindow || event.origin !== options.sandbox) return;
  const message = event.data;
  if (message.method === "ui/notifications/sandbox-proxy-ready") {
    toWidget({ method: "ui/notifications/sandbox-resource-ready", params: { html: options.html, csp: options.policy } });
    return;
  }
  if (message.method === "ui/notifications/size-changed") outside.style.height = `${message.params.height}px`;
  void bridge(message, toWidget);
});
