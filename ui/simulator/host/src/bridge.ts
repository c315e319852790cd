// The host's side of the bridge of MCP Apps.

import { heightOf } from "./frame.ts";
import { dict, list, text, type Dict } from "./json.ts";
import { silence, type Mode, type Mounted } from "./mounted.ts";
import { answerForeignSheet } from "./openai.ts";

/** Refused is an answer that the bridge has a code for. */
class Refused extends Error {
  constructor(message: string, readonly code: number) {
    super(message);
  }
}

const modes: Mode[] = ["inline", "fullscreen", "pip"];

/** answerBridge answers what a widget asks over the bridge. What it resolves with is the result. */
export async function answerBridge(mounted: Mounted, method: string, params: Dict): Promise<unknown> {
  const { app } = mounted;
  if (!app.switches.bridge) return silence;
  switch (method) {
    case "ping":
      return {};
    case "ui/initialize":
      return welcome(mounted);
    case "ui/notifications/initialized":
      mounted.greeted = true;
      mounted.say({ method: "ui/notifications/tool-input", params: { arguments: mounted.opening.input } });
      mounted.say({ method: "ui/notifications/tool-result", params: mounted.opening.result });
      return undefined;
    case "ui/notifications/size-changed": {
      const height = heightOf(params);
      if (height !== undefined) app.resize(mounted, height);
      return undefined;
    }
    case "ui/notifications/request-teardown":
      await app.close(mounted);
      return undefined;
    case "notifications/message":
      app.note("The widget logs", JSON.stringify(params.data ?? params));
      return undefined;
    case "tools/call":
      return app.callForWidget(text(params.name), dict(params.arguments));
    case "resources/read":
      return app.client.request("resources/read", { uri: text(params.uri) });
    case "resources/list":
      return app.client.request("resources/list", {});
    case "ui/open-link":
      return (await app.outside.open(text(params.url), true, mounted)) ? {} : { isError: true };
    case "ui/message": {
      const content = Array.isArray(params.content) ? list(params.content) : [dict(params.content)];
      app.say(content.map((part) => text(part.text)).join("\n"));
      return {};
    }
    case "ui/update-model-context":
      app.context({ content: params.content, structuredContent: params.structuredContent });
      return {};
    case "ui/request-display-mode": {
      const mode = modes.find((m) => m === params.mode);
      if (mode && mounted.mode !== "modal") mounted.display(mode);
      return { mode: mounted.mode };
    }
    default:
      if (await answerForeignSheet(mounted, method, params)) return undefined;
      throw new Refused(`the simulator does not know ${method}`, -32601);
  }
}

function welcome(mounted: Mounted): object {
  const { app, opening } = mounted;
  return {
    protocolVersion: "2026-01-26",
    hostInfo: { name: "checkstand-simulator", version: "1" },
    hostCapabilities: {
      openLinks: {}, serverTools: {}, serverResources: {}, logging: {}, message: { text: {} },
      updateModelContext: { text: {}, structuredContent: {} }, sandbox: { csp: {}, permissions: {} },
    },
    hostContext: {
      toolInfo: { id: 1, tool: opening.tool.raw },
      ...app.surroundings(mounted.mode),
      availableDisplayModes: modes,
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      userAgent: "checkstand-simulator",
      platform: app.switches.device === "phone" ? "mobile" : "web",
      deviceCapabilities: { touch: app.switches.device === "phone", hover: app.switches.device === "desktop" },
      safeAreaInsets: { top: 0, right: 0, bottom: 0, left: 0 },
      styles: { variables: {}, css: {} },
    },
  };
}
