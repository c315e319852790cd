// The host of the tests: the bridge of MCP Apps, window.openai and a payment
// sheet, by switches. It runs in the window of the widget, and speaks to it out
// of a frame below, which the widget takes for its parent; that way the tests
// see the widget as the page of their tab. outer.js embeds it as hosts do.

const shop = new Shop(options.shop);
if (options.languages) Object.defineProperty(navigator, "languages", { value: options.languages });
const said = document.createElement("ol");
said.id = "traffic";
said.hidden = true;
document.documentElement.append(said);

/** log notes what the widget asked for. */
function log(name, detail) {
  const entry = document.createElement("li");
  entry.dataset.name = name;
  entry.textContent = JSON.stringify(detail ?? null);
  said.append(entry);
}

const later = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

const first = () => (options.first === undefined ? result(shop.session()) : options.first);

/** outcomes of a payment sheet, by their names in the tests. */
const outcomes = {
  async pay() {
    await later(20);
    shop.complete();
    return shop.session();
  },
  // The sheet stays open after a decline, and the widget hears of neither.
  async "decline, then pay"() {
    await later(20);
    shop.messages = [{ type: "error", code: "payment_declined", content_type: "plain", content: "Declined." }];
    await later(20);
    shop.complete();
    return shop.session();
  },
  async "pay, as an envelope"() {
    shop.complete();
    return { content: [], structuredContent: shop.session(), _meta: {} };
  },
  async "pay, as the order alone"() {
    shop.complete();
    return shop.order;
  },
  async "reject with messages"() {
    soldOut();
    throw Object.assign(new Error("Sold out meanwhile."), { code: "out_of_stock", messages: shop.messages });
  },
  async "resolve with messages"() {
    soldOut();
    return { messages: shop.messages };
  },
  async "resolve with an envelope of messages"() {
    soldOut();
    return { content: [], structuredContent: shop.session() };
  },
  async "reject without a word"() {
    throw new Error("ECHECKOUT 17");
  },
  async "resolve with nothing"() {},
  async cancel() {
    throw new Error("User cancelled checkout");
  },
  async declined() {
    shop.messages = [{ type: "error", code: "payment_declined", param: "$.payment_data.token", content_type: "plain", content: "card_declined: generic" }];
    return { messages: shop.messages };
  },
  // The sheet gives up while the server still works on the payment.
  async "give up while paying"() {
    shop.status = "complete_in_progress";
    shop.completesAfter = 3;
    throw new Error("timeout");
  },
  // The payment is made, and the server cannot be reached afterwards.
  async "give up, server away"() {
    shop.failing = 4;
    shop.complete();
    throw new Error("timeout");
  },
  // What says of itself that it has an order, and has none.
  async "claim an order"() {
    return { order: { id: "ord_none" } };
  },
  // The buyer comes back to a widget that was never told.
  async "pay and never say so"() {
    shop.complete();
    later(600).then(() => document.dispatchEvent(new Event("visibilitychange")));
    return new Promise(() => undefined);
  },
  forever: () => new Promise(() => undefined),
  "throw at once"() {
    throw new Error("requestCheckout is not enabled");
  },
};

/** visit is what the buyer does on the shop's page, before coming back. */
async function visit() {
  if (!options.outside) return;
  await later(50);
  if (options.outside === "paid") shop.complete();
  window.dispatchEvent(new Event("focus"));
}

function soldOut() {
  shop.messages = [{ type: "error", code: "out_of_stock", param: "$.line_items[0]", content_type: "plain", content: "Sold out meanwhile." }];
}

function openaiOf(wanted) {
  const api = {};
  const members = {
    toolOutput: first()?.structuredContent ?? first(),
    toolInput: null,
    toolResponseMetadata: { mcp_tool_result: { _meta: metaOf(shop.session()) } },
    theme: options.theme,
    locale: options.locale,
    displayMode: options.mode ?? "inline",
    widgetState: options.widgetState ?? null,
    async callTool(name, args) {
      log(name, args);
      return shop.call(name, args);
    },
    setWidgetState(state) {
      log("setWidgetState", state);
      api.widgetState = state;
    },
    openExternal(to) {
      log("openExternal", to);
      visit();
    },
    async requestDisplayMode(wish) {
      log("requestDisplayMode", wish);
      api.displayMode = wish.mode;
      dispatchEvent(new CustomEvent("openai:set_globals", { detail: { globals: { displayMode: wish.mode } } }));
      return wish;
    },
    notifyIntrinsicHeight(pixels) {
      log("notifyIntrinsicHeight", pixels);
    },
    requestCheckout(session) {
      log("requestCheckout", session);
      return outcomes[options.sheet.length > 1 ? options.sheet.shift() : options.sheet[0]]();
    },
  };
  for (const name of wanted) api[name] = members[name];
  return api;
}

/** bridge answers what the widget asks. */
async function bridge({ id, method, params }, say) {
  if (method === "ui/notifications/initialized") {
    log("initialized");
    if (first() !== null) say({ method: "ui/notifications/tool-result", params: first() });
    say({ id: 1, method: "ping", params: {} });
    say({ id: "h", method: "something/unknown", params: {} });
    for (const message of options.told ?? []) {
      await later(100);
      say(message);
    }
    return;
  }
  if (method === undefined) return; // the answer to a ping
  log(method === "tools/call" ? params.name : method, method === "tools/call" ? params.arguments : params);
  if (id === undefined) return;
  const answers = {
    "ui/initialize": () => ({
      protocolVersion: "2026-01-26", hostInfo: { name: "test", version: "1" }, hostCapabilities: options.capabilities ?? { serverTools: {}, openLinks: {}, updateModelContext: { text: {}, structuredContent: {} } },
      hostContext: { theme: options.theme, locale: options.locale, timeZone: "UTC", displayMode: options.mode ?? "inline", availableDisplayModes: ["inline", "fullscreen"], safeAreaInsets: { top: 0, right: 0, bottom: 0, left: 0 } },
    }),
    "tools/call": () => shop.call(params.name, params.arguments),
    "ui/open-link": () => {
      if (options.refuseLinks) return { isError: true };
      visit();
      return {};
    },
    "ui/update-model-context": () => ({}),
    "ui/request-display-mode": () => {
      say({ method: "ui/notifications/host-context-changed", params: { displayMode: params.mode } });
      return { mode: params.mode };
    },
  };
  try {
    if (!answers[method]) throw new Error("method not found");
    const answer = await answers[method]();
    say({ id, result: answer });
    log("answered", answer);
    // The answers of others in the same window must not be taken for ours.
    say({ id: 1, result: { structuredContent: { id: "cs_other", status: "completed", line_items: [], order: { id: "ord_other" } } } });
  } catch (error) {
    say({ id, error: { code: -32000, message: error.message } });
  }
}
