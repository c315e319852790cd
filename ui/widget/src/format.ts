// Money, dates and directions for the reader's locale.

/** Types of totals that are taken off; their amounts are positive. */
export const deducted = ["items_discount", "discount", "store_credit", "amount_refunded"];

const formats = new Map<string, Intl.NumberFormat>();

/** money writes an amount in minor units. */
export function money(locale: string, currency: string, amount: number): string {
  // A decimal number as text: no arithmetic with fractions on the way.
  return formatOf(locale, currency).format(decimal(amount, digitsOf(currency)) as Intl.StringNumericLiteral);
}

function formatOf(locale: string, currency: string): Intl.NumberFormat {
  const key = `${locale} ${currency}`;
  let format = formats.get(key);
  if (!format) {
    format = currencyFormat(locale, currency);
    formats.set(key, format);
  }
  return format;
}

/** digitsOf tells how many digits of a currency's amounts stand behind the point. */
export const digitsOf = (currency: string): number => formatOf("en", currency).resolvedOptions().maximumFractionDigits ?? 0;

/** minor reads a decimal number as a number field has it; NaN for anything else. */
export function minor(value: string, digits: number): number {
  const [, whole, part = ""] = /^(\d+)(?:\.(\d*))?$/.exec(value) ?? [];
  return whole !== undefined && part.length <= digits ? Number(whole + part.padEnd(digits, "0")) : NaN;
}

function currencyFormat(locale: string, currency: string): Intl.NumberFormat {
  try {
    return new Intl.NumberFormat(locale, { style: "currency", currency });
  } catch {
    return new Intl.NumberFormat(locale, { style: "decimal", minimumFractionDigits: 2, maximumFractionDigits: 2 });
  }
}

/** decimal moves the point of a whole number to the left. */
export function decimal(amount: number, digits: number): string {
  const all = String(Math.abs(amount)).padStart(digits + 1, "0");
  const sign = amount < 0 ? "-" : "";
  return digits === 0 ? sign + all : `${sign}${all.slice(0, -digits)}.${all.slice(-digits)}`;
}

/** days writes from when to when something arrives; "" when neither is known. */
export function days(locale: string, timeZone: string, earliest?: Date, latest?: Date): string {
  const from = earliest ?? latest;
  if (!from) return "";
  const options: Intl.DateTimeFormatOptions = { weekday: "short", day: "numeric", month: "short" };
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat(locale, timeZone ? { ...options, timeZone } : options);
  } catch {
    format = new Intl.DateTimeFormat(locale, options); // a time zone that the browser does not know
  }
  return latest && latest > from ? format.formatRange(from, latest) : format.format(from);
}

/** tag returns the first of some locales that is a valid BCP 47 tag. */
export function tag(...wishes: string[]): string {
  for (const wish of wishes) {
    try {
      const [known] = Intl.getCanonicalLocales(wish.replaceAll("_", "-"));
      if (known) return known;
    } catch {
      continue; // no locale
    }
  }
  return "en";
}

const rightToLeft = ["ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"];

export function direction(locale: string): "ltr" | "rtl" {
  const { language, script } = new Intl.Locale(locale);
  if (script) return ["Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm"].includes(script) ? "rtl" : "ltr";
  return rightToLeft.includes(language) ? "rtl" : "ltr";
}

/** country names a country in the reader's language. */
export function country(locale: string, code: string): string {
  try {
    return new Intl.DisplayNames(locale, { type: "region", fallback: "code" }).of(code) ?? code;
  } catch {
    return code; // not a code of two letters
  }
}
