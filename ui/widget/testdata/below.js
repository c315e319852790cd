// Puts the host below the widget: a frame that the widget takes for its parent.

if (options.openai) window.openai = openaiOf(options.openai);

if (options.bridge) {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  document.documentElement.append(frame);
  const inside = frame.contentDocument.createElement("script");
  // A message comes from where the function that sends it was made.
  inside.textContent = `window.say = (widget, message) => widget.postMessage(message, "*")`;
  frame.contentDocument.head.append(inside);
  const say = (message) => frame.contentWindow.say(window, { jsonrpc: "2.0", ...message });
  frame.contentWindow.addEventListener("message", (event) => bridge(event.data, say));
  window.parent = frame.contentWindow;
  // Somebody else's word is not the host's.
  window.postMessage({ jsonrpc: "2.0", method: "ui/notifications/tool-result", params: { structuredContent: { id: "cs_forged", status: "completed", line_items: [], order: { id: "ord_forged" } } } }, "*");
}
