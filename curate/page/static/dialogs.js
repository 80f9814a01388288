// What opens over the page: a stack's pictures, and what was overlooked.

import { $, announce, make, notice, open, plural } from "./dom.js";
import { picture } from "./pictures.js";

const thumb = (sha256, caption) => {
  const img = picture(sha256, "tile").img.cloneNode();
  img.alt = caption;
  return make("figure", {}, img, make("figcaption", { text: caption, "aria-hidden": "true" }));
};

/** Copies that get no label here: most lie among the rejected, as near duplicates. */
export const setAside = ({ members, duplicates }) =>
  duplicates.filter((sha256) => !members.includes(sha256));

/** What else there is of a picture, in words; empty: nothing. */
export function related(stack) {
  const [copies, aside] = [stack.members.length - 1, setAside(stack).length];
  return [
    copies && `stands for ${plural(copies, "copy", "copies")}`,
    aside && `${plural(aside, "copy", "copies")} set aside`,
    stack.variants.length && plural(stack.variants.length, "variant"),
  ].filter(Boolean).join(", ").replace(/^s/, "S");
}

/** All pictures that a tile stands for, copies set aside, and those like it. */
export function openStack(stack) {
  const words = related(stack);
  if (!words) return notice("One picture, no copies", 2);
  const { sha256: shown, members, variants } = stack;
  $("opened-title").textContent = words;
  $("opened-strip").replaceChildren(
    thumb(shown, "this picture"),
    ...members.filter((one) => one !== shown).map((one) => thumb(one, "copy, same label")),
    ...setAside(stack).map((one) => thumb(one, "copy, set aside")),
    ...variants.map((one) => thumb(one, "variant: a label of its own")));
  return open($("opened"));
}

/** Planted tiles that were not marked; `then` is called when the dialog is closed. */
export function tellMissed({ missed, planted }, then) {
  $("missed-title").textContent = `${plural(missed.length, "planted picture")} overlooked`;
  $("missed-text").textContent =
    `Of ${plural(planted, "picture")} of another label, planted on that page, ${missed.length} went unmarked. `
    + "Their labels were known before, so nothing is wrong now; the next page deserves a slower look.";
  $("missed-strip").replaceChildren(...missed.map((sha256) => thumb(sha256, "of another label")));
  $("missed").onclose = then;
  open($("missed"));
  announce($("missed-title").textContent);
}
