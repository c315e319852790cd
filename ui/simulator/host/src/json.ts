// Reading what others send: nothing in it can be relied on.

export type Dict = Record<string, unknown>;

export const dict = (v: unknown): Dict => (typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Dict) : {});
export const list = (v: unknown): Dict[] => (Array.isArray(v) ? v.map(dict) : []);
export const text = (v: unknown): string => (typeof v === "string" ? v : "");
export const texts = (v: unknown): string[] => (Array.isArray(v) ? v.filter((x) => typeof x === "string") : []);
export const whole = (v: unknown): number | undefined => (typeof v === "number" && Number.isSafeInteger(v) ? v : undefined);

/** saying is what an error has to say. */
export const saying = (error: unknown): string => (error instanceof Error ? error.message : String(error));
