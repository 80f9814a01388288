// What a key or a press means in each view.

import { $, open } from "./dom.js";
import { openStack } from "./dialogs.js";
import { letters, listen } from "./keys.js";
import { drawHelp, drawQuality } from "./quality.js";

function single(page, name, event) {
  const index = page.state.keys.indexOf(name);
  if (index >= 0) page.single.answer("label", page.state.labels[index], event.timeStamp);
  else if (name === " ") page.single.answer("skip", "", event.timeStamp);
  else if (name === "x") page.single.answer("junk", "", event.timeStamp);
  else if (name === "v") page.single.zoom(true);
  else if (name === "o" && page.single.queue[0]) openStack(page.single.queue[0].stack);
  else return false;
  return true;
}

function grid({ grid: tiles }, name, event) {
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -tiles.across, ArrowDown: tiles.across };
  if (name in steps) tiles.move(tiles.focus + steps[name]);
  else if (name === "Home") tiles.move(0);
  else if (name === "End" && tiles.now) tiles.move(tiles.now.tiles.length - 1);
  else if (name === " ") tiles.toggle("wrong");
  else if (name === "x") tiles.toggle("junk");
  else if (name === "Enter") tiles.confirm(event.timeStamp);
  else if (name === "o" && tiles.now) openStack(tiles.now.tiles[tiles.focus]);
  else return false;
  return true;
}

function press(page, name, event) {
  if (name === "z" || name === "Backspace") return page.undo(), true;
  if (page.mode === "review") return page.review.key(name, event);
  if (page.mode === "single") return single(page, name, event);
  return page.mode === "grid" && grid(page, name, event);
}

/** Gives every button of the head, every key and the large picture its meaning. */
export function bind(page) {
  $("to-auto").addEventListener("click", () => page.sort(true));
  $("to-single").addEventListener("click", () => page.sort(false));
  $("to-review").addEventListener("click", () => page.toReview());
  $("to-quality").addEventListener("click", () => {
    drawQuality(page.state, page);
    open($("quality"));
  });
  $("to-help").addEventListener("click", () => { drawHelp(page.state); open($("help")); });
  $("letters").checked = letters.on;
  $("letters").addEventListener("change", () => { letters.on = $("letters").checked; });
  // A click leaves the keyboard where it was: Space after a click on a button is not that button.
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest("footer button, nav button")) event.preventDefault();
  });
  $("stage").addEventListener("pointerdown", (event) => { if (event.button === 0) page.single.zoom(true); });
  for (const end of ["pointerup", "pointerleave", "pointercancel"]) {
    $("stage").addEventListener(end, () => page.single.zoom(false));
  }
  listen((name, event) => page.state !== null && press(page, name, event), (name) => {
    if (name === "v" || name === null) page.single.zoom(false);
    page.review.letGo(name);
  });
}
