// Who pays: the test buyer, what the session knows, and how it is written.

import { dict, text, type Dict } from "./json.ts";
import type { Switches } from "./switches.ts";

export interface Address {
  name: string;
  line_one: string;
  line_two: string;
  city: string;
  state: string;
  country: string;
  postal_code: string;
}

/** What the sheet's form says. */
export interface Filled {
  first: string;
  last: string;
  email: string;
  phone: string;
  address: Address;
}

export const testBuyer: Filled = {
  first: "Test", last: "Buyer", email: "buyer@example.com", phone: "+14155550100",
  address: { name: "Test Buyer", line_one: "1 Example Street", line_two: "", city: "San Francisco", state: "CA", country: "US", postal_code: "94105" },
};

export const nobody: Filled = { first: "", last: "", email: "", phone: "", address: { name: "", line_one: "", line_two: "", city: "", state: "", country: "", postal_code: "" } };

/** known is what a session says of its buyer. */
export function known(session: Dict): Filled {
  const buyer = dict(session.buyer);
  const to = dict(session.fulfillment_address);
  const words = text(to.name).trim().split(/\s+/);
  const last = words.length > 1 ? (words.at(-1) ?? "") : "";
  return {
    first: text(buyer.first_name) || words.slice(0, words.length - (last === "" ? 0 : 1)).join(" "),
    last: text(buyer.last_name) || last,
    email: text(buyer.email),
    phone: text(buyer.phone_number),
    address: {
      name: text(to.name), line_one: text(to.line_one), line_two: text(to.line_two), city: text(to.city),
      state: text(to.state), country: text(to.country), postal_code: text(to.postal_code),
    },
  };
}

/** buyerOf writes the buyer as a host does. */
export function buyerOf(f: Filled, as: Switches["spelling"]): Dict | null {
  switch (as) {
    case "none":
      return null;
    case "names":
      return { name: `${f.first} ${f.last}`.trim(), email: f.email, phone_number: f.phone === "" ? null : f.phone };
    case "lines":
      return { name: `${f.first} ${f.last}`.trim(), email: f.email, phone: f.phone };
    case "acp":
      return { first_name: f.first, last_name: f.last, email: f.email, ...(f.phone === "" ? {} : { phone_number: f.phone }) };
  }
}

/** billingOf writes the billing address as a host does. */
export function billingOf({ address: a, phone }: Filled, as: Switches["spelling"]): Dict | null {
  switch (as) {
    case "none":
      return null;
    case "lines":
      return { line1: a.line_one, line2: a.line_two, city: a.city, state: a.state, postal_code: a.postal_code, country: a.country };
    default:
      return { ...a, line_two: a.line_two === "" ? null : a.line_two, phone_number: phone === "" ? null : phone };
  }
}
