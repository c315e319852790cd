// Pseudo-locales under the names that are usual for them: en-XA is English with
// accents and 40 % longer, ar-XB is English written from right to left.

import type { Plural, Texts } from "../texts.ts";

const plainLetters = "aeioucnyAEIOUCN";
const accents = "áéíóúçñýÁÉÍÓÚÇÑ";

export const accented = (texts: Texts): Texts => each(texts, (text) => `[${letters(text)} ${"~".repeat(Math.ceil(text.length * 0.4))}]`);

export const turned = (texts: Texts): Texts => each(texts, (text) => `\u202e${text}\u202c`);

/** each changes the text around what is put in. */
function each(texts: Texts, change: (text: string) => string): Texts {
  const form = (text: string) => text.split(/(\{\w+\})/).map((part) => (part === "" || part.startsWith("{") ? part : change(part))).join("");
  const forms = (text: string | Plural) =>
    typeof text === "string" ? form(text) : Object.fromEntries(Object.entries(text).map(([name, one]) => [name, form(one)]));
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, forms(text)])) as Texts;
}

const letters = (text: string) => [...text].map((c) => accents[plainLetters.indexOf(c)] ?? c).join("");
