// What ChatGPT does and no documentation says, or what differs between hosts:
// all of it can be switched.

import { dict } from "./json.ts";

export interface Switches {
  scheme: "system" | "light" | "dark";
  locale: string;
  device: "desktop" | "phone";
  maxHeight: number; // of an inline widget, in pixels; 0 is no limit
  openai: boolean; // window.openai is there
  bridge: boolean; // the bridge of MCP Apps answers
  sheet: boolean; // requestCheckout is there
  others: "reject" | "messages" | "envelope"; // how errors other than a decline reach the widget
  visibility: boolean; // a widget's calls are held to the tools' visibility
  hidden: boolean; // the sheet may call complete_checkout where it is not the model's
  back: boolean; // redirectUrl is added to addresses of listed origins
  spelling: "acp" | "names" | "lines" | "none"; // how buyer and address are written
  merchant: boolean; // the host's own fields are added to the session
  bank: boolean; // the host has buyers authenticated by their banks
}

export const usual: Switches = {
  scheme: "system", locale: "en-US", device: "desktop", maxHeight: 0, openai: true, bridge: true, sheet: true,
  others: "reject", visibility: true, hidden: true, back: true, spelling: "acp", merchant: false, bank: false,
};

const place = "checkstand.switches";

export function load(): Switches {
  try {
    const kept = dict(JSON.parse(localStorage.getItem(place) ?? "{}"));
    const known = Object.entries(usual).filter(([name, value]) => typeof kept[name] === typeof value);
    return { ...usual, ...Object.fromEntries(known.map(([name]) => [name, kept[name]])) };
  } catch {
    return { ...usual };
  }
}

export function save(switches: Switches): void {
  try {
    localStorage.setItem(place, JSON.stringify(switches));
  } catch {
    // They are as usual the next time.
  }
}

export interface Choice {
  value: string;
  label: string;
}

/** A switch as it is shown. */
export interface Control {
  name: keyof Switches;
  label: string;
  hint?: string;
  choices?: Choice[]; // none: on or off
  remounts?: boolean; // the widget starts again with it
}

export const look: Control[] = [
  { name: "scheme", label: "Colours", choices: [{ value: "system", label: "As the system" }, { value: "light", label: "Light" }, { value: "dark", label: "Dark" }] },
  { name: "locale", label: "Language of the buyer", hint: "The widget is told. One that has no texts in it stays in a language it has, in that one's direction: Checkstand's has English, German, French, Spanish and Japanese.", choices: [
    { value: "en-US", label: "English (United States)" }, { value: "en-GB", label: "English (United Kingdom)" }, { value: "de-DE", label: "German" },
    { value: "fr-FR", label: "French" }, { value: "es-ES", label: "Spanish" }, { value: "ja-JP", label: "Japanese" }, { value: "ar-EG", label: "Arabic" }, { value: "he-IL", label: "Hebrew" }] },
  { name: "device", label: "Screen", choices: [{ value: "desktop", label: "Desktop" }, { value: "phone", label: "Phone" }] },
  { name: "maxHeight", label: "Height of the widget", choices: [{ value: "0", label: "As it wishes" }, { value: "480", label: "480 pixels at most" }, { value: "720", label: "720 pixels at most" }] },
];

export const host: Control[] = [
  { name: "openai", label: "window.openai", hint: "What ChatGPT has beside the bridge. Other hosts have none.", remounts: true },
  { name: "sheet", label: "requestCheckout", hint: "The payment sheet. Off, the widget has to send the buyer to the shop's page.", remounts: true },
  { name: "bridge", label: "MCP Apps bridge", hint: "Off, only window.openai is there.", remounts: true },
  { name: "others", label: "Errors other than a decline", hint: "Not said: whether requestCheckout rejects or resolves.", choices: [
    { value: "reject", label: "Reject, with the messages" }, { value: "messages", label: "Resolve with the session" }, { value: "envelope", label: "Resolve with the whole tool result" }] },
  { name: "visibility", label: "Hold widgets to the tools' visibility" },
  { name: "hidden", label: "The sheet may call a tool that is hidden from the model", hint: "Not said for complete_checkout." },
  { name: "back", label: "Add redirectUrl to links of listed origins" },
  { name: "spelling", label: "Buyer and address", choices: [
    { value: "acp", label: "As the documentation: first_name, line_one" }, { value: "names", label: "One name, as in samples" },
    { value: "lines", label: "line1 and phone, as another host" }, { value: "none", label: "null" }] },
  { name: "merchant", label: "Add the host's own fields to the session", hint: "merchant, logo_url, conversation_id and more." },
  { name: "bank", label: "3-D Secure", hint: "The documentation lets the buyer try another card. On, the host opens sessions with the protocol's capabilities, has the bank ask the buyer, and pays with authentication_result. Only with a sandbox." },
];
