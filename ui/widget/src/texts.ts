// The texts of the widget in the reader's language.

import { direction } from "./format.ts";
import type english from "./texts/en.json";

/** English is the list of all texts: every other catalogue has the same keys. */
export type Key = keyof typeof english;

/** One form for each plural category that the language has. */
type Plural = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

export type Catalogue = Record<Key, string | Plural>;

/** Catalogues by the language that they are in. */
export type Catalogues = Record<string, Catalogue>;

export class Words {
  /** Of the texts; the language of the document. */
  readonly language: string;
  readonly direction: "ltr" | "rtl";
  /** For amounts and numbers: the reader's, unless it has other digits than the texts or runs the other way. */
  readonly numbers: string;
  /** For dates and names of countries, which stand in sentences: the reader's where the texts are in its language. */
  readonly wording: string;
  private readonly texts: Catalogue;
  private readonly english: Catalogue;

  /**
   * locale is the reader's. others are what the reader understands as well, for texts that are not in it.
   */
  constructor(readonly locale: string, catalogues: Catalogues, others: readonly string[] = []) {
    const names = [locale, ...others].flatMap((wish) => [wish, wish.replace(/[-_].*/, "").toLowerCase()]);
    this.language = names.find((name) => Object.hasOwn(catalogues, name)) ?? "en";
    this.texts = catalogues[this.language] as Catalogue;
    this.wording = names.slice(0, 2).includes(this.language) ? locale : this.language;
    this.english = catalogues.en as Catalogue;
    this.direction = direction(this.language);
    const digits = (of: string) => new Intl.NumberFormat(of).resolvedOptions().numberingSystem;
    this.numbers = direction(locale) === this.direction && digits(locale) === digits(this.language) ? locale : this.language;
  }

  /** say writes a text. count, where it is given, chooses the plural and is put in. */
  say(key: Key, put: Record<string, string> = {}, count = 0): string {
    const text = this.texts[key];
    const form = typeof text === "string" ? text : (text[new Intl.PluralRules(this.language).select(count)] ?? text.other);
    return form.replace(/\{(\w+)\}/g, (whole, name: string) => (name === "count" ? this.number(count) : (put[name] ?? whole)));
  }

  /** translated is a shop's name for something of the protocol, in these words where it is the usual English one. */
  translated(word: string, text: string): string {
    return this.has(word) && (text === "" || text === this.english[word]) ? this.say(word) : text || word;
  }

  number(n: number): string {
    return new Intl.NumberFormat(this.numbers).format(n);
  }

  /** has tells whether a word of the protocol has a text. */
  has(word: string): word is Key {
    return Object.hasOwn(this.texts, word);
  }
}
