// The payment sheet: what requestCheckout opens. It gets a token for a test
// card, calls complete_checkout, and answers the widget by the documentation,
// or by the switches where that says nothing. With the switch for 3-D Secure it
// has the bank ask the buyer, and calls again with the answer and the same token.

import { ask, type Asked, type Card } from "./api.ts";
import { billingOf, buyerOf, type Filled } from "./buyer.ts";
import type { Host } from "./host.ts";
import { dict, list, saying, text, whole, type Dict } from "./json.ts";

/** Errors that are shown in the sheet, which stays open. */
const inSheet = ["payment_declined", "requires_3ds"];

const tool = "complete_checkout";

/** Refusal is what requestCheckout rejects with. */
export class Refusal extends Error {
  readonly data?: object;

  constructor(message: string, code?: string, messages?: Dict[]) {
    super(message);
    if (code !== undefined) this.data = { code, messages: messages ?? [] };
  }
}

const pause = 500; // milliseconds between two looks at what the bank says

interface Answering {
  resolve(v: unknown): void;
  reject(e: Error): void;
}

export class Sheet {
  session?: Dict; // while it is open
  busy = false;
  notice = ""; // what the last try came to
  card = "approve";
  bank = ""; // the address of its question, while that is open
  private asking = 0; // counts the questions; an older one is of no interest
  private call: Dict = {}; // what complete_checkout was called with last
  private answering?: Answering;

  constructor(private readonly host: Host) {}

  get total(): number | undefined {
    return whole(list(this.session?.totals).find((t) => t.type === "total")?.amount);
  }

  get currency(): string {
    return text(this.session?.currency).toUpperCase();
  }

  /** open shows a session, and resolves with the order. */
  open(session: Dict): Promise<unknown> {
    if (this.session) return Promise.reject(new Refusal("A payment sheet is open already.", "busy"));
    this.host.check("Handed to requestCheckout", session, true);
    this.session = this.host.switches.merchant ? { ...session, ...this.host.merchantFields() } : session;
    this.busy = false;
    this.notice = "";
    this.card = this.host.setup.cards[0]?.id ?? "";
    this.host.changed();
    return new Promise((resolve, reject) => {
      this.answering = { resolve, reject };
    });
  }

  choose(card: string): void {
    this.card = card;
    this.notice = "";
    this.host.changed();
  }

  /** cancel is the buyer's. While a payment is under way there is none. */
  cancel(): void {
    if (this.busy && this.bank === "") return;
    this.reject(new Refusal("User cancelled checkout", "user_cancelled"));
  }

  private reject(error: Error): void {
    const { answering } = this;
    this.close();
    answering?.reject(error);
  }

  private resolve(result: unknown): void {
    const { answering } = this;
    this.close();
    answering?.resolve(result);
  }

  private close(): void {
    this.session = this.answering = undefined;
    this.busy = false;
    this.bank = "";
    this.asking++;
    this.host.changed();
  }

  /** say tells the buyer of what was not even tried. */
  say(notice: string): void {
    this.notice = notice;
    this.host.changed();
  }

  private stay(notice: string): void {
    this.busy = false;
    this.bank = "";
    this.notice = notice;
    this.host.changed();
  }

  /** pay makes one try with the chosen card. */
  async pay(filled: Filled): Promise<void> {
    const { host, session } = this;
    const card = host.setup.cards.find((c) => c.id === this.card);
    if (!session || this.busy || !card) return;
    this.busy = true;
    this.notice = "";
    host.changed();
    if (card.played === "out_of_stock") {
      this.settle(soldOut(session));
      return;
    }
    try {
      this.call = await this.argumentsFor(card, session, filled);
    } catch (error) {
      this.stay(`${saying(error)} The shop was not asked for a payment.`);
      return;
    }
    await this.settled(this.complete(card, this.call));
  }

  /** settled takes what a call came to, and asks the bank where that wants it. */
  private async settled(answering: Promise<Dict>): Promise<void> {
    let answer: Dict;
    try {
      answer = await answering;
    } catch (error) {
      this.reject(error instanceof Refusal ? error : new Refusal(saying(error)));
      return;
    }
    const { authentication_metadata: metadata } = dict(answer.structuredContent);
    if (metadata === undefined || !this.host.switches.bank) this.settle(answer);
    else await this.confirm(dict(metadata));
  }

