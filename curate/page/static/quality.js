// How good the labels are: an estimate with its interval, what is overlooked, the certificate.

import { $, make, number, percent, plural } from "./dom.js";

function card(title, figure, words) {
  return make("section", { class: "card" },
    make("h2", { text: title }), make("p", { class: "figure", text: figure }), make("p", { text: words }));
}

function accuracy(estimate, sure) {
  if (!estimate.looks) {
    return card("Accuracy", "not known yet",
      "A hidden random sample is shown among the others; the first of it has still to be answered.");
  }
  return card("Accuracy, estimated", percent(estimate.accuracy),
    `between ${percent(estimate.low)} and ${percent(estimate.high)}, ${percent(sure, 0)} sure, `
    + `by ${plural(estimate.looks, "blind look")}: about ${number(estimate.expected_wrong)} wrong labels, `
    + `at most ${number(estimate.most_wrong)}`);
}

function overlooked(said) {
  if (!said.planted) {
    return card("Overlooked on pages", "not known yet", "Planted pictures on the pages will tell.");
  }
  return card("Overlooked on pages", percent(said.rate, 0),
    `${number(said.missed)} of ${plural(said.planted, "planted picture")} missed (at most `
    + `${percent(said.high, 0)} of them); about ${said.left.toFixed(1)} wrong ones may be left. `
    + "This takes planted ones to be as hard as real ones.");
}

function certificate(said, page) {
  const claim = `at most ${percent(said.limit, said.limit * 100 % 1 ? 1 : 0)} wrong, ${percent(said.sure, 0)} sure`;
  const minutes = said.minutes < 1 ? "under 1 min" : `about ${Math.round(said.minutes)} min`;
  const node = card("Certificate", claim, {
    early: "To be had once all is sorted.",
    offered: `Its price is fixed beforehand: ${plural(said.looks, "look")}, ${minutes}. `
      + `It speaks of ${plural(said.of, "picture")} and says whether you would label them so again.`,
    running: `${number(said.looked)} of ${plural(said.looks, "look")} made, ${minutes} left.`,
    given: `Given: by ${plural(said.looked, "look")}, ${number(said.wrong)} of them otherwise, at most `
      + `${percent(said.at_most, 2)} of ${plural(said.of, "label")} are wrong.`,
    refused: `Not given: ${number(said.wrong)} of ${plural(said.looked, "look")} said otherwise; `
      + `up to ${percent(said.at_most, 2)} may be wrong.`,
  }[said.state]);
  if (said.state === "offered" || said.state === "running") {
    const begin = said.state === "offered";
    const go = make("button", {
      type: "button", id: "certify", class: begin ? "label" : "",
      text: begin ? `Begin: ${plural(said.looks, "look")}, ${minutes}` : "Give up the looks",
    });
    go.addEventListener("click", () => page.certify(begin));
    node.append(go);
  }
  return node;
}

const MODEL = {
  none: "No model: every picture is asked for one by one.",
  embedding: "The model is looking at the pictures.",
  waiting: "The model waits for more answers.",
  ready: "The model learns along.",
};

function model(said) {
  const known = said.of ? ` ${number(said.embedded)} of ${number(said.of)} pictures known` : "";
  const learnt = said.learnt_from ? `, learnt from ${plural(said.learnt_from, "answer")}` : "";
  return card("Model", said.state, `${MODEL[said.state]}${known}${learnt}`);
}

export function drawQuality(state, page) {
  const rows = Object.entries(state.by_label).map(([label, count]) =>
    make("tr", {}, make("th", { scope: "row", text: label }), make("td", { text: number(count) })));
  $("quality-body").replaceChildren(
    make("div", { class: "cards" },
      accuracy(state.estimate, state.certificate.sure), overlooked(state.overlooked),
      certificate(state.certificate, page), model(state.model)),
    make("table", {}, make("caption", { text: "Sorted so far" }), make("tbody", {}, ...rows)));
}

const KEYS = {
  "One by one": [
    ["Space", "skip"], ["X", "junk"], ["Z or Backspace", "undo, without end"],
    ["V, held", "zoom"], ["O", "open duplicates and variants"],
  ],
  "A page": [
    ["Arrows", "move"], ["Space or a click", "mark as wrong"], ["X", "mark as junk"],
    ["Enter", "confirm the page"], ["Z or Backspace", "take the page back"], ["O", "open variants"],
  ],
  "Review": [
    ["Arrows", "move"], ["S, V, N", "same, variant, not a match"], ["B, held", "flicker"],
  ],
};

export function drawHelp(state) {
  const labels = state.labels.map((label, index) => [(state.keys[index] ?? "").toUpperCase(), label]);
  $("help-body").replaceChildren(...Object.entries(KEYS).map(([title, keys], index) =>
    make("section", {}, make("h2", { text: title }), make("dl", {},
      ...[...(index === 0 ? labels : []), ...keys].flatMap(([key, words]) => [
        make("dt", {}, make("kbd", { text: key })), make("dd", { text: words })])))));
}
