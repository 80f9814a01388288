// Grid mode: a page of what the model holds to be one label; the wrong ones are marked.

import { openStack, related, setAside } from "./dialogs.js";
import { $, announce, button, make, plural } from "./dom.js";
import { painted, picture, unshown } from "./pictures.js";
import { newId } from "./wire.js";

const INERT_MS = 1000; // a confirm sooner than this was no look
const GAP = 8;
const [WIDTH, HEIGHT] = [150, 128]; // least size of a tile, CSS pixels
const [COLUMNS, ROWS] = [10, 6];

export class Grid {
  constructor(page) {
    this.page = page;
    this.now = null;
    this.marks = new Map();
    this.seen = new Set();
    this.focus = 0;
    this.paintedAt = null;
    this.turn = 0;
    new ResizeObserver(() => this.fit()).observe($("tiles"));
    $("tiles").addEventListener("scroll", () => { this.look(); this.page.draw(); });
  }

  /** Columns and rows that fit the window without scrolling. */
  room() {
    const box = $("work").getBoundingClientRect();
    const columns = Math.floor((box.width - 24 + GAP) / (WIDTH + GAP));
    const rows = Math.floor((box.height - 56 + GAP) / (HEIGHT + GAP));
    return [Math.min(COLUMNS, Math.max(2, columns)), Math.min(ROWS, Math.max(2, rows))];
  }

  tiles() {
    const [columns, rows] = this.room();
    return columns * rows;
  }

  load(grid) {
    return Promise.all(grid.tiles.map((stack) => picture(stack.sha256, "tile").ready));
  }

  /** Shows a page whose tiles are loaded; resolves when it was painted. */
  async show(grid) {
    const turn = ++this.turn;
    this.now = grid;
    this.marks = new Map();
    this.seen = new Set();
    this.focus = 0;
    this.paintedAt = null;
    $("tiles").replaceChildren(...grid.tiles.map((stack, index) => this.tile(stack, index)));
    $("grid-title").textContent = "";
    $("grid-title").append("All ", make("b", { text: grid.label }), "? Mark the others.", make("span", { id: "grid-rest" }));
    this.fit();
    await Promise.all(grid.tiles.map((stack) => picture(stack.sha256, "tile").ready));
    const at = await painted();
    if (turn !== this.turn) return;
    this.paintedAt = at;
    this.look();
    document.body.dataset.page = grid.page;
    setTimeout(() => { if (turn === this.turn) this.page.draw(); }, INERT_MS);
    this.page.draw();
    $("tiles").children[0]?.focus({ preventScroll: true });
    announce(`${plural(grid.tiles.length, "picture")}, all ${grid.label}?`);
  }

  tile(stack, index) {
    const { img, ready } = picture(stack.sha256, "tile");
    const node = make("div", {
      role: "option", class: "tile", tabindex: index ? "-1" : "0", "aria-selected": "false",
      "data-sha256": stack.sha256,
    }, img);
    node.setAttribute("aria-label", `Picture ${index + 1}`);
    ready.then(() => {
      if (picture(stack.sha256, "tile").ok === false) node.replaceChildren(unshown());
    });
    const more = stack.members.length - 1;
    const extra = setAside(stack).length + stack.variants.length;
    if (more || extra) {
      const badge = make("button", {
        class: "badge", type: "button", tabindex: "-1",
        text: more ? `×${more + 1}` : `+${extra}`, "aria-label": `${related(stack)}; open`,
      });
      badge.addEventListener("click", (event) => {
        event.stopPropagation();
        openStack(stack);
      });
      node.append(badge);
    }
    node.append(make("span", { class: "mark", "aria-hidden": "true" }));
    node.addEventListener("click", () => {
      this.move(index);
      this.toggle("wrong");
    });
    return node;
  }

  /** As many columns as leave the tiles largest, all in view where they fit. */
  fit() {
    if (!this.now) return;
    const [columns, rows] = this.room();
    const count = this.now.tiles.length;
    const across = Math.min(columns, Math.max(2, Math.ceil(count / rows)), count);
    const down = Math.max(1, Math.ceil(count / across));
    this.across = across;
    $("tiles").style.setProperty("--across", across);
    $("tiles").style.setProperty("--down", Math.max(down, Math.min(rows, 2)));
    if (this.paintedAt !== null) painted().then(() => { this.look(); this.page.draw(); });
  }

