// The keyboard. A held key counts once; letters can be switched off (WCAG 2.1.4).

const LETTERS = "winnow-letters";

export const letters = {
  get on() { return localStorage.getItem(LETTERS) !== "off"; },
  set on(value) { localStorage.setItem(LETTERS, value ? "on" : "off"); },
};

/** The key's name: a letter or a digit also where the layout writes another sign there. */
function nameOf(event) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  if (digit) return digit[1];
  if (event.key.length === 1 && !/^[a-z ]$/i.test(event.key)) {
    const letter = /^Key([A-Z])$/.exec(event.code);
    if (letter) return letter[1].toLowerCase();
  }
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

const isOn = (node, names) => node instanceof Element && node.closest(names) !== null;

/** `down(name, event)` says whether it used the key; `up(name)` is told when it is let go. */
export function listen(down, up) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isOn(event.target, "dialog,input,select,textarea")) return;
    const name = nameOf(event);
    // A button that was reached with Tab is pressed by its own keys.
    if (isOn(event.target, "button,a") && (name === "Enter" || name === " ")) return;
    if (event.repeat && !name.startsWith("Arrow")) {
      if (name === " ") event.preventDefault();
      return;
    }
    if (name.length === 1 && name !== " " && !letters.on) return;
    if (down(name, event)) event.preventDefault();
  });
  addEventListener("keyup", (event) => up(nameOf(event)));
  addEventListener("blur", () => up(null));
}
