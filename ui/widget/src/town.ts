// How the line with the town is written; a test holds it to the shop's pages.

// Where the postal code stands behind the town, and where it stands behind a comma and the state.
const codeLast = "AU BR CA CO GB GG ID IE IM IN JE KE NG NZ PE PK SA SG TH ZA".split(" ");
const commaState = "AS GU MP PR US VI".split(" ");

export function town(at: { city: string; state: string; postal_code: string; country: string }): string {
  const { city, state, postal_code: code, country } = at;
  const line = (...parts: string[]) => parts.filter(Boolean).join(" ");
  if (commaState.includes(country)) return [city, line(state, code)].filter(Boolean).join(", ");
  return codeLast.includes(country) ? line(city, state, code) : line(code, city, state);
}
