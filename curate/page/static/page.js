// The page's states: what is in view, and what comes next.

import { bind } from "./bindings.js";
import { tellMissed } from "./dialogs.js";
import { $, announce, button, make, notice, open, plural } from "./dom.js";
import { Grid } from "./grid.js";
import { drawQuality, verdict } from "./quality.js";
import { Review } from "./review.js";
import { Single } from "./single.js";
import { drawFigures, drawOutbox } from "./status.js";
import { Outbox, Refused, ask, tabName } from "./wire.js";

const SINGLES_BETWEEN = 6; // doubtful ones at least, before the next page interrupts them
const RENEW_MS = 15000; // leases end after 45 seconds
const WATCH_MS = 2500; // while a model gets ready

class Page {
  constructor(tab) {
    this.tab = tab;
    this.mode = "loading";
    this.auto = true;
    this.state = null;
    this.singles = 0;
    this.turn = 0;
    this.nextGrid = null;
    this.single = new Single(this);
    this.grid = new Grid(this);
    this.review = new Review(this);
    this.outbox = new Outbox(() => this.drawOutbox());
  }

  async begin() {
    this.outbox.send(); // what a reload left unsent goes first
    await this.outbox.emptied();
    const said = await this.ask("/state");
    this.place = said.place;
    $("dataset").textContent = said.dataset;
    $("who").textContent = said.who;
    document.title = `${said.dataset} · winnow`;
    await this.advance();
    setInterval(() => this.renew(), RENEW_MS);
    addEventListener("pagehide", () => this.outbox.leave(this.tab));
    setInterval(() => this.watch(), WATCH_MS);
  }

  /** Asks until it is answered; the outbox shows that the server is away. */
  async ask(path, body) {
    for (;;) {
      try {
        const said = await ask(path, body && { tab: this.tab, ...body });
        this.away = "";
        if (said.state) this.settle(said);
        this.drawOutbox();
        return said;
      } catch (error) {
        if (error instanceof Refused && error.status !== 503) {
          this.say("Not answered", error.message);
          throw error;
        }
        this.away = error instanceof Refused ? error.message : "The server does not answer.";
        this.drawOutbox();
        await new Promise((go) => setTimeout(go, 1000));
      }
    }
  }

  settle({ state, receipt }) {
    const ran = this.state?.certificate.state === "running";
    this.state = state;
    if (receipt?.note) notice(receipt.note);
    this.draw();
    const words = ran ? verdict(state.certificate) : "";
    if (words || $("quality").open) drawQuality(state, this);
    if (words) {
      if (!$("quality").open) open($("quality"));
      announce(words);
    }
  }

  stopped() {
    if (this.outbox.full) {
      notice(`${Outbox.LIMIT} answers are not sent yet; the page waits for the server`);
      return true;
    }
    return false;
  }

  stale(refusal) {
    notice(refusal.message);
    this.single.forget();
    this.grid.leave();
    this.nextGrid = null;
    this.advance();
  }

  answered() {
    if (this.mode !== "single") return;
    this.singles += 1;
    this.advance();
  }

  confirmed(receipt) {
    this.singles = 0;
    if (receipt.missed.length) return tellMissed(receipt, () => this.advance());
    const planted = receipt.planted ? `, ${plural(receipt.planted, "planted one")} found` : "";
    const note = receipt.note ? `; ${receipt.note}` : "";
    notice(`${plural(receipt.pictures, "picture")} labelled${planted}${note}`, receipt.note ? 8 : 3);
    return this.advance();
  }

  /** Fetches and loads the next page of tiles, while something else is in view. */
  prepare(after = "") {
    if (this.preparing) return this.preparing;
    if (!this.auto || this.nextGrid || !this.state?.model.sure) return undefined;
    if (this.state.certificate.state === "running") return undefined;
    this.preparing = (async () => {
      const { grid } = await this.ask("/grid", { tiles: this.grid.tiles(), after });
      if (grid) await this.grid.load(grid);
      this.nextGrid = grid;
    })().finally(() => { this.preparing = null; });
    return this.preparing;
  }

  /** Shows what comes next. Of several calls at once the last one does, the others leave off. */
  async advance() {
    if (this.mode === "review") return;
    const turn = ++this.turn;
    const isOver = () => turn !== this.turn || this.mode === "review";
    const due = this.mode !== "single" || this.singles >= SINGLES_BETWEEN || !this.single.queue.length;
    if (this.auto && this.mode !== "single") {
      await this.preparing; // what was to follow the page before, which may have been nothing
      await this.prepare();
      if (isOver()) return;
    }
    if (this.auto && due && this.nextGrid) {
      const grid = this.nextGrid;
      this.nextGrid = null;
      this.single.answeredAt = undefined; // the time from key to picture is one of singles
      this.enter("grid");
      await this.grid.show(grid);
      if (!isOver()) this.prepare(grid.page);
      return;
    }
    if (!this.single.queue.length) {
      await this.outbox.emptied();
      if (!isOver()) await this.single.refill();
    }
    if (isOver()) return;
    if (this.single.queue.length) {
      this.enter("single");
      if (this.singles >= SINGLES_BETWEEN - 2) this.prepare();
      await this.single.show();
      return;
    }
    if (this.auto && this.state.model.sure) {
      await this.prepare();
      if (isOver()) return;
      if (this.nextGrid) {
        this.loading();
        await this.advance();
        return;
      }
    }
    this.rest();
  }

