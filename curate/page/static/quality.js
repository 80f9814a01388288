// How good the labels are: an estimate with its interval, what is overlooked, the certificate.

import { $, make, number, percent, plural, share } from "./dom.js";

function card(title, figure, words) {
  return make("section", { class: "card" },
    make("h2", { text: title }), make("p", { class: "figure", text: figure }), make("p", { text: words }));
}

function accuracy(estimate) {
  const { accuracy: right, looks, wrong, low, high, sure } = estimate;
  if (!looks) {
    return card("Accuracy", "not known yet",
      "A hidden random sample is shown among the others; the first of it has still to be answered.");
  }
  const range = `between ${percent(low)} and ${percent(high)}, ${share(sure)} sure, by `
    + `${plural(looks, "blind look")}`;
  if (right === null) return card("Accuracy", "too few looks yet", range);
  return card("Accuracy, estimated", `${percent(low)} to ${percent(high)}`,
    `${number(wrong)} of ${plural(looks, "blind look")} said otherwise: about `
    + `${plural(Math.round(estimate.expected_wrong), "wrong label")}, at most ${number(estimate.most_wrong)}, `
    + `${share(sure)} sure.`);
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

const lasting = (minutes) => (minutes < 1 ? "under 1 min" : `about ${Math.round(minutes)} min`);

/** The certificate's outcome in words; empty as long as there is none. */
export function verdict(said) {
  const looks = plural(said.looked, "look");
  if (said.state === "given") {
    return `Given: ${number(said.wrong)} of ${looks} said otherwise, so at most `
      + `${percent(said.at_most, 2)} of ${plural(said.of, "label")} are wrong, ${share(said.sure)} sure.`;
  }
  if (said.state === "refused") {
    return `Not given: ${number(said.wrong)} of ${looks} said otherwise; up to `
      + `${percent(said.at_most, 2)} may be wrong. Review lists what the looks found.`;
  }
  return "";
}

const OUTCOME = { given: "Certificate, given", refused: "Certificate, not given" };

function certificate({ certificate: said, offers }, page) {
  const claim = `at most ${share(said.limit)} wrong, ${share(said.sure)} sure`;
  const words = verdict(said) || {
    early: "To be had once all is sorted.",
    offered: "Its price is fixed beforehand. It says whether you would label "
      + `${plural(said.of, "picture")} so again; the more wrong looks it forgives, the more it takes.`,
    running: `${number(said.looked)} of ${plural(said.looks, "look")} made, ${lasting(said.minutes)} left.`,
  }[said.state];
  const node = card(OUTCOME[said.state] ?? "Certificate", claim, words);
  const choices = make("div", { class: "offers" });
  if (said.state === "running") {
    choices.append(plain("Give up the looks", () => page.certify(false)));
  } else if (offers.length && said.state !== "offered") {
    node.append(make("p", { text: "Another try has to be surer, so that trying again does not pay." }));
  }
  for (const { allowed, looks, minutes } of offers) {
    const forgiven = allowed ? `${number(allowed)} wrong allowed` : "None wrong";
    choices.append(plain(`${forgiven}: ${plural(looks, "look")}, ${lasting(minutes)}`,
      () => page.certify(true, allowed), "label"));
  }
  if (choices.children.length) {
    choices.children[0].id = "certify";
    node.append(choices);
  }
  return node;
}

function plain(text, act, kind = "") {
  const node = make("button", { type: "button", class: kind, text });
  node.addEventListener("click", act);
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
      accuracy(state.estimate), overlooked(state.overlooked),
      certificate(state, page), model(state.model)),
    make("table", {}, make("caption", { text: "Sorted so far" }), make("tbody", {}, ...rows)));
}

const KEYS = {
  "One by one": [
    ["Space", "skip"], ["X", "junk"], ["Z or Backspace", "undo, without end"],
    ["V, held", "zoom"], ["O", "open copies and variants"],
  ],
  "A page": [
    ["Arrows", "move"], ["Space or a click", "mark as wrong"], ["X", "mark as junk"],
    ["Enter", "confirm the page"], ["Z or Backspace", "take the page back"], ["O", "open copies and variants"],
  ],
  "Review": [
    ["Arrows", "move"], ["S, V, N", "same, variant, not a match"], ["B, held", "flicker"],
    ["C, held", "look close, both at one spot"], ["Space", "leave it for later"],
  ],
};

export function drawHelp(state) {
  const labels = state.labels.map((label, index) => [(state.keys[index] ?? "").toUpperCase(), label]);
  $("help-body").replaceChildren(...Object.entries(KEYS).map(([title, keys], index) =>
    make("section", {}, make("h2", { text: title }), make("dl", {},
      ...[...(index === 0 ? labels : []), ...keys].flatMap(([key, words]) => [
        make("dt", {}, make("kbd", { text: key })), make("dd", { text: words })])))));
}
