// A host that knows nothing of Checkstand: the official client speaks to the
// server, the official AppBridge to the widget.

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { AppBridge, PostMessageTransport, getToolUiResourceUri, isToolVisibilityAppOnly } from "@modelcontextprotocol/ext-apps/app-bridge";

const wish = Object.fromEntries(new URL(location.href).searchParams);
const stage = document.getElementById("stage");

// The bridge tells of every message, which is no problem of the page.
console.debug = () => {};

function state(text) {
  document.getElementById("state").textContent = text;
}

/** said lists what the widget says, for the test to read. */
function said(what, text) {
  const line = document.createElement("li");
  line.dataset.what = what;
  line.textContent = `${what} ${text}`;
  document.getElementById("said").append(line);
}

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.text();
}

async function start() {
  const client = new Client({ name: "official-host", version: "1" }, {
    versionNegotiation: { mode: wish.negotiation },
    capabilities: { extensions: { "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=mcp-app"] } } },
  });
  await client.connect(new StreamableHTTPClientTransport(new URL(wish.mcp)));
  const { tools } = await client.listTools();
  said("revision", client.getNegotiatedProtocolVersion());
  said("model", tools.filter((t) => !isToolVisibilityAppOnly(t)).map((t) => t.name).join(" "));

  const args = { checkout_session: { items: JSON.parse(wish.items) } };
  const tool = tools.find((t) => t.name === "checkout_session");
  let result = await client.callTool({ name: tool.name, arguments: args });
  if (wish.address) {
    const { id } = result.structuredContent;
    result = await client.callTool({ name: "update_checkout_session", arguments: { checkout_session_id: id, fulfillment_address: JSON.parse(wish.address) } });
  }
  said("session", result.structuredContent.id);
  const uri = getToolUiResourceUri(tool);
  const { contents: [content] } = await client.readResource({ uri });
  said("resource", `${content.uri} ${content.mimeType}`);

  // A shim stands in the widget's page before the widget does.
  const html = wish.shim ? await post("/shim", { html: content.text, toolName: tool.name, toolInput: args, toolOutput: result.structuredContent, toolResponseMetadata: result._meta ?? null }) : content.text;

  const frame = document.createElement("iframe");
  frame.title = "Widget";
  frame.setAttribute("sandbox", "allow-scripts allow-same-origin");
  frame.src = wish.proxy;
  const sheet = wish.shim && (await import("./sheet.js"));
  stage.append(frame);
  addEventListener("message", ({ source, data }) => {
    if (source === frame.contentWindow && data.method === "tools/call") said("call", `${data.params.name} ${JSON.stringify(data.params.arguments)}`);
  });
  sheet?.answer(frame, client, said);

  let context = { theme: wish.theme ?? "light", locale: wish.locale ?? "en-US", timeZone: "UTC", displayMode: "inline", availableDisplayModes: ["inline", "fullscreen"], platform: "web", toolInfo: { id: 1, tool } };
  const bridge = new AppBridge(client, { name: "official-host", version: "1" }, {
    openLinks: {}, serverTools: {}, serverResources: {}, logging: {}, updateModelContext: { text: {}, structuredContent: {} }, message: { text: {} },
  }, { hostContext: context });
  const change = (part) => bridge.setHostContext((context = { ...context, ...part }));
  const transport = new PostMessageTransport(frame.contentWindow, frame.contentWindow);

  bridge.addEventListener("sandboxready", () => bridge.sendSandboxResourceReady({ html, sandbox: "allow-scripts allow-forms", csp: content._meta?.ui?.csp }));
  bridge.addEventListener("initialized", async () => {
    said("initialized", `${bridge.getAppVersion().name} ${JSON.stringify(bridge.getAppCapabilities())}`);
    await bridge.sendToolInput({ arguments: args });
    await bridge.sendToolResult(result);
    state("Shown");
  });
  bridge.addEventListener("sizechange", ({ height }) => {
    said("size", height);
    frame.style.blockSize = `${height}px`;
  });
  bridge.addEventListener("loggingmessage", (params) => said("log", JSON.stringify(params)));
  bridge.onopenlink = async ({ url }) => {
    said("open-link", new URL(url).origin);
    return window.open(url, "_blank") ? {} : { isError: true };
  };
  bridge.onupdatemodelcontext = async (told) => {
    said("context", JSON.stringify(told));
    return {};
  };
  bridge.onrequestdisplaymode = async ({ mode }) => {
    said("display", mode);
    change({ displayMode: mode });
    return { mode };
  };
  bridge.onerror = (error) => said("error", error.message);
  await bridge.connect(transport); // forwards calls of tools to the client

  document.getElementById("dark").onclick = () => change({ theme: "dark", locale: "de-DE" });
  document.getElementById("teardown").onclick = async () => {
    said("teardown", JSON.stringify(await bridge.teardownResource({})));
    frame.remove();
  };
}

start().catch((error) => state(`Failed: ${error.stack}`));
