// Drawings that stand beside words, never alone.

import { h, type Tag } from "../html.ts";

const icon = (...paths: string[]): Tag =>
  h("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" }, paths.map((d) => h("path", { d })));

export const plus = () => icon("M12 6v12M6 12h12");
export const minus = () => icon("M6 12h12");
export const cross = () => icon("M7 7l10 10M17 7L7 17");
export const expand = () => icon("M14 5h5v5M10 19H5v-5M19 5l-6 6M5 19l6-6");
export const tick = () => icon("M5 12.5l4.5 4.5L19 7.5");

/** parcel stands in for a picture that is not there. */
export const parcel = (): Tag =>
  h("svg", { viewBox: "0 0 48 48", "aria-hidden": "true", focusable: "false" },
    h("path", { d: "M10 17l14-7 14 7v15l-14 7-14-7z" }),
    h("path", { d: "M10 17l14 7 14-7M24 24v15M17 13.5l14 7" }));
