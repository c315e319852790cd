// The host's side of the bridge of MCP Apps.

import { heightOf } from "./frame.ts";
import { silence, type Mode, type Shown } from "./host.ts";
import { dict, list, text, type Dict } from "./json.ts";
import { answerForeignSheet } from "./openai.ts";

/** Refused is an answer that the bridge has a code for. */
class Refused extends Error {
  constructor(message: string, readonly code: number) {
    super(message);
  }
}

const modes: Mode[] = ["inline", "fullscreen", "pip"];

/** answerBridge answers what a widget asks over the bridge. What it resolves with is the result. */
export async function answerBridge(shown: Shown, method: string, params: Dict): Promise<unknown> {
  const { host } = shown;
  if (!host.switches.bridge) return silence;
  switch (method) {
    case "ping":
      return {};
    case "ui/initialize":
      return welcome(shown);
    case "ui/notifications/initialized":
      shown.greet();
      shown.say({ method: "ui/notifications/tool-input", params: { arguments: shown.opening.input } });
      shown.say({ method: "ui/notifications/tool-result", params: shown.opening.result });
      return undefined;
    case "ui/notifications/size-changed": {
      const height = heightOf(params);
      if (height !== undefined) host.resize(shown, height);
      return undefined;
    }
    case "ui/notifications/request-teardown":
      await host.close(shown);
      return undefined;
    case "notifications/message":
      host.note("The widget logs", JSON.stringify(params.data ?? params));
      return undefined;
    case "tools/call":
      return host.callForWidget(text(params.name), dict(params.arguments));
    case "resources/read":
      return host.client.request("resources/read", { uri: text(params.uri) });
    case "resources/list":
      return host.client.request("resources/list", {});
    case "ui/open-link":
      return (await host.outside.open(text(params.url), true, shown)) ? {} : { isError: true };
    case "ui/message": {
      const content = Array.isArray(params.content) ? list(params.content) : [dict(params.content)];
      host.say(content.map((part) => text(part.text)).join("\n"));
      return {};
    }
    case "ui/update-model-context":
      host.context({ content: params.content, structuredContent: params.structuredContent });
      return {};
    case "ui/request-display-mode": {
      const mode = modes.find((m) => m === params.mode);
      if (mode && shown.mode !== "modal") shown.display(mode);
      return { mode: shown.mode };
    }
    default:
      if (await answerForeignSheet(shown, method, params)) return undefined;
      throw new Refused(`the simulator does not know ${method}`, -32601);
  }
}

function welcome(shown: Shown): object {
  const { host, opening } = shown;
  return {
    protocolVersion: "2026-01-26",
    hostInfo: { name: "checkstand-simulator", version: "1" },
    hostCapabilities: {
      openLinks: {}, serverTools: {}, serverResources: {}, logging: {}, message: { text: {} },
      updateModelContext: { text: {}, structuredContent: {} }, sandbox: { csp: {}, permissions: {} },
    },
    hostContext: {
      toolInfo: { id: 1, tool: opening.tool.raw },
      ...shown.surroundings(),
      availableDisplayModes: modes,
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      userAgent: "checkstand-simulator",
      platform: host.switches.device === "phone" ? "mobile" : "web",
      deviceCapabilities: { touch: host.switches.device === "phone", hover: host.switches.device === "desktop" },
      safeAreaInsets: { top: 0, right: 0, bottom: 0, left: 0 },
      styles: { variables: {}, css: {} },
    },
  };
}
