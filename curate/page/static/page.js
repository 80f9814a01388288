// The page's states: what is in view, what comes next, what a key means now.

import { $, announce, duration, make, notice, number, percent, plural } from "./dom.js";
import { Grid } from "./grid.js";
import { letters, listen } from "./keys.js";
import { picture } from "./pictures.js";
import { drawHelp, drawQuality } from "./quality.js";
import { Review } from "./review.js";
import { Single } from "./single.js";
import { Outbox, Refused, ask, tabName } from "./wire.js";

const SINGLES_BETWEEN = 6; // doubtful ones at least, before the next page interrupts them
const RENEW_MS = 40000; // leases end after two minutes
const WATCH_MS = 2500; // while a model gets ready

class Page {
  constructor(tab) {
    this.tab = tab;
    this.mode = "loading";
    this.auto = true;
    this.state = null;
    this.singles = 0;
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
    this.title = said.dataset;
    $("dataset").textContent = said.dataset;
    $("who").textContent = said.who;
    document.title = `${said.dataset} · winnow`;
    await this.advance();
    setInterval(() => this.renew(), RENEW_MS);
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
    this.state = state;
    if (receipt?.note) notice(receipt.note);
    this.draw();
    if ($("quality").open) drawQuality(state, this);
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
    if (receipt.missed.length) return this.tellMissed(receipt);
    const planted = receipt.planted ? `, ${plural(receipt.planted, "planted one")} found` : "";
    notice(`${plural(receipt.pictures, "picture")} labelled${planted}`, 3);
    return this.advance();
  }

