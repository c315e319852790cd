// The host's side of window.openai, and of another simulator's payment sheet.

import { heightOf } from "./frame.ts";
import { dict, saying, text, type Dict } from "./json.ts";
import type { Mode, Mounted } from "./mounted.ts";
import type { Switches } from "./switches.ts";

const always = ["callTool", "sendFollowUpMessage", "setWidgetState", "requestDisplayMode", "requestModal", "requestClose", "notifyIntrinsicHeight", "openExternal", "setOpenInAppUrl"];

/** memberNames are the methods that window.openai has. One that is off is absent. */
export const memberNames = (switches: Switches): string[] => (switches.sheet ? [...always, "requestCheckout"] : always);

/** dataOf is what window.openai has to read. */
export function dataOf(mounted: Mounted): Dict {
  const { app, opening } = mounted;
  const { result } = opening;
  return {
    toolInput: opening.input,
    toolOutput: outputOf(result),
    toolResponseMetadata: { ...dict(result._meta), "openai/widgetSessionId": mounted.id, status: "completed", call_tool_result: result, mcp_tool_result: result },
    widgetState: mounted.state,
    theme: app.scheme,
    locale: app.switches.locale,
    displayMode: mounted.mode,
    maxHeight: app.roomFor(mounted.mode),
    safeArea: { insets: { top: 0, right: 0, bottom: 0, left: 0 } },
    view: opening.view ?? { mode: mounted.mode },
    userAgent: { device: { type: app.switches.device === "phone" ? "mobile" : "desktop" }, capabilities: { hover: app.switches.device === "desktop", touch: app.switches.device === "phone" } },
  };
}

function outputOf(result: Dict): unknown {
  if (result.structuredContent !== undefined) return result.structuredContent;
  const parts = Array.isArray(result.content) ? result.content.map(dict) : [];
  return { text: parts.map((part) => text(part.text)).join("\n") };
}

/** answerOpenAI answers a method of window.openai. */
export async function answerOpenAI(mounted: Mounted, method: string, params: Dict): Promise<unknown> {
  const { app } = mounted;
  if (await answerForeignSheet(mounted, method, params)) return undefined;
  switch (method) {
    case "openai/callTool":
      return app.callForWidget(text(params.name), dict(params.arguments));
    case "openai/sendFollowUpMessage":
      app.say(text(dict(params.message).prompt) || text(params.message));
      return undefined;
    case "openai/setWidgetState":
      mounted.state = params.state ?? null;
      app.remember(mounted);
      return undefined;
    case "openai/requestDisplayMode": {
      const wanted = text(dict(params.wish).mode) as Mode;
      // On a phone there is no room for a picture in the picture.
      const mode = wanted === "pip" && app.switches.device === "phone" ? "fullscreen" : wanted;
      if (["inline", "fullscreen", "pip"].includes(mode) && mounted.mode !== "modal") mounted.display(mode);
      return { mode: mounted.mode };
    }
    case "openai/requestModal":
      await app.openModal(mounted, dict(params.wish));
      return {};
    case "openai/requestClose":
      await app.close(mounted);
      return {};
    case "openai/notifyIntrinsicHeight": {
      const height = heightOf(params);
      if (height !== undefined) app.resize(mounted, height);
      return undefined;
    }
    case "openai/openExternal": {
      const to = dict(params.to);
      if (!(await app.outside.open(text(to.href), to.redirectUrl !== false, mounted))) throw new Error("The link was not opened.");
      return {};
    }
    case "openai/setOpenInAppUrl":
      app.note("Open in app leads to", text(dict(params.to).href));
      return undefined;
    case "openai/requestCheckout":
      return app.sheet.open(dict(params.session));
    default:
      throw new Error(`The simulator does not know ${method}.`);
  }
}

/**
 * answerForeignSheet answers the payment sheet of MCPJam's window.openai, which
 * asks by one notification and waits for another. It resolves with whether it was that.
 */
export async function answerForeignSheet(mounted: Mounted, method: string, params: Dict): Promise<boolean> {
  const { callId, ...session } = params;
  if (method !== "openai/requestCheckout" || callId === undefined) return false;
  const say = (answer: object) => mounted.say({ method: "openai/requestCheckout:response", params: { callId, ...answer } });
  try {
    say({ result: await mounted.app.sheet.open(session) });
  } catch (error) {
    say({ error: saying(error) });
  }
  return true;
}
