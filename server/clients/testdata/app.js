// A small widget on the official App class, as the documentation of MCP Apps has
// them written. What it cannot know of is a payment sheet: it takes that of
// window.openai, or asks the host by the notification that MCPJam's hosts know.

import { App, applyDocumentTheme } from "./npm/@modelcontextprotocol/ext-apps/dist/src/app-with-deps.js";

console.debug = () => {}; // it tells of every message, which is no problem of the page

const app = new App({ name: "official-widget", version: "1.0.0" }, {}, { autoResize: true, strict: true });
const at = (id) => document.getElementById(id);
let session;

function draw(result) {
  if (result.isError) throw new Error(result.content.map((part) => part.text).join(" "));
  session = result.structuredContent;
  at("title").textContent = `Cart ${session.id}`;
  at("lines").replaceChildren(...session.line_items.map((line) => {
    const item = document.createElement("li");
    item.textContent = `${line.item.quantity} × ${line.name}`;
    return item;
  }));
  const { amount } = session.totals.find((total) => total.type === "total");
  at("total").textContent = `${session.status}: ${amount} ${session.currency}`;
}

const update = async (change) => draw(await app.callServerTool({ name: "update_checkout_session", arguments: { checkout_session_id: session.id, ...change } }));

const answers = new Map();
app.fallbackNotificationHandler = async ({ method, params }) => {
  if (method === "openai/requestCheckout:response") answers.get(params.callId)?.(params);
};

async function requestCheckout() {
  if (window.openai?.requestCheckout) return window.openai.requestCheckout(session);
  const callId = answers.size + 1;
  const answered = new Promise((resolve) => answers.set(callId, resolve));
  await app.notification({ method: "openai/requestCheckout", params: { ...session, callId } });
  const { result, error } = await answered;
  if (error) throw new Error(error);
  return result;
}

function shown(work) {
  return () => work().catch((error) => (at("outcome").textContent = `Failed: ${error.message}`));
}

at("more").onclick = shown(() => update({ items: session.line_items.map(({ item }) => ({ id: item.id, quantity: item.quantity + 1 })) }));
at("deliver").onclick = shown(() => update({ fulfillment_address: { name: "Test Buyer", line_one: "1 Example Street", city: "San Francisco", state: "CA", country: "US", postal_code: "94105" } }));
at("buy").onclick = shown(async () => {
  const answer = await requestCheckout();
  const { order } = answer.structuredContent ?? answer;
  at("outcome").textContent = `Ordered ${order.order_number}`;
  await app.updateModelContext({ content: [{ type: "text", text: `Ordered ${order.order_number}` }] });
});
at("outside").onclick = shown(async () => {
  const { structuredContent } = await app.callServerTool({ name: "start_external_checkout", arguments: { checkout_session_id: session.id } });
  const { isError } = await app.openLink({ url: structuredContent.checkout_url });
  at("outcome").textContent = isError ? "Refused" : "Opened";
});

app.ontoolresult = draw;
app.onhostcontextchanged = ({ theme }) => theme && applyDocumentTheme(theme);
app.onteardown = async () => ({});
await app.connect();
await app.sendLog({ level: "info", data: `connected to ${app.getHostVersion().name}` });
