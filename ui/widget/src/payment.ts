// Paying: by the host's payment sheet where it has one, else on the shop's own
// page; never both, and never by anything that the buyer types in here. What is
// true in the end is what the server says.

import { readAnswer, readRejection, type Answer } from "./answer.ts";
import type { Checkout, Notice } from "./checkout.ts";
import { webAddress, type Message } from "./session.ts";

const seconds = (n: number) => new Promise<void>((done) => setTimeout(done, n * 1000));

/** How long is waited before each try to read what became of a payment. */
const tries = [0, 1, 3];

/** How long is waited between looks at a payment that is being confirmed; the last one stays. */
const looks = [2, 3, 5, 8, 13, 20, 30];
const mostLooks = 60;

const atOnce = 500; // milliseconds

export type Way = "sheet" | "outside" | "none";

export class Payment {
  private watching = false;
  private toldOf = ""; // the order that the model knows of
  private looked = 0; // when the server was asked last, in milliseconds

  constructor(
    private readonly checkout: Checkout,
    private readonly changed: () => void,
  ) {}

  /** The way that the pay button takes. */
  get way(): Way {
    const { host, session, shop, sheetFailed } = this.checkout;
    if (host.sheet && session?.sheet && shop?.sheet !== false) return "sheet";
    if (sheetFailed || host.calls || session?.checkoutURL) return "outside";
    return "none";
  }

  private get idle(): boolean {
    const { stage, session, updating, status } = this.checkout;
    return session !== undefined && stage === "shopping" && !updating && status === "open";
  }

  /** pay opens the payment sheet. It is called while the click is handled, and does nothing while a payment is under way. */
  pay(): void {
    const { host, session } = this.checkout;
    if (!this.idle || !session || session.status !== "ready_for_payment") return;
    this.checkout.stage = "paying";
    this.checkout.notice = undefined;
    host.requestCheckout(session.raw).then(
      (answer) => this.settle(readAnswer(answer), false),
      (reason: unknown) => {
        const rejection = readRejection(reason);
        return this.settle(rejection, rejection.canceled);
      },
    );
    this.changed();
  }

  /** settle finds out what became of a payment. The host's answer is a hint. */
  private async settle(answer: Answer, canceled: boolean): Promise<void> {
    const { checkout } = this;
    let known = false;
    for (const wait of tries) {
      if (wait > 0) await seconds(wait);
      known = await checkout.reread();
      if (known) break;
    }
    const order = answer.order ?? answer.session?.order;
    if (!known && order) checkout.order = order;
    if (checkout.status === "done") {
      this.finish();
    } else if (!known || order) {
      // The server does not answer, or does not know the order that the host has seen.
      checkout.stage = "unsure";
      this.watch();
    } else {
      checkout.stage = "shopping";
      checkout.notice = noticeOf(answer.messages, canceled);
      checkout.sheetFailed = answer.failed && !canceled && answer.messages.length === 0;
      if (checkout.status === "confirming") this.watch();
    }
    this.changed();
  }

  /** payOutside opens the shop's own page. again asks for a new link: each is good for one visit. */
  async payOutside(again = false): Promise<void> {
    const { checkout } = this;
    const { session } = checkout;
    if (!session || !(this.idle || (again && (checkout.stage === "outside" || checkout.status === "confirming" || checkout.status === "bank")))) return;
    checkout.stage = "opening";
    checkout.notice = undefined;
    this.changed();
    let url = again ? "" : session.checkoutURL;
    if (!url) {
      const answer = await this.ask(session.id);
      url = webAddress(answer?.url);
      if (!url) {
        const text = answer?.messages[0]?.content;
        checkout.notice = text ? { tone: "negative", text } : { tone: "negative", key: "openFailed" };
        await this.back();
        return;
      }
    }
    const opened = await checkout.host.open(url);
    checkout.outsideURL = opened ? "" : url;
    checkout.stage = "outside";
    this.changed();
    this.watch();
  }

  private async ask(session: string): Promise<Answer | undefined> {
    try {
      return readAnswer(await this.checkout.host.callTool("start_external_checkout", { checkout_session_id: session }));
    } catch {
      return undefined; // no link was made that anybody knows
    }
  }

  /** back shows the cart again. */
  async back(): Promise<void> {
    this.checkout.stage = "shopping";
    this.changed();
    await this.look();
  }

  /** look asks the server once. */
  async look(): Promise<void> {
    const { checkout } = this;
    this.looked = Date.now();
    const known = await checkout.reread();
    if (known && checkout.stage === "unsure" && checkout.status !== "done") checkout.stage = "shopping";
    if (checkout.status === "done") this.finish();
    else if (known && checkout.status === "confirming") this.watch();
    this.changed();
  }

  /** arrived is called when the host has brought a session: it may be the one that is being paid. */
  arrived(): void {
    if (this.checkout.status === "done" && this.checkout.stage !== "shopping") this.finish();
  }

  /** returned is called when the buyer looks at the widget again. */
  returned(): void {
    const { checkout } = this;
    if (Date.now() - this.looked < atOnce) return; // the window and the page both say that they are back
    if (!checkout.session || checkout.updating || checkout.stage === "opening") return;
    if (["open", "confirming", "approval", "bank"].includes(checkout.status)) void this.look();
  }

  /** watch looks again and again while the outcome is open, when the widget is seen. */
  private watch(): void {
    if (this.watching) return;
    this.watching = true;
    void (async () => {
      for (let i = 0; i < mostLooks && this.open; i++) {
        await seconds(looks[Math.min(i, looks.length - 1)] ?? 30);
        if (this.open && document.visibilityState === "visible") await this.look();
      }
      this.watching = false;
    })();
  }

  private get open(): boolean {
    const { stage, status } = this.checkout;
    return status === "confirming" || (status === "open" && (stage === "outside" || stage === "unsure"));
  }

  private finish(): void {
    const { checkout } = this;
    const { order, session } = checkout;
    checkout.stage = "shopping";
    checkout.notice = undefined;
    if (!order || order.id === this.toldOf) return;
    this.toldOf = order.id;
    checkout.host.tell(`The buyer has placed order ${order.number}.`, { checkout_session_id: session?.id, order_id: order.id });
  }
}

/** noticeOf says what an unsuccessful try came to, where the server says that no payment was made. */
function noticeOf(messages: Message[], canceled: boolean): Notice | undefined {
  const error = messages.find((m) => m.type === "error") ?? messages[0];
  if (canceled) return { tone: "neutral", key: "canceled" };
  if (!error) return { tone: "negative", key: "notPaid" };
  return paymentNotice(error) ?? { tone: "negative", text: error.content };
}

/** paymentNotice puts the codes that every server sends into words for a buyer. */
export function paymentNotice(m: Message): Notice | undefined {
  if (m.code === "payment_declined") return { tone: "negative", key: "declined" };
  if (m.code === "requires_3ds") return { tone: "negative", key: "needs3ds" };
  return undefined;
}
