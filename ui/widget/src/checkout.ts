// What the widget knows and does: the session as the server last told it, what
// the buyer has changed since, and where a payment stands.

import { readAnswer, type Answer } from "./answer.ts";
import { argumentsOf, merge, noEdits, pending, shown, type Edits } from "./edits.ts";
import type { Host } from "./host.ts";
import type { Message, Order, Refusal, Session, Shop } from "./session.ts";

/** Where the buyer is. What the session's status says goes before it. */
export type Stage =
  | "shopping"
  | "ending" // the last item is being taken out, and the session with it
  | "paying" // the payment sheet is open, or its outcome is being looked up
  | "opening" // the shop's page is about to open
  | "outside" // the buyer is on the shop's page
  | "unsure"; // a payment may have been made, and the server does not answer

/** What the last try came to, in words of the catalogue or of the server. */
export type Notice = { tone: "neutral" | "caution" | "negative" } & ({ key: "canceled" | "notPaid" | "declined" | "needs3ds" | "changeFailed" | "openFailed" } | { text: string });

const readPatience = 15_000; // milliseconds that an answer may take which changes nothing
const pause = 300; // milliseconds that a changed quantity waits for the next press

export class Checkout {
  session?: Session;
  shop?: Shop;
  order?: Order; // also where only the payment sheet has told of it
  troubles: Message[] = []; // what came instead of a session
  failed = false;
  stage: Stage = "shopping";
  notice?: Notice;
  address = { open: false, saving: false };
  leaving = ""; // the line whose removal the buyer is asked about: it is the last one
  emptied = false; // by the buyer, which ended the session
  refusal?: Refusal; // of a code that the server has said nothing of
  tellsCodes = true; // what the session says of refused codes is of the last try
  outsideURL = ""; // where the host did not open the shop's page
  sheetFailed = false; // the shop's page is offered as well
  private edits: Edits = noEdits();
  private sending?: Edits;
  private tried = ""; // discount code that was sent last, until the answer to it is seen
  private timer?: ReturnType<typeof setTimeout>;
  private turn = 0; // counts what makes an earlier reading old

  constructor(
    readonly host: Host,
    private readonly changed: () => void,
  ) {}

  /** Whether the total is out of date. */
  get updating(): boolean {
    return this.sending !== undefined || pending(this.edits);
  }

  /** Whether the order can be changed now. */
  get editable(): boolean {
    return this.host.calls && this.stage === "shopping" && this.status === "open";
  }

  /** What the buyer sees: the session with the changes that are under way. */
  get view(): Session | undefined {
    return this.session && shown(this.session, [this.sending, this.edits]);
  }

  get status(): "none" | "open" | "confirming" | "approval" | "bank" | "done" | "ended" {
    if (this.order) return "done";
    switch (this.session?.status) {
      case undefined:
        return "none";
      case "completed":
        return "done";
      case "in_progress":
      case "complete_in_progress":
        return "confirming";
      case "pending_approval":
        return "approval";
      case "authentication_required":
        return "bank";
      case "canceled":
      case "expired":
        return "ended";
      default:
        return "open";
    }
  }

  /** arrived takes what the host brings by itself. */
  arrived(answer: unknown): void {
    const read = readAnswer(answer, this.host.metadata);
    this.shop = read.shop ?? this.shop;
    if (read.session) {
      if (read.session.id !== this.session?.id) this.restart();
      else if (this.sending) return; // the answer to what is being sent is newer
      this.take(read.session);
      if (this.host.remembered === read.session.id) void this.reread();
    } else if (!this.session) {
      // A host that has nothing yet sends an object without anything in it.
      if (read.failed || read.messages.length > 0) this.failed = true;
      this.troubles = read.messages;
    }
    this.changed();
  }

  dropped(): void {
    if (!this.session) this.failed = true;
    this.changed();
  }

  private restart(): void {
    this.edits = noEdits();
    this.order = this.notice = undefined;
    this.stage = "shopping";
    this.outsideURL = this.leaving = "";
    this.sheetFailed = this.emptied = false;
    this.refusal = undefined;
    this.tellsCodes = true;
    this.address = { open: false, saving: false };
  }

  /** take makes a session the current one. */
  take(session: Session): void {
    this.session = session;
    this.failed = false;
    if (session.order) this.order = session.order;
  }

  /** edit notes a change and sends it, at once or when the buyer has stopped pressing. */
  edit(change: Partial<Edits>, at: "once" | "pause"): void {
    if (!this.editable) return;
    this.notice = undefined;
    this.edits = merge(this.edits, change);
    this.turn++;
    clearTimeout(this.timer);
    if (at === "once") void this.send();
    else this.timer = setTimeout(() => void this.send(), pause);
    this.changed();
  }

  /** reopen ends the wait for the bank: any change does, also none. */
  reopen(): void {
    const line = this.session?.lines[0];
    if (!line || this.updating) return;
    this.notice = undefined;
    this.edits = merge(this.edits, { quantities: new Map([[line.item, line.quantity]]) });
    void this.send();
  }

  setQuantity(item: string, quantity: number): void {
    this.edit({ quantities: new Map([[item, quantity]]) }, "pause");
  }