  /** Notes which tiles have been painted and in view: no other one is answered. */
  look() {
    if (this.paintedAt === null) return;
    const box = $("tiles").getBoundingClientRect();
    for (const node of $("tiles").children) {
      const at = node.getBoundingClientRect();
      const within = at.top >= box.top - 1 && at.bottom <= Math.min(box.bottom, innerHeight) + 1
        && at.left >= -1 && at.right <= innerWidth + 1;
      if (within && picture(node.dataset.sha256, "tile").ok) this.seen.add(node.dataset.sha256);
    }
    const hidden = [...$("tiles").children].filter((node) => !this.seen.has(node.dataset.sha256)).length;
    $("grid-rest").textContent = hidden ? ` ${plural(hidden, "picture")} not seen yet.` : "";
  }

  move(index) {
    const nodes = $("tiles").children;
    if (index < 0 || index >= nodes.length) return;
    nodes[this.focus]?.setAttribute("tabindex", "-1");
    this.focus = index;
    nodes[index].setAttribute("tabindex", "0");
    nodes[index].focus({ preventScroll: false });
    if (this.paintedAt !== null) this.look();
  }

  toggle(mark) {
    const node = $("tiles").children[this.focus];
    if (!node || this.paintedAt === null) return;
    const sha256 = node.dataset.sha256;
    if (this.marks.get(sha256) === mark) this.marks.delete(sha256);
    else this.marks.set(sha256, mark);
    const now = this.marks.get(sha256);
    node.setAttribute("aria-selected", String(now !== undefined));
    node.dataset.mark = now ?? "";
    const words = now === undefined ? "" : now === "junk" ? "junk" : this.now.other ?? "look again";
    node.querySelector(".mark").textContent = words;
    node.setAttribute("aria-label", `Picture ${this.focus + 1}${words && `, marked ${words}`}`);
    this.page.draw();
    announce(`${this.words()}`);
  }

  counts() {
    const wrong = [...this.marks].filter(([sha256, mark]) => mark === "wrong" && this.seen.has(sha256));
    const junk = [...this.marks].filter(([sha256, mark]) => mark === "junk" && this.seen.has(sha256));
    return [this.seen.size - wrong.length - junk.length, wrong.length, junk.length];
  }

  words() {
    const [right, wrong, junk] = this.counts();
    const others = this.now.other === null ? "to look at" : this.now.other;
    return [`${right} ${this.now.label}`, wrong && `${wrong} ${others}`, junk && `${junk} junk`]
      .filter(Boolean).join(", ");
  }

  inert() {
    return this.paintedAt === null || performance.now() - this.paintedAt < INERT_MS;
  }

  confirm(at) {
    if (!this.now || this.inert() || !this.seen.size || this.page.stopped()) return;
    const marks = Object.fromEntries([...this.marks].filter(([sha256]) => this.seen.has(sha256)));
    const body = {
      client: newId(), tab: this.page.tab, page: this.now.page, seen: [...this.seen], marks,
      ms: Math.max(0, Math.round(at - this.paintedAt)),
    };
    announce(`Confirmed: ${this.words()}`);
    this.now = null;
    this.paintedAt = null;
    delete document.body.dataset.page;
    this.page.outbox.put("/confirm", body, (reply, refusal) => {
      if (refusal) return this.page.stale(refusal);
      this.page.settle(reply);
      this.page.confirmed(reply.receipt);
    });
    this.page.answered();
  }

  leave() {
    this.turn += 1;
    this.now = null;
    this.paintedAt = null;
    delete document.body.dataset.page;
  }

  actions() {
    if (!this.now) return [];
    const confirm = button(this.words() || "Nothing in view", "Enter",
      (event) => this.confirm(event.timeStamp), "label confirm");
    confirm.id = "confirm";
    confirm.setAttribute("aria-disabled", String(this.inert()));
    return [
      make("div", { class: "answers" }, confirm),
      make("div", { class: "others" },
        button("Wrong", "Space", () => this.toggle("wrong")),
        button("Junk", "X", () => this.toggle("junk")),
        button("Undo", "Z", () => this.page.undo())),
    ];
  }
}
