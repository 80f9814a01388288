"""The service's one page: drop a picture, see the answer; nothing is loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from typing import Any

_STYLE = """
:root{color-scheme:light dark;--line:#8886;--ink:#2563a8}
@media(prefers-color-scheme:dark){:root{--ink:#7db3f0}}
body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1.25rem;
overflow-wrap:anywhere}
h1{font-size:1.4rem}
form{border:2px dashed var(--line);border-radius:.6rem;padding:1.5rem;text-align:center}
form.over{border-color:var(--ink)}
input,button{font:inherit;max-width:100%;margin:.3rem}
figure{margin:1rem 0;padding-top:1rem;border-top:1px solid var(--line)}
figcaption{font-weight:600}
img{max-width:100%;max-height:20rem;display:block;margin:.6rem auto}
meter{width:100%}
dt{font-weight:600}dd{margin:0 0 .6rem}
:focus-visible{outline:3px solid var(--ink);outline-offset:2px}
"""

_SCRIPT = """
const form = document.forms[0], file = form.elements.file, said = document.getElementById("said");
let asked = 0;
function shown(picture) {
  const entry = document.createElement("figure"), image = document.createElement("img");
  const name = document.createElement("figcaption"), answer = document.createElement("div");
  name.textContent = picture.name;
  image.alt = "";
  image.onload = () => URL.revokeObjectURL(image.src);
  image.onerror = () => image.remove();
  image.src = URL.createObjectURL(picture);
  answer.textContent = "…";
  entry.append(name, image, answer);
  said.append(entry);
  return answer;
}
async function said_of(picture) {
  let answer;
  try {
    const reply = await fetch("/classify?top=5", {method: "POST", body: picture});
    answer = await reply.json();
  } catch {
    return "the service does not answer";
  }
  if (answer.error) return answer.error.detail;
  const list = document.createElement("dl");
  for (const {label, probability} of answer.top) {
    const term = document.createElement("dt"), value = document.createElement("dd");
    const meter = document.createElement("meter");
    term.textContent = label + " " + (100 * probability).toFixed(1) + " %";
    meter.value = probability;
    value.append(meter);
    list.append(term, value);
  }
  return list;
}
async function ask(pictures) {
  if (!pictures.length) return;
  const mine = ++asked;
  said.replaceChildren();
  const places = Array.from(pictures, picture => [picture, shown(picture)]);
  for (const [picture, place] of places) {
    const found = await said_of(picture);
    if (mine !== asked) return;
    place.replaceChildren(found);
  }
}
form.addEventListener("submit", event => {
  event.preventDefault();
  ask(file.files);
});
file.addEventListener("change", () => ask(file.files));
for (const kind of ["dragover", "dragleave", "drop"])
  document.addEventListener(kind, event => {
    event.preventDefault();
    form.classList.toggle("over", kind === "dragover");
  });
document.addEventListener("drop", event => ask(event.dataTransfer.files));
"""

_HTML = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{name}</title><style>{style}</style></head>
<body><h1>{name}</h1>
<p>Knows {count} labels: {labels}.{facts}</p>
<form method="post" action="/classify?top=5" enctype="multipart/form-data">
<label for="file">Drop pictures here, or choose some:</label><br>
<input type="file" id="file" name="file" accept="image/*" multiple required>
<button>Classify</button></form>
<div id="said" role="status"></div>
<script>{script}</script></body></html>
"""

_MOST_NAMED = 40


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


POLICY = (
    f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)}; img-src blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy: its own style and script alone, and it may ask its own service only."""


def page(name: str, labels: Sequence[str], card: dict[str, Any] | None) -> str:
    """Return the page of a model with these labels, and with a card or without one, as HTML."""
    named = ", ".join(labels[:_MOST_NAMED]) + (", …" if len(labels) > _MOST_NAMED else "")
    return _HTML.format(
        name=escape(name),
        count=len(labels),
        labels=escape(named),
        facts="" if card is None else f' {escape(_accuracy(card))}<a href="/card">Its card</a>.',
        style=_STYLE,
        script=_SCRIPT,
    )


def _accuracy(card: dict[str, Any]) -> str:
    measured = card.get("measured")
    if not isinstance(measured, dict) or not isinstance(measured.get("accuracy"), int | float):
        return ""
    on = str(measured.get("accuracy_on"))
    part = f"the {on} part" if on in ("test", "validation") else on
    return f"Accuracy {measured['accuracy']:.1%}, on {part}. "
