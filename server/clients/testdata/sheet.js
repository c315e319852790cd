// The payment sheet of a host that has the shim of MCPJam in the widget's page:
// it is asked and answers by a pair of notifications beside the bridge, calls
// complete_checkout with names of its own for buyer and address, keeps declines
// to itself, and resolves with the whole result of the tool.

const staysOpen = ["payment_declined", "requires_3ds"];

export function answer(frame, client, said) {
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.data?.method !== "openai/requestCheckout") return;
    const { callId, ...session } = event.data.params;
    said("sheet", `${session.id} ${session.payment_provider.provider} ${session.payment_mode}`);
    const reply = (params) => {
      sheet.replaceChildren();
      frame.contentWindow.postMessage({ jsonrpc: "2.0", method: "openai/requestCheckout:response", params: { callId, ...params } }, "*");
    };
    open(client, session, said, reply);
  });
}

const sheet = document.getElementById("sheet");

function open(client, session, said, reply) {
  const { amount } = session.totals.find((t) => t.type === "total");
  const notice = document.createElement("p");
  notice.id = "notice";
  sheet.replaceChildren(`${session.currency} ${amount} `, session.messages.map((m) => m.content).join(" "), session.links.map((l) => l.type).join(" "), notice);
  const button = (id, words, press) => {
    const made = document.createElement("button");
    made.id = id;
    made.textContent = words;
    made.onclick = press;
    sheet.append(made);
  };
  button("cancel", "Cancel", () => reply({ error: "User cancelled checkout" }));
  for (const token of ["tok_visa", "tok_chargeDeclined", "tok_threeDSecure2Required"]) button(token, token, () => pay(token));

  async function pay(token) {
    let result;
    try {
      result = await client.callTool({ name: "complete_checkout", arguments: {
        checkout_session_id: session.id,
        buyer: { name: "Test Buyer", email: "test.buyer@example.com", phone: "(555) 010-0199" },
        payment_data: { token, provider: session.payment_provider.provider,
          billing_address: { line1: "1 Example Street", line2: "", city: "San Francisco", state: "CA", postal_code: "94105", country: "US" } },
      } });
    } catch (error) {
      reply({ error: error.message });
      return;
    }
    const failed = result.structuredContent.messages?.find((m) => m.type === "error" && staysOpen.includes(m.code));
    said("paid", `${token} ${failed?.code ?? result.structuredContent.status}`);
    if (failed) notice.textContent = failed.content;
    else reply({ result });
  }
}