  tellMissed({ missed, planted }) {
    $("missed-title").textContent = `${plural(missed.length, "planted picture")} overlooked`;
    $("missed-text").textContent =
      `${missed.length} of ${planted} on that page belonged to another label. `
      + "They were labelled before, so nothing is wrong now; the next page deserves a slower look.";
    $("missed-strip").replaceChildren(...missed.map((sha256) => picture(sha256, "tile").img.cloneNode()));
    $("missed").onclose = () => this.advance();
    $("missed").showModal();
    announce($("missed-title").textContent);
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

  async advance() {
    if (this.mode === "review") return;
    const due = this.mode !== "single" || this.singles >= SINGLES_BETWEEN || !this.single.queue.length;
    if (this.auto && this.mode !== "single") {
      await this.preparing; // what was to follow the page before, which may have been nothing
      await this.prepare();
    }
    if (this.auto && due && this.nextGrid && this.mode !== "review") {
      const grid = this.nextGrid;
      this.nextGrid = null;
      this.single.answeredAt = undefined; // the time from key to picture is one of singles
      this.enter("grid");
      await this.grid.show(grid);
      this.prepare(grid.page);
      return;
    }
    if (!this.single.queue.length) {
      await this.outbox.emptied();
      await this.single.refill();
    }
    if (this.mode === "review") return;
    if (!this.single.queue.length) return this.rest();
    this.enter("single");
    if (this.singles >= SINGLES_BETWEEN - 2) this.prepare();
    await this.single.show();
  }

  async rest() {
    if (this.auto && this.state.model.sure) {
      await this.prepare();
      if (this.nextGrid) { this.mode = "loading"; return this.advance(); }
    }
    const { left, skipped } = this.state;
    if (!left) this.say("All sorted", "Quality tells how good it is; Review what is worth another look.");
    else if (left === skipped) this.say("All sorted but the skipped", plural(skipped, "picture"));
    else this.say("Nothing to show just now", "Other tabs hold what is left; this one looks again.");
  }

  say(title, text) {
    $("message-title").textContent = title;
    $("message-text").textContent = text;
    this.enter("message");
    announce(`${title}. ${text}`);
  }

  enter(mode) {
    this.mode = mode;
    document.body.dataset.mode = mode;
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
    this.mode = "loading";
    this.single.current = null;
    await this.advance();
  }

  async toReview() {
    this.grid.leave();
    this.enter("review");
    await this.review.load();
    this.enter("review");
    await this.review.show();
  }

  undo() {
    if (this.undoing || this.stopped()) return;
    this.undoing = true;
    this.single.paintedAt = null;
    this.outbox.put("/undo", { client: crypto.randomUUID(), tab: this.tab }, async (reply, refusal) => {
      this.undoing = false;
      if (refusal) return this.stale(refusal);
      const { receipt } = reply;
      this.settle(reply);
      if (!receipt.note) notice(receipt.undone ? "Taken back" : "Nothing to take back", 2);
      announce(receipt.undone ? "Taken back" : "Nothing to take back");
      if (this.mode === "review") return this.toReview();
      if (!receipt.undone) return this.single.queue.length && this.mode === "single" ? this.single.show() : undefined;
      this.single.forget();
      this.grid.leave();
      this.nextGrid = null;
      this.singles = 0;
      this.mode = receipt.back.length > 1 ? "loading" : "single";
      return this.advance();
    });
  }

  async certify(begin) {
    $("quality").close();
    try {
      this.settle(await ask("/certify", { begin }));
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

  open(stack) {
    const every = [...new Set([...stack.members, ...stack.duplicates, ...stack.variants])];
    $("opened-title").textContent = plural(every.length, "picture");
    $("opened-strip").replaceChildren(...every.map((sha256) => make("figure", {},
      picture(sha256, "tile").img.cloneNode(),
      make("figcaption", { text: stack.variants.includes(sha256) ? "variant: a label of its own" : "same label" }))));
    $("opened").showModal();
  }

  async renew() {
    if (!document.hidden && !this.outbox.size && this.mode === "single") await this.single.refill();
  }

  async watch() {
    if (document.hidden || this.outbox.size || !this.state) return;
    if (this.mode === "message" && this.state.left) await this.advance();
    else if (this.state.model.state === "embedding") await this.ask("/state");
  }

  draw() {
    const state = this.state;
    if (!state) return;
    const all = state.done + state.left;
    $("bar").setAttribute("aria-valuemax", String(all));
    $("bar").setAttribute("aria-valuenow", String(state.done));
    $("bar").firstElementChild.style.setProperty("--share", all ? state.done / all : 1);
    const figures = [[number(state.done), "done"], [number(state.left), "left"]];
    if (state.rate) figures.push([number(state.rate), "a minute"]);
    if (state.seconds_left !== null && state.left) figures.push([duration(state.seconds_left), "to go"]);
    if (state.estimate.looks) figures.push([percent(state.estimate.accuracy, 0), "right"]);
    $("figures").replaceChildren(...figures.map(([value, words]) =>
      make("span", {}, make("b", { text: value }), ` ${words}`)));
    const view = { single: this.single, grid: this.grid, review: this.review }[this.mode];
    const nodes = view ? view.actions(state) : [];
    const signed = nodes.map((node) => node.outerHTML).join("");
    if (signed === this.signed) return; // a press that is under way keeps its button
    this.signed = signed;
    const held = document.activeElement?.closest("#actions") ? document.activeElement.textContent : null;
    $("actions").replaceChildren(...nodes);
    if (held !== null) {
      [...$("actions").querySelectorAll("button")].find((each) => each.textContent === held)?.focus();
    }
  }

  drawOutbox() {
    const { size, trouble } = this.outbox;
    const words = trouble || this.away || "";
    $("outbox").hidden = !(size > 1 || words);
    $("outbox").classList.toggle("trouble", Boolean(words));
    $("outbox").textContent = `${words}${words ? " " : ""}${size ? `${size} not sent yet` : ""}`;
    document.body.dataset.unsent = String(size);
  }

  key(name, event) {
    if (name === "z" || name === "Backspace") return this.undo(), true;
    if (this.mode === "review") return this.review.key(name, event);
    if (this.mode === "single") return this.singleKey(name, event);
    return this.mode === "grid" && this.gridKey(name, event);
  }

  singleKey(name, event) {
    const index = this.state.keys.indexOf(name);
    if (index >= 0) this.single.answer("label", this.state.labels[index], event.timeStamp);
    else if (name === " ") this.single.answer("skip", "", event.timeStamp);
    else if (name === "x") this.single.answer("junk", "", event.timeStamp);
    else if (name === "v") this.single.zoom(true);
    else if (name === "o" && this.single.queue[0]) this.open(this.single.queue[0].stack);
    else return false;
    return true;
  }

  gridKey(name, event) {
    const { grid } = this;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -grid.across, ArrowDown: grid.across };
    if (name in steps) grid.move(grid.focus + steps[name]);
    else if (name === "Home") grid.move(0);
    else if (name === "End" && grid.now) grid.move(grid.now.tiles.length - 1);
    else if (name === " ") grid.toggle("wrong");
    else if (name === "x") grid.toggle("junk");
    else if (name === "Enter") grid.confirm(event.timeStamp);
    else if (name === "o" && grid.now) this.open(grid.now.tiles[grid.focus]);
    else return false;
    return true;
  }
}

async function begin() {
  const page = new Page(await tabName());
  $("to-auto").addEventListener("click", () => page.sort(true));
  $("to-single").addEventListener("click", () => page.sort(false));
  $("to-review").addEventListener("click", () => page.toReview());
  $("to-quality").addEventListener("click", () => { drawQuality(page.state, page); $("quality").showModal(); });
  $("to-help").addEventListener("click", () => { drawHelp(page.state); $("help").showModal(); });
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
  listen((name, event) => page.state !== null && page.key(name, event), (name) => {
    if (name === "v" || name === null) page.single.zoom(false);
    if (name === "b" || name === null) page.review.flicker(false);
  });
  await page.begin();
}

begin();
