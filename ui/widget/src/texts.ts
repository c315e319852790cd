// The texts of the widget in the reader's language.

import { direction } from "./format.ts";
import { en } from "./texts/en.ts";
import { accented, turned } from "./texts/pseudo.ts";

export type Key = keyof typeof en;

/** One form for each plural category that the language has. */
export type Plural = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

/** A catalogue has every text that English has. */
export type Texts = { [K in Key]: (typeof en)[K] extends string ? string : Plural };

/** A language is added by a file in texts/ and a line here. */
const catalogues: Record<string, Texts> = {
  en,
  // Made of English to see what was not translated, what is too long and what
  // does not turn around. No reader has these locales.
  "en-XA": accented(en),
  "ar-XB": turned(en),
};

export class Words {
  /** Of the texts; the language of the document. */
  readonly language: string;
  readonly direction: "ltr" | "rtl";
  private readonly texts: Texts;

  /** locale is the reader's; money and dates are always written for it. */
  constructor(readonly locale: string) {
    const language = new Intl.Locale(locale).language;
    const found = [locale, language].find((name) => name in catalogues) ?? "en";
    this.texts = catalogues[found] ?? en;
    this.language = found;
    this.direction = direction(found);
  }

  /** say writes a text. count, where it is given, chooses the plural and is put in. */
  say(key: Key, put: Record<string, string> & { count?: never } = {}, count?: number): string {
    const text: string | Plural = this.texts[key];
    const put1: Record<string, string | undefined> = put;
    const form = typeof text === "string" ? text : (text[this.category(count ?? 0)] ?? text.other);
    return form.replace(/\{(\w+)\}/g, (whole, name: string) =>
      name === "count" && count !== undefined ? new Intl.NumberFormat(this.locale).format(count) : (put1[name] ?? whole));
  }

  number(n: number): string {
    return new Intl.NumberFormat(this.locale).format(n);
  }

  /** has tells whether a word of the protocol has a text. */
  has(word: string): word is Key {
    return Object.hasOwn(this.texts, word);
  }

  private category(count: number): Intl.LDMLPluralRule {
    return new Intl.PluralRules(this.language).select(count);
  }
}
