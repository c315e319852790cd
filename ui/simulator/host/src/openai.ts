// The host's side of window.openai, and of another simulator's payment sheet.

import { heightOf } from "./frame.ts";
import type { Mode, Shown } from "./host.ts";
import { dict, saying, text, type Dict } from "./json.ts";
import type { Switches } from "./switches.ts";

const always = ["callTool", "sendFollowUpMessage", "setWidgetState", "requestDisplayMode", "requestModal", "requestClose", "notifyIntrinsicHeight", "openExternal", "setOpenInAppUrl"];

/** memberNames are the methods that window.openai has. One that is off is absent. */
export const memberNames = (switches: Switches): string[] => (switches.sheet ? [...always, "requestCheckout"] : always);

/** dataOf is what window.openai has to read. */
export function dataOf(shown: Shown): Dict {
  const { host, opening } = shown;
  const { result } = opening;
  return {
    toolInput: opening.input,
    toolOutput: outputOf(result),
    toolResponseMetadata: { ...dict(result._meta), "openai/widgetSessionId": shown.id, status: "completed", call_tool_result: result, mcp_tool_result: result },
    widgetState: shown.state,
    theme: host.scheme,
    locale: host.switches.locale,
    displayMode: shown.mode,
    maxHeight: host.roomFor(shown.mode),
    safeArea: { insets: { top: 0, right: 0, bottom: 0, left: 0 } },
    view: opening.view ?? { mode: shown.mode },
    userAgent: { device: { type: host.switches.device === "phone" ? "mobile" : "desktop" }, capabilities: { hover: host.switches.device === "desktop", touch: host.switches.device === "phone" } },
  };
}

function outputOf(result: Dict): unknown {
  if (result.structuredContent !== undefined) return result.structuredContent;
  const parts = Array.isArray(result.content) ? result.content.map(dict) : [];
  return { text: parts.map((part) => text(part.text)).join("\n") };
}

/** answerOpenAI answers a method of window.openai. */
export async function answerOpenAI(shown: Shown, method: string, params: Dict): Promise<unknown> {
  const { host } = shown;
  if (await answerForeignSheet(shown, method, params)) return undefined;
  switch (method) {
    case "openai/callTool":
      return host.callForWidget(text(params.name), dict(params.arguments));
    case "openai/sendFollowUpMessage":
      host.say(text(dict(params.message).prompt) || text(params.message));
      return undefined;
    case "openai/setWidgetState":
      shown.state = params.state ?? null;
      host.remember(shown);
      return undefined;
    case "openai/requestDisplayMode": {
      const wanted = text(dict(params.wish).mode) as Mode;
      // On a phone there is no room for a picture in the picture.
      const mode = wanted === "pip" && host.switches.device === "phone" ? "fullscreen" : wanted;
      if (["inline", "fullscreen", "pip"].includes(mode) && shown.mode !== "modal") shown.display(mode);
      return { mode: shown.mode };
    }
    case "openai/requestModal":
      await host.openModal(shown, dict(params.wish));
      return {};
    case "openai/requestClose":
      await host.close(shown);
      return {};
    case "openai/notifyIntrinsicHeight": {
      const height = heightOf(params);
      if (height !== undefined) host.resize(shown, height);
      return undefined;
    }
    case "openai/openExternal": {
      const to = dict(params.to);
      if (!(await host.outside.open(text(to.href), to.redirectUrl !== false, shown))) throw new Error("The link was not opened.");
      return {};
    }
    case "openai/setOpenInAppUrl":
      host.note("Open in app leads to", text(dict(params.to).href));
      return undefined;
    case "openai/requestCheckout":
      return host.sheet.open(dict(params.session));
    default:
      throw new Error(`The simulator does not know ${method}.`);
  }
}

/**
 * answerForeignSheet answers the payment sheet of MCPJam's window.openai, which
 * asks by one notification and waits for another. It resolves with whether it was that.
 */
export async function answerForeignSheet(shown: Shown, method: string, params: Dict): Promise<boolean> {
  const { callId, ...session } = params;
  if (method !== "openai/requestCheckout" || callId === undefined) return false;
  const say = (answer: object) => shown.say({ method: "openai/requestCheckout:response", params: { callId, ...answer } });
  try {
    say({ result: await shown.host.sheet.open(session) });
  } catch (error) {
    say({ error: saying(error) });
  }
  return true;
}