  /** confirm has the bank ask the buyer, and brings what came of it. */
  private async confirm(metadata: Dict): Promise<void> {
    const { session, host } = this;
    const mine = ++this.asking;
    let asked: Asked;
    try {
      asked = await ask<Asked>("/api/authentication", {
        card: this.card, session_id: text(session?.id), merchant_id: text(dict(session?.payment_provider).merchant_id), currency: this.currency, amount: this.total ?? 0,
        name: text(dict(dict(this.call.payment_data).billing_address).name), metadata,
      });
      host.note("The bank was asked", asked.link ? "It has a question for the buyer." : "It has none for the buyer.");
      while (mine === this.asking && !asked.authentication_result) {
        this.bank = asked.link ?? this.bank;
        host.changed();
        await new Promise((done) => setTimeout(done, pause));
        if (mine === this.asking) asked = await ask<Asked>("/api/authentication/result", { id: asked.id });
      }
    } catch (error) {
      if (mine !== this.asking) return;
      this.host.problem("payment", saying(error));
      asked = { id: "", authentication_result: { outcome: "internal_error" } };
    }
    if (mine === this.asking) await this.report(asked.authentication_result ?? {});
  }

  /** another gives the bank no answer, and lets the buyer choose another card. */
  async another(): Promise<void> {
    if (this.bank === "") return;
    this.asking++;
    await this.report({ outcome: "canceled" });
  }

  private async report(result: object): Promise<void> {
    this.bank = "";
    this.host.changed();
    await this.settled(this.host.callTool(tool, { ...this.call, authentication_result: result }));
  }

  private async argumentsFor(card: Card, session: Dict, filled: Filled): Promise<Dict> {
    const { host } = this;
    const known = host.tools.find((t) => t.name === tool);
    if (!known) throw new Error(`The server has no tool ${tool}.`);
    if (!host.switches.hidden && !host.modelMayCall(known)) throw new Error(`${tool} is hidden from the model, and the switch for it is off.`);
    const provider = dict(session.payment_provider);
    const { token } = await ask<{ token: string }>("/api/token", {
      card: card.id, session_id: text(session.id), merchant_id: text(provider.merchant_id), currency: text(session.currency), amount: this.total ?? 0,
      name: filled.address.name, billing_address: filled.address,
    });
    return {
      checkout_session_id: text(session.id),
      buyer: buyerOf(filled, host.switches.spelling),
      payment_data: { token, provider: text(provider.provider), billing_address: billingOf(filled, host.switches.spelling) },
      ...(host.switches.merchant ? host.merchantFields() : {}),
    };
  }

  private async complete(card: Card, call: Dict): Promise<Dict> {
    const { host } = this;
    if (card.played === "double") return this.same("Paid twice at once", await Promise.all([host.callTool(tool, call), host.callTool(tool, call)]));
    if (card.played === "lost") {
      const lost = await host.callTool(tool, call);
      host.note("The answer was lost", "The sheet asks again, with the same token.");
      return this.same("Asked twice", [lost, await host.callTool(tool, call)]);
    }
    const answer = await host.callTool(tool, call);
    if (card.played === "timeout") throw new Refusal("The payment sheet timed out.", "timeout");
    return answer;
  }

  /** same holds two answers to one token against each other. What the buyer gets is the later one. */
  private same(what: string, answers: [Dict, Dict]): Dict {
    const { host } = this;
    const [first, second] = answers.map((answer) => text(dict(dict(answer.structuredContent).order).id));
    host.note(what, first === second ? `Both answers have the order ${first}.` : `The answers have different orders: ${first} and ${second}.`);
    if (first !== second) host.problem("payment", `Two calls with one token made different answers: orders “${first}” and “${second}”.`);
    return answers[1];
  }

  /** settle takes what complete_checkout, or the simulator in its place, answered. */
  private settle(result: Dict): void {
    const { host } = this;
    const content = dict(result.structuredContent);
    const errors = list(content.messages).filter((m) => m.type === "error");
    const stays = errors.find((m) => inSheet.includes(text(m.code)));
    if (stays) {
      this.stay(text(stays.content) || "The payment was not made.");
      return;
    }
    const { others } = host.switches;
    if (text(dict(content.order).id) !== "" || (errors.length > 0 && others !== "reject")) {
      const shown = host.switches.merchant ? { ...content, ...host.merchantFields() } : content;
      this.resolve(others === "envelope" ? { ...result, structuredContent: shown } : shown);
      return;
    }
    const first = errors[0];
    if (first) this.reject(new Refusal(text(first.content) || "The payment was not made.", text(first.code), errors));
    else if (result.isError === true) this.reject(new Refusal(list(result.content).map((part) => text(part.text)).join(" ") || "complete_checkout failed."));
    else this.reject(new Refusal("complete_checkout answered with neither an order nor an error."));
  }
}

/** soldOut is what a shop would answer whose last piece was just sold. */
function soldOut(session: Dict): Dict {
  const message = { type: "error", code: "out_of_stock", param: "$.line_items[0]", content_type: "plain", content: "Sold out meanwhile. You have not been charged." };
  return { content: [{ type: "text", text: message.content }], structuredContent: { ...session, status: "not_ready_for_payment", messages: [message] } };
}
