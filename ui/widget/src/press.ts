// What is drawn because a field was left must not move a button away between
// the press and the release of a pointer: the click would be lost.

let pressed = false;

window.addEventListener("pointerdown", () => (pressed = true), true);
for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => (pressed = false), true);

const moment = 150; // milliseconds; a tap leaves the field after it has ended

/** afterPress does something once no pointer is pressed. */
export function afterPress(what: () => void): void {
  setTimeout(() => {
    if (pressed) window.addEventListener("pointerup", () => setTimeout(what), { once: true });
    else what();
  }, moment);
}