  rest() {
    const { done, left, skipped } = this.state;
    if (!left && !done) this.say("Nothing to sort", "No picture waits for a label in this data set.");
    else if (!left) this.say("All sorted", "What comes next:", this.next());
    else if (left === skipped) this.say("All sorted but the skipped", plural(skipped, "picture"));
    else this.say("Nothing to show just now", "Other tabs hold what is left; this one looks again.");
  }

  /** What is to be done when all is sorted: here, then in the terminal. */
  next() {
    return [
      ["Review", "above: what is worth another look"],
      ["Quality", "above: how good the labels are"],
      [`winnow curate report ${this.place}`, "what came of it"],
      [`winnow curate build ${this.place}`, "the data set to train on"],
    ];
  }

  say(title, text, steps = []) {
    $("message-title").textContent = title;
    $("message-text").textContent = text;
    $("message-next").replaceChildren(...steps.map(([what, words]) => make("li", {},
      make(what.includes(" ") ? "code" : "b", { text: what }), `${what.includes(" ") ? ":" : ""} ${words}`)));
    this.enter("message");
    announce(`${title}. ${text}`);
  }

  /** What comes next is not known yet; what is in view stays, and no key counts for it. */
  loading() {
    this.mode = "loading";
    document.body.dataset.mode = "loading";
    this.single.leave();
  }

  enter(mode) {
    this.mode = mode;
    document.body.dataset.mode = mode;
    if (mode !== "single") this.single.leave();
    for (const id of ["single", "grid", "review", "message"]) $(id).hidden = id !== mode;
    const pressed = mode === "review" ? "to-review" : this.auto ? "to-auto" : "to-single";
    for (const id of ["to-auto", "to-single", "to-review"]) {
      $(id).setAttribute("aria-pressed", String(id === pressed));
    }
    if (mode === "review" && !this.review.rows.length) {
      $("review-words").textContent = "Nothing to look at again.";
    }
    this.draw();
  }

  async sort(auto) {
    this.auto = auto;
    if (!auto || this.mode === "review") {
      this.grid.leave();
      this.nextGrid = null;
    }
    this.loading();
    this.single.current = null;
    await this.advance();
  }

  async toReview(at = 0) {
    this.grid.leave();
    this.enter("review");
    await this.review.load(at);
    this.enter("review");
    await this.review.show();
  }

  undo() {
    if (this.undoing || this.stopped()) return;
    this.undoing = true;
    this.single.cover();
    this.outbox.put("/undo", { client: crypto.randomUUID(), tab: this.tab }, async (reply, refusal) => {
      this.undoing = false;
      if (refusal) return this.stale(refusal);
      const { receipt } = reply;
      this.settle(reply);
      if (!receipt.note) notice(receipt.undone ? "Taken back" : "Nothing to take back", 2);
      announce(receipt.undone ? "Taken back" : "Nothing to take back");
      if (this.mode === "review") return this.toReview(this.review.at);
      if (!receipt.undone) return this.single.queue.length && this.mode === "single" ? this.single.show() : undefined;
      this.single.forget();
      this.grid.leave();
      this.nextGrid = null;
      this.singles = 0;
      if (receipt.back.length > 1) this.loading();
      else this.mode = "single";
      return this.advance();
    });
  }

  async certify(begin, allowed = 0) {
    $("quality").close();
    try {
      this.settle(await ask("/certify", { begin, allowed }));
    } catch (error) {
      notice(error.message);
      return;
    }
    this.single.forget();
    this.grid.leave();
    this.nextGrid = null;
    this.mode = "single";
    await this.advance();
  }

  async renew() {
    if (document.hidden || this.outbox.size || this.away) return;
    if (this.mode === "single") await this.single.refill();
    else await this.ask("/tab", {});
  }

  async watch() {
    if (document.hidden || this.outbox.size || !this.state) return;
    if (this.mode === "message" && this.state.left) await this.advance();
    else if (this.state.model.state === "embedding") await this.ask("/state");
  }

  draw() {
    const state = this.state;
    if (!state) return;
    drawFigures(state);
    const view = { single: this.single, grid: this.grid, review: this.review }[this.mode];
    let nodes = view ? view.actions(state) : [];
    if (this.mode === "message" && state.undoable) {
      nodes = [make("div", { class: "others" }, button("Undo", "Z", () => this.undo()))];
    }
    const signed = nodes.map((node) => node.outerHTML).join("");
    if (signed === this.signed) return; // a press that is under way keeps its button
    this.signed = signed;
    const held = document.activeElement?.closest("#actions") ? document.activeElement.textContent : null;
    $("actions").replaceChildren(...nodes);
    if (held !== null) {
      [...$("actions").querySelectorAll("button")].find((each) => each.textContent === held)?.focus();
    }
  }

  drawOutbox() { drawOutbox(this.outbox, this.away); }
}

async function begin() {
  const page = new Page(await tabName());
  bind(page);
  await page.begin();
}

begin();
