// What goes to the server and comes from it; answers wait in an outbox until they have arrived.

import { notice } from "./dom.js";

const PATIENCE_MS = 20000;
const PAUSES_MS = [300, 600, 1200, 2500];

export class Refused extends Error {
  constructor(status, reason, detail) {
    super(detail);
    this.status = status;
    this.reason = reason;
  }
}

/** GET without a body, POST with one. Throws Refused, or what fetch throws. */
export async function ask(path, body) {
  const options = { signal: AbortSignal.timeout(PATIENCE_MS), headers: {} };
  if (body !== undefined) {
    options.method = "POST";
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(path, options);
  const said = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, said.error, said.detail);
  return said;
}

const tell = (path, body) =>
  navigator.sendBeacon(path, new Blob([JSON.stringify(body)], { type: "application/json" }));

export const newId = () => crypto.randomUUID();

/** This tab's name, kept over a reload; a duplicated tab gets one of its own. */
export async function tabName() {
  let name = sessionStorage.getItem("tab") ?? newId();
  const free = await new Promise((resolve) => {
    if (!navigator.locks) return resolve(true);
    navigator.locks.request(`winnow-${name}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise(() => {}); // held as long as the tab lives
    });
  });
  if (!free) {
    name = newId();
    sessionStorage.removeItem("outbox");
    navigator.locks.request(`winnow-${name}`, () => new Promise(() => {}));
  }
  sessionStorage.setItem("tab", name);
  return name;
}

/** Sends one after the other, in order, again and again until it has arrived. */
export class Outbox {
  static LIMIT = 20;

  constructor(onChange) {
    this.onChange = onChange;
    this.waiting = [];
    this.trouble = "";
    this.busy = false;
    for (const kept of JSON.parse(sessionStorage.getItem("outbox") ?? "[]")) {
      this.waiting.push({ ...kept, settle: (_, refusal) => refusal && notice(refusal.message) });
    }
  }

  get size() { return this.waiting.length; }
  get full() { return this.waiting.length >= Outbox.LIMIT; }

  /** settle(reply, refusal) is called once, when the server has said something. */
  put(path, body, settle) {
    this.waiting.push({ path, body, settle });
    this.keep();
    this.send();
  }

  /** A closing tab waits for no answer: all goes out at once; what has arrived changes nothing. */
  leave(tab) {
    // Beacons may overtake each other: then an undo would take back something else.
    const free = this.waiting.every(({ path }) => path !== "/undo");
    if (free) for (const { path, body } of this.waiting) tell(path, body);
    tell("/tab", { tab, leaving: true });
  }

  /** Resolves when all has arrived. */
  async emptied() {
    while (this.waiting.length) {
      await new Promise((resolve) => {
        const before = this.wake;
        this.wake = () => { before?.(); resolve(); };
      });
    }
  }

  keep() {
    const plain = this.waiting.map(({ path, body }) => ({ path, body }));
    sessionStorage.setItem("outbox", JSON.stringify(plain));
    this.onChange(this);
  }

  async send() {
    if (this.busy) return;
    this.busy = true;
    let tries = 0;
    while (this.waiting.length) {
      const first = this.waiting[0];
      let reply = null;
      let refusal = null;
      try {
        reply = await ask(first.path, first.body);
      } catch (error) {
        const final = error instanceof Refused && [400, 409, 413, 415].includes(error.status);
        if (!final) {
          this.trouble = error instanceof Refused ? error.message : "The server does not answer.";
          this.onChange(this);
          await new Promise((go) => setTimeout(go, PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)]));
          tries += 1;
          continue;
        }
        refusal = error;
      }
      tries = 0;
      this.trouble = "";
      this.waiting.shift();
      this.keep();
      first.settle(reply, refusal);
      if (!this.waiting.length) {
        this.wake?.();
        this.wake = undefined;
      }
    }
    this.busy = false;
    this.onChange(this);
  }
}
