// Single mode: one large picture; an answer belongs to the picture that was painted.

import { openStack, related } from "./dialogs.js";
import { $, announce, button, hold, make, notice } from "./dom.js";
import { painted, picture, unshown } from "./pictures.js";
import { newId } from "./wire.js";

const AHEAD = 5;

export class Single {
  constructor(page) {
    this.page = page;
    this.queue = []; // [0] is shown
    this.said = new Set(); // ids answered here, which the server may still name
    this.current = null; // id that is in view, or on its way there
    this.shown = null; // id that was painted
    this.paintedAt = null; // null: no key counts
    this.ignored = 0; // keys that came before the picture
    this.turn = 0;
  }

  /** From now on no key counts, until a picture is painted: then the document says which. */
  cover() {
    this.paintedAt = null;
    for (const name of ["painted", "since", "picture"]) delete document.body.dataset[name];
  }

  /** Another view takes the place of the picture, also of one that is on its way. */
  leave() {
    this.turn += 1;
    this.cover();
  }

  wanted() { return AHEAD + 1 + this.page.outbox.size; }

  /** What the server gives: the one in view stays first, whatever was refitted. */
  take(ahead) {
    const fresh = ahead.filter((one) => !this.said.has(one.shown) && one.shown !== this.current);
    const first = this.queue[0];
    if (first && first.shown === this.current) fresh.unshift(first);
    this.queue = fresh.length || !this.current || this.said.has(this.current)
      ? fresh : ahead.filter((one) => one.shown === this.current);
    for (const one of this.queue.slice(0, AHEAD + 1)) picture(one.stack.sha256, "single");
  }

  async refill() {
    this.take((await this.page.ask("/ahead", { count: this.wanted(), alone: !this.page.auto })).ahead);
  }

  /** Starts anew: what was answered here may be shown again. */
  forget() {
    this.queue = [];
    this.said.clear();
    this.current = null;
    this.shown = null;
    this.leave();
  }

  /** Shows the first of the queue; resolves when it was painted. */
  async show() {
    const turn = ++this.turn;
    this.cover();
    const one = this.queue[0];
    if (!one) return false;
    this.current = one.shown;
    if (this.shown !== one.shown) $("stage").classList.add("coming");
    const { img, ready } = picture(one.stack.sha256, "single");
    await ready;
    if (turn !== this.turn) return true;
    const holder = picture(one.stack.sha256, "single");
    img.alt = "The picture to sort";
    $("stage").replaceChildren(holder.ok === false ? unshown() : img);
    $("stage").classList.remove("coming", "zoomed");
    this.tell(one);
    this.shown = one.shown;
    const at = await painted();
    if (turn !== this.turn) return true;
    this.paintedAt = at;
    document.body.dataset.painted = one.shown;
    document.body.dataset.since = String(at);
    document.body.dataset.picture = one.stack.sha256;
    if (this.answeredAt !== undefined) {
      performance.measure("key-to-picture", { start: this.answeredAt, end: at });
      this.answeredAt = undefined;
    }
    for (const next of this.queue.slice(1, AHEAD + 1)) picture(next.stack.sha256, "single");
    return true;
  }

  tell({ stack }) {
    const words = related(stack);
    $("stack").replaceChildren(...(words ? [button(words, "O", () => openStack(stack), "quiet")] : []));
  }

  /** `at`: when the key went down or the button was pressed, on the clock of event.timeStamp. */
  answer(choice, label, at) {
    const one = this.queue[0];
    if (this.page.stopped()) return;
    if (this.paintedAt === null || at < this.paintedAt || !one || one.shown !== this.shown) {
      this.ignored += 1;
      document.body.dataset.ignored = String(this.ignored);
      notice("Not counted: the picture was not there yet", 2);
      return;
    }
    this.answeredAt = at;
    const body = {
      client: newId(), tab: this.page.tab, shown: one.shown, choice, label: label ?? "",
      ms: Math.max(0, Math.round(at - this.paintedAt)), count: this.wanted(),
    };
    this.cover();
    this.said.add(one.shown);
    this.queue.shift();
    const words = choice === "label" ? label : choice === "junk" ? "junk" : "skipped";
    this.page.outbox.put("/answer", body, (reply, refusal) => {
      if (refusal) return this.page.stale(refusal);
      announce(reply.receipt.note || words); // what became of it, which may be nothing yet
      this.take(reply.ahead);
      this.page.settle(reply);
      if (this.page.mode === "single" && !this.queue.some((next) => next.shown === this.current)) {
        this.page.advance();
      }
    });
    this.page.answered();
  }

  zoom(on) {
    const one = this.queue[0];
    const img = $("stage").querySelector("img");
    if (!one || !img || on === $("stage").classList.contains("zoomed")) return;
    $("stage").classList.toggle("zoomed", on);
    if (!on) {
      $("stage").replaceChildren(picture(one.stack.sha256, "single").img);
      return;
    }
    const whole = picture(one.stack.sha256, "whole");
    whole.ready.then(() => {
      if (whole.ok && $("stage").classList.contains("zoomed") && this.queue[0] === one) {
        $("stage").replaceChildren(whole.img);
      }
    });
  }

  /** Buttons below the picture. */
  actions(state) {
    const answers = make("div", { class: "answers" });
    state.labels.forEach((label, index) => {
      const key = state.keys[index] ?? "";
      answers.append(button(label, key.toUpperCase(), (event) => {
        this.answer("label", label, event.timeStamp);
      }, `label tone${index % 6}`));
    });
    return [
      answers,
      make("div", { class: "others" },
        button("Skip", "Space", (event) => this.answer("skip", "", event.timeStamp)),
        button("Junk", "X", (event) => this.answer("junk", "", event.timeStamp)),
        button("Undo", "Z", () => this.page.undo()),
        hold("Zoom", "V", (on) => this.zoom(on))),
    ];
  }
}
