// One list of what is worth another look, with the reason beside each; pairs side by side.

import { $, announce, button, hold, make, notice, percent, plural } from "./dom.js";
import { Pair } from "./pair.js";
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
    this.pair = new Pair($("review-stage"));
  }

  /** `at`: the row to select. */
  async load(at) {
    const said = await this.page.ask("/review");
    this.rows = said.rows;
    this.count = said.count;
    this.at = Math.min(at, Math.max(0, this.rows.length - 1));
    $("rows").replaceChildren(...this.rows.map((row, index) => this.line(row, index)));
    $("rows").children[this.at]?.scrollIntoView({ block: "nearest" });
    announce(`${plural(this.count, "picture")} to look at again`);
    if (said.looking) notice("The model is still looking: open Review again for what it finds");
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
    const now = row.label === null ? "no label yet" : `now ${row.label}`;
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
      this.pair.leave();
      $("review-words").textContent = "";
      return;
    }
    const shown = row.pair ? [row.pair.a, row.pair.b] : [row.stack.sha256];
    await Promise.all(shown.map((sha256) => picture(sha256, "single").ready));
    if (turn !== this.turn) return;
    if (row.pair) this.pair.show(row.pair);
    else this.pair.leave(this.figure(shown[0]));
    const words = row.words || this.guess(row);
    $("review-words").textContent = row.pair ? words : `${row.reason}: ${words}`;
    const at = await painted();
    if (turn !== this.turn) return;
    this.paintedAt = at;
    document.body.dataset.reviewed = row.stack.sha256;
  }

  figure(sha256) {
    const one = picture(sha256, "single");
    const img = one.img.cloneNode();
    img.alt = "The picture to look at again";
    return make("figure", {}, one.ok === false ? unshown() : img);
  }

  /** A key was let go; null: the window lost the keyboard. */
  letGo(name) {
    if (name === "b" || name === null) this.pair.flicker(false);
    if (name === "c" || name === null) this.pair.close(false);
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
      if (refusal) {
        notice(refusal.message);
        return this.page.mode === "review" ? this.page.toReview(this.at) : this.page.stale(refusal);
      }
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
    else if (row?.pair && name === "b") this.pair.flicker(true);
    else if (row?.pair && name === "c") this.pair.close(true);
    else if (name === "Home") this.select(0);
    else if (name === "End") this.select(this.rows.length - 1);
    else if (row?.pair && name === " ") this.select(this.at + 1);
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
      others.append(
        hold("Flicker", "B", (on) => this.pair.flicker(on)),
        hold("Close up", "C", (on) => this.pair.close(on)),
        button("Later", "Space", () => this.select(this.at + 1)));
    } else {
      others.append(
        button("Later", "Space", (event) => this.decide("skip", "", event.timeStamp)),
        button("Junk", "X", (event) => this.decide("junk", "", event.timeStamp)));
    }
    others.append(button("Undo", "Z", () => this.page.undo()));
    return [answers, others];
  }
}
