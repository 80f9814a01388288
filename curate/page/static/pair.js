// Two pictures side by side: the proof's worst tile, turns at one place, both close at one spot.

import { make } from "./dom.js";
import { picture, unshown } from "./pictures.js";

const TURN_MS = 350; // under three flashes a second (WCAG 2.3.1)
const CAPTIONS = {
  same: ["kept", "set aside as the same picture"],
  other: ["stays", "set aside if it is the same"],
};

export class Pair {
  constructor(stage) {
    this.stage = stage;
    this.now = null;
    stage.addEventListener("pointerdown", (event) => this.press(event));
    for (const end of ["pointerup", "pointerleave", "pointercancel"]) {
      stage.addEventListener(end, () => this.close(false));
    }
  }

  show(pair) {
    this.stop();
    this.now = pair;
    const [left, top, width, height] = pair.spot.map((thousandth) => thousandth / 10);
    this.aim(left + width / 2, top + height / 2);
    const captions = CAPTIONS[pair.kind] ?? CAPTIONS.other;
    this.stage.classList.add("pair");
    this.stage.replaceChildren(...[pair.a, pair.b].map((sha256, index) => {
      const one = picture(sha256, "single");
      if (one.ok === false) return make("figure", {}, unshown());
      const img = one.img.cloneNode();
      img.alt = captions[index];
      const box = make("i", { class: "spot" });
      for (const [name, value] of Object.entries({ left, top, width, height })) {
        box.style.setProperty(name, `${value}%`);
      }
      const near = make("div", { class: "near" }, img, box);
      return make("figure", {}, make("div", { class: "held" }, near),
        make("figcaption", { text: captions[index], "aria-hidden": "true" }));
    }));
  }

  /** No pair any more, but what is given. */
  leave(...nodes) {
    this.stop();
    this.now = null;
    this.stage.classList.remove("pair");
    this.stage.replaceChildren(...nodes);
  }

  stop() {
    this.flicker(false);
    this.close(false);
  }

  /** While held, both take turns at one place, at one size. */
  flicker(on) {
    clearInterval(this.beat);
    this.stage.classList.toggle("flicker", on && this.now !== null);
    this.stage.classList.remove("second");
    if (on && this.now) this.beat = setInterval(() => this.stage.classList.toggle("second"), TURN_MS);
  }

  /** While held, both are shown close at the same spot, with all their pixels. */
  close(on) {
    this.stage.classList.toggle("close", on && this.now !== null);
    if (!on || !this.now) return;
    for (const [index, sha256] of [this.now.a, this.now.b].entries()) {
      const whole = picture(sha256, "whole");
      const img = this.stage.children[index]?.querySelector("img");
      whole.ready.then(() => { if (whole.ok && img?.isConnected) img.src = whole.img.src; });
    }
  }

  press(event) {
    const near = event.target.closest?.(".near");
    if (!this.now || !near || event.button !== 0) return;
    const box = near.getBoundingClientRect();
    this.aim(100 * (event.clientX - box.left) / box.width, 100 * (event.clientY - box.top) / box.height);
    this.close(true);
  }

  aim(x, y) {
    this.stage.style.setProperty("--at-x", `${x}%`);
    this.stage.style.setProperty("--at-y", `${y}%`);
  }
}
