// Small words for building the page; every text goes in as text, never as markup.

export const $ = (id) => document.getElementById(id);

export function make(tag, { text, title, ...attributes } = {}, ...children) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (title) node.title = title;
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  node.append(...children);
  return node;
}

/** A button of the toolbar: words, a key beside them, what it does. */
export function button(words, key, act, kind = "") {
  const node = make("button", { class: kind, type: "button" }, make("span", { text: words }));
  if (key) node.append(make("kbd", { text: key, "aria-hidden": "true" }));
  node.addEventListener("click", act);
  return node;
}

/** A button that acts as long as it is held: by mouse, finger, Space or Enter. */
export function hold(words, key, act) {
  const node = button(words, key, () => {});
  const keys = (event) => event.key === " " || event.key === "Enter";
  node.addEventListener("pointerdown", () => act(true));
  node.addEventListener("keydown", (event) => { if (keys(event) && !event.repeat) act(true); });
  node.addEventListener("keyup", (event) => { if (keys(event)) act(false); });
  for (const end of ["pointerup", "pointerleave", "pointercancel", "blur"]) {
    node.addEventListener(end, () => act(false));
  }
  return node;
}

export const number = (value) => Math.round(value).toLocaleString("en");

export const percent = (share, digits = 1) => `${(share * 100).toFixed(digits)} %`;

/** A share that is a round figure: 1 %, 97.5 %. */
export const share = (value) => `${Number((value * 100).toFixed(2))} %`;

export function duration(seconds) {
  if (seconds < 60) return "under 1 min";
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

export function announce(words) {
  $("live").textContent = words;
}

/** Opens a dialog at its head, wherever the button is that has the focus. */
export function open(dialog) {
  dialog.showModal();
  dialog.scrollTop = 0;
}

let fading;
/** A line that stays for some seconds. */
export function notice(words, seconds = 4) {
  $("notice").textContent = words;
  $("notice").hidden = !words;
  clearTimeout(fading);
  fading = setTimeout(() => { $("notice").hidden = true; }, seconds * 1000);
}
