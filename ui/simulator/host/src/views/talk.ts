// The conversation: what was called, and what a widget has said.

import { h, type Child, type Tag } from "../../../../widget/src/html.ts";
import type { App, Turn } from "../app.ts";
import { dict, text } from "../json.ts";
import { masked } from "../traffic.ts";
import { code, empty, folded } from "./parts.ts";

export function talk(app: App): Child[] {
  if (app.state === "failed") {
    return [h("div", { key: "failed", class: "empty" },
      h("p", { class: "strong" }, "No connection to the MCP server."),
      h("p", { class: "detail" }, app.failure),
      h("button", { type: "button", id: "again", class: "button", onclick: () => void app.start() }, "Try again"))];
  }
  if (app.turns.length === 0) {
    return [empty(app.state === "connecting" ? "Connecting" : "Open a product.", app.state === "connecting" ? "The server is asked for its tools." : "Its widget appears here, as in a chat. Any other tool can be called under Tools.")];
  }
  // The newest turns; what is older is still in the traffic.
  return app.turns.slice(-6).map((turn) => row(app, turn));
}

function row(app: App, turn: Turn): Tag {
  const { body } = turn;
  return h("div", { key: turn.key, class: `turn ${turn.kind} ${turn.failed ? "failed" : ""}` },
    h("p", { class: "what" }, turn.busy ? h("span", { class: "busy" }, turn.title) : turn.title),
    turn.result
      ? [
          // With a widget the words are for the model; without one they are all there is to read.
          (!turn.widget || turn.failed) && h("p", { key: "words", class: "detail", dir: "auto" }, words(turn)),
          folded(`turn ${turn.key}`, () => app.changed(), turn.widget ? "What the model reads" : "The whole result", () => [
            turn.widget && h("p", { class: "detail", dir: "auto" }, words(turn)), code(masked(turn.result))]),
        ]
      : body !== "" && h("p", { class: "detail", dir: "auto" }, body));
}

/** words are the text of a result, without its secrets. */
const words = (turn: Turn): string => text(dict(masked({ ...turn.result, body: turn.body })).body);

/** after is below the widget: what the model was told. */
export function after(app: App): Child[] {
  if (!app.told) return [];
  return [h("div", { key: "told", class: "turn note" }, h("p", { class: "what" }, "The widget told the model"), code(app.told))];
}

export function stageBar(app: App): Child[] {
  const { mounted } = app;
  if (!mounted) return [];
  return [h("div", { key: "bar", class: "stage-bar" },
    h("p", { id: "stage-name", class: "detail" }, mounted.opening.tool.title),
    h("div", { class: "actions" },
      mounted.mode === "inline"
        ? h("button", { key: "expand", type: "button", class: "plain", onclick: () => mounted.display("fullscreen") }, "Full screen")
        : h("button", { key: "back", type: "button", class: "plain", onclick: () => mounted.display("inline") }, "Back to the conversation"),
      h("button", { key: "close", type: "button", class: "plain", onclick: () => void app.close(mounted) }, "Close")))];
}
