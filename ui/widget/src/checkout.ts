// What the widget knows and does: the session as the server last told it, what
// the buyer has changed since, and where a payment stands.

import { readAnswer, type Answer } from "./answer.ts";
import { argumentsOf, merge, noEdits, pending, shown, type Edits } from "./edits.ts";
import type { Host } from "./host.ts";
import { readShop, type Message, type Order, type Session, type Shop } from "./session.ts";

/** Where the buyer is. What the session's status says goes before it. */
export type Stage =
  | "shopping"
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
  code = ""; // discount code that was tried last, until the answer to it is seen
  codeWithoutEffect = "";
  outsideURL = ""; // where the host did not open the shop's page
  sheetFailed = false; // the shop's page is offered as well
  private edits: Edits = noEdits();
  private sending?: Edits;
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

  get status(): "none" | "open" | "confirming" | "done" | "ended" {
    if (this.order) return "done";
    switch (this.session?.status) {
      case undefined:
        return "none";
      case "completed":
        return "done";
      case "in_progress":
      case "complete_in_progress":
      case "pending_approval":
        return "confirming";
      case "canceled":
      case "expired":
        return "ended";
      default:
        return "open";
    }
  }

  /** arrived takes what the host brings by itself. */
  arrived(answer: unknown): void {
    const read = readAnswer(answer);
    this.shop = read.shop ?? readShop(this.host.metadata) ?? this.shop;
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
    this.outsideURL = this.codeWithoutEffect = "";
    this.sheetFailed = false;
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

  setQuantity(item: string, quantity: number): void {
    this.edit({ quantities: new Map([[item, quantity]]) }, "pause");
  }

  useCode(code: string): void {
    const now = this.session?.codes ?? [];
    this.code = code;
    this.codeWithoutEffect = "";
    this.edit({ codes: now.includes(code) ? now : [...now, code] }, "once");
  }

  dropCode(code: string): void {
    this.codeWithoutEffect = "";
    this.edit({ codes: (this.session?.codes ?? []).filter((c) => c !== code) }, "once");
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
      const first = answer?.messages[0];
      this.notice = first ? { tone: "negative", text: first.content } : { tone: "negative", key: "changeFailed" };
      await this.reread();
    }
    this.changed();
    if (pending(this.edits)) void this.send();
  }

  private settleEdit(before: Session, after: Session, sent: Edits): void {
    this.take(after);
    if (sent.address && !after.messages.some((m) => m.type === "error" && m.code !== "missing" && aboutAddress(m))) this.address.open = false;
    if (sent.codes && this.code) {
      const told = after.messages.some(aboutDiscount) || after.codes.includes(this.code);
      const same = JSON.stringify(before.totals) === JSON.stringify(after.totals);
      this.codeWithoutEffect = !told && same ? this.code : "";
      this.code = "";
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

export const aboutAddress = (m: Message): boolean => /^\$\.fulfillment_(address|details)/.test(m.param);
export const aboutDiscount = (m: Message): boolean => /^\$\.(discount|coupon)/.test(m.param) || /^(discount|coupon)_/.test(m.code);
