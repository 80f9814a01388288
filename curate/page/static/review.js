// One list of what is worth another look, with the reason beside each; pairs side by side.

import { $, announce, button, make, percent, plural } from "./dom.js";
import { painted, picture, unshown } from "./pictures.js";
import { newId } from "./wire.js";

const PAIR_KEYS = { s: "same", v: "variant", n: "other" };

export class Review {
  constructor(page) {
    this.page = page;
    this.rows = [];
    this.at = 0;
    this.paintedAt = null;
    this.turn = 0;
  }

  async load() {
    const said = await this.page.ask("/review");
    this.rows = said.rows;
    this.count = said.count;
    this.at = Math.min(this.at, Math.max(0, this.rows.length - 1));
    $("rows").replaceChildren(...this.rows.map((row, index) => this.line(row, index)));
    announce(`${plural(this.count, "picture")} to look at again`);
  }

  line(row, index) {
    const node = make("div", {
      role: "option", class: "row", tabindex: index === this.at ? "0" : "-1",
      "aria-selected": String(index === this.at),
    }, picture(row.stack.sha256, "tile").img.cloneNode(), make("span", { class: "reason", text: row.reason }),
    make("span", { class: "words", text: row.words || this.guess(row) }));
    node.addEventListener("click", () => this.select(index));
    return node;
  }

  guess(row) {
    const now = row.label ?? "no label";
    return row.other ? `${now}, perhaps ${row.other} (${percent(row.chance, 0)})` : now;
  }

  select(index) {
    const nodes = $("rows").children;
    if (index < 0 || index >= nodes.length) return;
    for (const [place, node] of [...nodes].entries()) {
      node.setAttribute("aria-selected", String(place === index));
      node.setAttribute("tabindex", place === index ? "0" : "-1");
    }
    this.at = index;
    nodes[index].focus({ preventScroll: true });
    nodes[index].scrollIntoView({ block: "nearest" });
    this.show();
  }

  async show() {
    const turn = ++this.turn;
    this.paintedAt = null;
    const row = this.rows[this.at];
    this.page.draw();
    if (!row) {
      $("review-stage").replaceChildren();
      $("review-words").textContent = "";
      return;
    }
    const shown = row.pair ? [row.pair.a, row.pair.b] : [row.stack.sha256];
    await Promise.all(shown.map((sha256) => picture(sha256, "single").ready));
    if (turn !== this.turn) return;
    $("review-stage").replaceChildren(...shown.map((sha256, index) => this.figure(sha256, row, index)));
    $("review-stage").classList.toggle("pair", shown.length === 2);
    $("review-words").textContent = row.pair
      ? `${row.pair.kind}, ${row.pair.how}: the worst tile differs by ${row.pair.tile.toFixed(1)} levels`
      : row.words || this.guess(row);
    this.paintedAt = await painted();
    document.body.dataset.reviewed = row.stack.sha256;
  }

  figure(sha256, row, index) {
    const one = picture(sha256, "single");
    const node = make("figure", {}, one.ok === false ? unshown() : one.img.cloneNode());
    if (row.pair && one.ok) {
      const box = make("i", { class: "spot" });
      const [left, top, width, height] = row.pair.spot;
      for (const [name, value] of Object.entries({ left, top, width, height })) {
        box.style.setProperty(name, `${value / 10}%`);
      }
      const holder = make("div", { class: "held" });
      holder.append(node.firstChild, box);
      node.append(holder, make("figcaption", { text: index ? "the other" : "the one that is kept" }));
    }
    return node;
  }

  /** While held, both pictures of a pair take turns at one place, at one size. */
  flicker(on) {
    if (!this.rows[this.at]?.pair) return;
    clearInterval(this.beat);
    const stage = $("review-stage");
    stage.classList.toggle("flicker", on);
    stage.classList.remove("second");
    if (on) this.beat = setInterval(() => stage.classList.toggle("second"), 350);
  }

  decide(choice, label, at) {
    const row = this.rows[this.at];
    if (!row || row.pair || !this.counts(at)) return;
    this.send("/decide", { sha256: row.stack.sha256, choice, label: label ?? "" }, at);
  }

  compare(word, at) {
    const row = this.rows[this.at];
    if (!row?.pair || !this.counts(at)) return;
    this.send("/compare", { a: row.pair.a, b: row.pair.b, word }, at);
  }

  counts(at) {
    return this.paintedAt !== null && at >= this.paintedAt && !this.page.stopped();
  }

  send(path, body, at) {
    const ms = Math.max(0, Math.round(at - this.paintedAt));
    this.paintedAt = null;
    this.page.outbox.put(path, { client: newId(), tab: this.page.tab, ms, ...body }, (reply, refusal) => {
      if (refusal) return this.page.stale(refusal);
      this.page.settle(reply);
    });
    this.rows.splice(this.at, 1);
    $("rows").children[this.at].remove();
    announce(`${plural(this.rows.length, "row")} left`);
    this.at = Math.min(this.at, Math.max(0, this.rows.length - 1));
    if (this.rows.length) this.select(this.at);
    else this.page.enter("review");
  }

  key(name, event) {
    const row = this.rows[this.at];
    if (name === "ArrowDown" || name === "ArrowRight") this.select(this.at + 1);
    else if (name === "ArrowUp" || name === "ArrowLeft") this.select(this.at - 1);
    else if (row?.pair && name in PAIR_KEYS) this.compare(PAIR_KEYS[name], event.timeStamp);
    else if (row?.pair && name === "b") this.flicker(true);
    else if (name === " ") this.decide("skip", "", event.timeStamp);
    else if (name === "x") this.decide("junk", "", event.timeStamp);
    else {
      const index = this.page.state.keys.indexOf(name);
      if (index < 0) return false;
      this.decide("label", this.page.state.labels[index], event.timeStamp);
    }
    return true;
  }

  actions(state) {
    const row = this.rows[this.at];
    if (!row) return [];
    const answers = make("div", { class: "answers" });
    if (row.pair) {
      const words = { same: "Same picture", variant: "Variant", other: "Not a match" };
      for (const [key, word] of Object.entries(PAIR_KEYS)) {
        answers.append(button(words[word], key.toUpperCase(),
          (event) => this.compare(word, event.timeStamp), "label"));
      }
    } else {
      state.labels.forEach((label, index) => answers.append(
        button(label, (state.keys[index] ?? "").toUpperCase(),
          (event) => this.decide("label", label, event.timeStamp), `label tone${index % 6}`)));
    }
    const others = make("div", { class: "others" });
    if (row.pair) {
      const blink = button("Hold to flicker", "B", () => {});
      blink.addEventListener("pointerdown", () => this.flicker(true));
      for (const end of ["pointerup", "pointerleave", "pointercancel"]) {
        blink.addEventListener(end, () => this.flicker(false));
      }
      others.append(blink);
    } else {
      others.append(
        button("Later", "Space", (event) => this.decide("skip", "", event.timeStamp)),
        button("Junk", "X", (event) => this.decide("junk", "", event.timeStamp)));
    }
    others.append(button("Undo", "Z", () => this.page.undo()));
    return [answers, others];
  }
}