  /** useCode tries a code; "" only clears what the last try came to. */
  useCode(code: string): void {
    const now = this.codes;
    this.refusal = undefined;
    if (code === "") {
      this.tellsCodes = false;
      this.changed();
      return;
    }
    const there = now.find((other) => other.toUpperCase() === code.toUpperCase());
    if (there !== undefined) {
      this.tellsCodes = false;
      this.refusal = { code: there, reason: "discount_code_already_applied", content: "" };
      this.changed();
      return;
    }
    this.tried = code;
    this.edit({ codes: [...now, code] }, "once");
  }

  dropCode(code: string): void {
    this.refusal = undefined;
    this.edit({ codes: this.codes.filter((other) => other !== code) }, "once");
  }

  /** codes are those in force once what is under way is done. A list that is sent replaces the one before. */
  private get codes(): string[] {
    return this.edits.codes ?? this.sending?.codes ?? this.session?.discounts.map(({ code }) => code).filter((code) => code !== "") ?? [];
  }

  /** Whether the buyer is asked about the last line. */
  get asking(): boolean {
    const lines = this.view?.lines ?? [];
    return this.leaving !== "" && lines.length === 1 && lines[0]?.id === this.leaving;
  }

  /** ask asks whether the last line is to go, or no more with "". */
  ask(line: string): void {
    this.leaving = line;
    this.changed();
  }

  /** empty takes the last item out. A session has at least one, so it ends with it. */
  async empty(): Promise<void> {
    const { session } = this;
    if (!session || !this.editable || this.updating) return;
    this.stage = "ending";
    this.notice = undefined;
    this.turn++;
    this.changed();
    let answer: Answer | undefined;
    try {
      answer = readAnswer(await this.host.callTool("cancel_checkout_session", { checkout_session_id: session.id }));
    } catch {
      answer = undefined; // whether it has ended is looked up below
    }
    this.turn++;
    this.stage = "shopping";
    this.leaving = "";
    if (answer?.session?.id === session.id) this.take(answer.session);
    else await this.reread();
    this.emptied = this.status === "ended";
    if (this.emptied) this.host.tell("The buyer has emptied the cart, and the checkout has ended.", { checkout_session_id: session.id });
    else if (this.status === "open") this.notice = failure(answer);
    this.changed();
  }

  /** send hands what was changed to the server, one call at a time. */
  private async send(): Promise<void> {
    clearTimeout(this.timer);
    const { session } = this;
    if (this.sending || !session || !pending(this.edits)) return;
    const sent = this.edits;
    this.sending = sent;
    this.edits = noEdits();
    this.address.saving = sent.address !== undefined;
    this.turn++;
    this.changed();
    let answer: Answer | undefined;
    try {
      answer = readAnswer(await this.host.callTool("update_checkout_session", argumentsOf(session, sent)));
    } catch {
      answer = undefined; // whether it was made is looked up below
    }
    this.turn++;
    this.sending = undefined;
    this.address.saving = false;
    if (answer?.session && answer.session.id === this.session?.id) {
      this.settleEdit(session, answer.session, sent);
    } else {
      this.notice = failure(answer);
      await this.reread();
    }
    this.changed();
    if (pending(this.edits)) void this.send();
  }

  private settleEdit(before: Session, after: Session, sent: Edits): void {
    this.take(after);
    if (sent.address && !after.messages.some((m) => m.type === "error" && m.code !== "missing" && aboutAddress(m))) this.address.open = false;
    // A server that takes no more codes repeats what it said of earlier ones.
    if (sent.codes) this.tellsCodes = !after.messages.some((m) => m.type === "error" && aboutDiscount(m));
    if (sent.codes && this.tried) {
      const told = after.messages.some(aboutDiscount) || after.refusals.length > 0 || after.discounts.some(({ code }) => code.toUpperCase() === this.tried.toUpperCase());
      const same = JSON.stringify(before.totals) === JSON.stringify(after.totals);
      this.refusal = !told && same ? { code: this.tried, reason: "discountNothing", content: "" } : undefined;
      this.tried = "";
    }
    this.host.remember({ checkout_session_id: after.id });
  }

  /**
   * reread asks the server where the session stands. It resolves with whether
   * there was an answer; one that is older than what is known changes nothing.
   */
  async reread(): Promise<boolean> {
    const { session, turn } = this;
    if (!session) return false;
    try {
      const answer = readAnswer(await this.host.callTool("get_checkout_session", { checkout_session_id: session.id }, readPatience));
      if (!answer.session || answer.session.id !== session.id) return false;
      if (turn === this.turn && this.session?.id === session.id) {
        this.take(answer.session);
        this.changed();
      }
      return true;
    } catch {
      return false;
    }
  }
}

/** failure says what a change came to that was not made. */
function failure(answer: Answer | undefined): Notice {
  const first = answer?.messages[0];
  return first ? { tone: "negative", text: first.content } : { tone: "negative", key: "changeFailed" };
}

export const aboutAddress = (m: Message): boolean => /^\$\.fulfillment_(address|details)/.test(m.param);
export const aboutTip = (m: Message): boolean => m.param.startsWith("$.tip");
export const aboutDiscount = (m: Message): boolean => /^\$\.(discount|coupon)/.test(m.param) || /^(discount|coupon)_/.test(m.code);
