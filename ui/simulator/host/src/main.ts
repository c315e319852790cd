// The simulator's page starts here.

import { h, paint } from "../../../widget/src/html.ts";
import { App } from "./app.ts";
import { dict, text } from "./json.ts";
import { inspector } from "./views/inspector.ts";
import { sheetView } from "./views/sheet.ts";
import { shelf } from "./views/shelf.ts";
import { after, stageBar, talk } from "./views/talk.ts";

const root = document.documentElement;

function the<T extends Element>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found as unknown as T;
}

const stage = the<HTMLElement>("stage");
const sheetDialog = the<HTMLDialogElement>("sheet");
const askDialog = the<HTMLDialogElement>("dialog");
const modalDialog = the<HTMLDialogElement>("modal");
const app = new App(the("stage-place"), the("modal-place"), redraw);

function redraw(): void {
  if (app.switches.scheme === "system") delete root.dataset.scheme;
  else root.dataset.scheme = app.switches.scheme;
  paint(the("header"), header());
  paint(the("shelf"), shelf(app));
  paint(the("talk"), talk(app));
  paint(the("stage-bar"), stageBar(app));
  paint(the("after"), after(app));
  paint(the("inspector"), inspector(app));
  drawStage();
  drawSheet();
  drawAsked();
  drawModal();
}

function header() {
  const server = dict(app.server.serverInfo);
  const status = app.state === "ready" ? `${text(server.title) || text(server.name)}, ${text(app.server.protocolVersion)}` : app.state === "failed" ? "Not connected" : "Connecting";
  return [
    h("h1", { key: "title" }, "Simulator"),
    h("p", { key: "where", class: "detail" }, h("span", { class: `dot ${app.state}`, "aria-hidden": "true" }), h("span", { id: "status" }, status), h("code", null, app.setup?.mcp_url ?? "")),
  ];
}

function drawStage(): void {
  const { mounted, switches } = app;
  stage.hidden = !mounted;
  stage.dataset.mode = mounted?.mode ?? "";
  stage.dataset.device = switches.device;
  stage.classList.toggle("bordered", mounted?.dressed?.border === true);
  if (!mounted) return;
  const room = app.roomFor(mounted.mode);
  const height = mounted.height > 0 ? mounted.height : 120;
  stage.style.setProperty("--height", mounted.mode === "inline" ? `${switches.maxHeight > 0 ? Math.min(height, room) : height}px` : "auto");
}

function drawSheet(): void {
  const open = app.sheet.session !== undefined;
  paint(sheetDialog, sheetView(app));
  if (open && !sheetDialog.open) {
    sheetDialog.showModal();
    the<HTMLElement>("sheet-title").focus();
  } else if (!open && sheetDialog.open) sheetDialog.close();
}

function drawAsked(): void {
  const { asked } = app.outside;
  paint(askDialog, asked ? [
    h("h1", { key: "title", id: "dialog-title" }, asked.blocked ? "Open the link" : "Leave the conversation?"),
    h("p", { key: "why" }, asked.blocked ? "The browser did not open it by itself." : "This address is not in the widget's redirect_domains, so the buyer is asked, and no way back is added."),
    h("p", { key: "url" }, h("code", null, new URL(asked.url).origin)),
    h("p", { key: "actions", class: "row" },
      h("button", { type: "button", id: "leave", class: "button primary", onclick: () => asked.decide(true) }, "Open link"),
      h("button", { type: "button", id: "remain", class: "button", onclick: () => asked.decide(false) }, "Cancel")),
  ] : []);
  if (asked && !askDialog.open) askDialog.showModal();
  else if (!asked && askDialog.open) askDialog.close();
}

function drawModal(): void {
  const { modal } = app;
  paint(the("modal-bar"), modal ? [h("h1", { key: "title", id: "modal-title" }, modal.opening.tool.title),
    h("button", { key: "close", type: "button", class: "plain", onclick: () => void app.close(modal) }, "Close")] : []);
  if (modal && !modalDialog.open) modalDialog.showModal();
  else if (!modal && modalDialog.open) modalDialog.close();
}

sheetDialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  app.sheet.cancel();
});
askDialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  app.outside.asked?.decide(false);
});
modalDialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  if (app.modal) void app.close(app.modal);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && app.mounted && app.mounted.mode !== "inline" && !document.querySelector("dialog[open]")) app.mounted.display("inline");
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => app.set({}));
redraw();
void app.start();
