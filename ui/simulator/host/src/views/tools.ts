// The server's tools: what they say of themselves, and a form to call each.

import { h, type Child, type Tag } from "../../../../widget/src/html.ts";
import type { App } from "../app.ts";
import { dict, saying, text, texts, type Dict } from "../json.ts";
import { forModel, forWidget, hintsMissing, widgetOf, type Tool } from "../tool.ts";
import { code, empty, folded } from "./parts.ts";

let asJSON = false;
const faults = new Map<string, string>();

export function toolList(app: App): Child[] {
  if (app.state === "ready" && app.tools.length === 0) return [empty("No tools.", "The server lists none.")];
  return [
    h("label", { key: "as-json", class: "check" },
      h("input", { type: "checkbox", checked: asJSON, onchange: (event: Event) => {
        asJSON = (event.currentTarget as HTMLInputElement).checked;
        app.changed();
      } }), "Write arguments as JSON"),
    ...app.tools.map((tool) => folded(`tool ${tool.name}`, () => app.changed(),
      [h("span", { class: "name" }, tool.name), h("span", { class: "marks" }, marks(tool).map((m) => h("span", { key: m, class: "mark" }, m)))],
      () => details(app, tool))),
  ];
}

function marks(tool: Tool): string[] {
  const out: string[] = [];
  if (tool.hints.readOnlyHint === true) out.push("reads");
  if (tool.hints.destructiveHint === true) out.push("destructive");
  if (tool.hints.openWorldHint === true) out.push("open world");
  if (widgetOf(tool) !== "") out.push("widget");
  if (!forModel(tool)) out.push("hidden from the model");
  if (!forWidget(tool)) out.push("not for widgets");
  return out;
}

function details(app: App, tool: Tool): Child[] {
  const missing = hintsMissing(tool);
  return [
    tool.description !== "" && h("p", { class: "detail" }, tool.description),
    missing.length > 0 && h("p", { class: "note caution" }, `The store review asks for every hint: ${missing.join(", ")} missing.`),
    form(app, tool),
    folded(`schema ${tool.name}`, () => app.changed(), "Schemas and metadata", () => code(tool.raw)),
  ];
}

function form(app: App, tool: Tool): Tag {
  const fields = Object.entries(dict(tool.input.properties));
  const fault = faults.get(tool.name);
  return h("form", {
    key: `${tool.name} ${asJSON}`, class: "call",
    onsubmit: (event: Event) => {
      event.preventDefault();
      try {
        const args = read(tool, new FormData(event.currentTarget as HTMLFormElement));
        faults.delete(tool.name);
        void app.run(tool, args);
      } catch (error) {
        faults.set(tool.name, saying(error));
      }
      app.changed();
    },
  },
    asJSON
      ? h("div", { class: "field" }, h("label", { for: `${tool.name}-json` }, "Arguments"),
          h("textarea", { id: `${tool.name}-json`, name: "json", rows: "6", class: "mono", spellcheck: "false" }, JSON.stringify(example(tool.input), null, 2)))
      : fields.map(([name, schema]) => field(tool, name, dict(schema))),
    fault !== undefined && h("p", { class: "note negative", role: "alert" }, fault),
    h("button", { type: "submit", class: "button", "aria-label": `Call ${tool.name}` }, "Call"));
}

/** typeOf is what a schema takes, nothing aside. */
function typeOf(schema: Dict): string {
  const types = Array.isArray(schema.type) ? texts(schema.type) : [text(schema.type)];
  return types.find((t) => t !== "null") ?? "";
}

const whole = (schema: Dict): boolean => ["object", "array", ""].includes(typeOf(schema)) && schema.enum === undefined;

function field(tool: Tool, name: string, schema: Dict): Tag {
  const id = `${tool.name}-${name}`;
  const needed = texts(tool.input.required).includes(name);
  const hint = text(schema.description);
  const choices = Array.isArray(schema.enum) ? schema.enum.filter((v) => v !== null).map(String) : typeOf(schema) === "boolean" ? ["true", "false"] : [];
  const described = hint === "" ? undefined : `${id}-hint`;
  const input =
    choices.length > 0 ? h("select", { id, name, "aria-describedby": described }, h("option", { value: "" }, ""), choices.map((c) => h("option", { key: c, value: c }, c)))
    : whole(schema) ? h("textarea", { id, name, rows: "4", class: "mono", spellcheck: "false", "aria-describedby": described }, needed ? JSON.stringify(example(schema), null, 2) : "")
    : h("input", { id, name, autocomplete: "off", inputmode: ["integer", "number"].includes(typeOf(schema)) ? "decimal" : undefined, "aria-describedby": described });
  return h("div", { key: name, class: "field" }, h("label", { for: id }, name, !needed && h("span", { class: "optional" }, " optional")), input, hint !== "" && h("p", { id: described, class: "hint" }, hint));
}

/** read makes arguments of what was typed. What is empty is left out. */
function read(tool: Tool, form: FormData): Dict {
  const json = form.get("json");
  if (typeof json === "string") return dict(parse("Arguments", json));
  const out: Dict = {};
  for (const [name, value] of Object.entries(dict(tool.input.properties))) {
    const schema = dict(value);
    const typed = form.get(name)?.toString().trim() ?? "";
    if (typed === "") continue;
    const type = typeOf(schema);
    if (whole(schema)) out[name] = parse(name, typed);
    else if (type === "boolean") out[name] = typed === "true";
    else if ((type === "integer" || type === "number") && !Number.isNaN(Number(typed))) out[name] = Number(typed);
    else out[name] = typed;
  }
  return out;
}

function parse(name: string, typed: string): unknown {
  try {
    return JSON.parse(typed);
  } catch (error) {
    throw new Error(`${name} is not JSON: ${saying(error)}`);
  }
}

/** example is the smallest value that a schema takes, to be filled in. */
function example(schema: Dict, deep = 0): unknown {
  if (schema.default !== undefined) return schema.default;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (deep > 6) return null;
  switch (typeOf(schema)) {
    case "object": {
      const properties = dict(schema.properties);
      return Object.fromEntries(texts(schema.required).map((name) => [name, example(dict(properties[name]), deep + 1)]));
    }
    case "array":
      return [example(dict(schema.items), deep + 1)];
    case "integer":
    case "number":
      return typeof schema.minimum === "number" ? schema.minimum : 1;
    case "boolean":
      return false;
    case "string":
      return "";
    default:
      return deep === 0 ? {} : null;
  }
}

