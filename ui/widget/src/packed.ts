// The style sheet and the texts, which the page carries packed: raw deflate in
// base64, in an element of its own. tools/uibuild packs them.

import type { Catalogue, Catalogues } from "./texts.ts";

interface Packed {
  style: string;
  keys: string[];
  texts: Record<string, unknown[]>; // by language, in the order of the keys
}

/** unpack puts the style sheet into the page, and resolves with the texts. */
export async function unpack(): Promise<Catalogues> {
  const bytes = Uint8Array.from(atob(document.getElementById("packed")?.textContent ?? ""), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const { style, keys, texts } = (await new Response(stream).json()) as Packed;
  const sheet = document.createElement("style");
  sheet.textContent = style;
  document.head.prepend(sheet); // what a shop sets comes after it
  const named = (list: unknown[]) => Object.fromEntries(keys.map((key, i) => [key, list[i]])) as Catalogue;
  return Object.fromEntries(Object.entries(texts).map(([language, list]) => [language, named(list)]));
}
