// Puts the window.openai of MCPJam into a widget's page: {html, ...} on the
// standard input, the page on the standard output.

import { text } from "node:stream/consumers";

const { injectOpenAICompat } = await import(process.argv.at(-1));
const { html, ...data } = JSON.parse(await text(process.stdin));
process.stdout.write(injectOpenAICompat(html, { toolId: "call_1", theme: "light", ...data }));
