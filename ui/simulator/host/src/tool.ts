// Tools as a server lists them, and who may call them.

import { dict, list, text, texts, type Dict } from "./json.ts";

export interface Tool {
  name: string;
  title: string;
  description: string;
  input: Dict; // JSON Schema
  output?: Dict;
  hints: Dict;
  meta: Dict;
  raw: Dict;
}

export function readTool(raw: Dict): Tool {
  const hints = dict(raw.annotations);
  return {
    name: text(raw.name),
    title: text(raw.title) || text(hints.title) || text(raw.name),
    description: text(raw.description),
    input: dict(raw.inputSchema),
    output: raw.outputSchema === undefined ? undefined : dict(raw.outputSchema),
    hints,
    meta: dict(raw._meta),
    raw,
  };
}

export const readTools = (answer: unknown): Tool[] => list(dict(answer).tools).map(readTool);

/** widgetOf is the address of the widget that a tool opens, or "". */
export function widgetOf(tool: Tool): string {
  const { meta } = tool;
  return text(dict(meta.ui).resourceUri) || text(meta["openai/outputTemplate"]) || text(meta["ui/resourceUri"]);
}

function visibility(tool: Tool): string[] | undefined {
  const v = dict(tool.meta.ui).visibility;
  return Array.isArray(v) ? texts(v) : undefined;
}

/** Whether the model is told of a tool. */
export const forModel = (tool: Tool): boolean => visibility(tool)?.includes("model") ?? tool.meta["openai/visibility"] !== "private";

/** Whether a widget may call a tool. */
export function forWidget(tool: Tool): boolean {
  const seen = visibility(tool);
  if (seen) return seen.includes("app");
  const legacy = tool.meta["openai/widgetAccessible"];
  return typeof legacy === "boolean" ? legacy : true;
}

/** statusOf are the words for a call under way and after it. */
export function statusOf(tool: Tool): { during: string; after: string } {
  return {
    during: text(tool.meta["openai/toolInvocation/invoking"]) || `Calling ${tool.title}`,
    after: text(tool.meta["openai/toolInvocation/invoked"]) || `Called ${tool.title}`,
  };
}

/** hintsMissing names the hints that the store review asks of every tool. */
export const hintsMissing = (tool: Tool): string[] =>
  ["readOnlyHint", "destructiveHint", "openWorldHint"].filter((name) => typeof tool.hints[name] !== "boolean");
