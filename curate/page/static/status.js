// The head of the page: how much is done, how fast, how good; what is not sent yet.

import { $, duration, make, number, plural } from "./dom.js";

export function drawFigures(state) {
  const all = state.done + state.left;
  $("bar").setAttribute("aria-valuemax", String(all));
  $("bar").setAttribute("aria-valuenow", String(state.done));
  $("bar").setAttribute("aria-valuetext", `${number(state.done)} of ${plural(all, "picture")} sorted`);
  $("bar").firstElementChild.style.setProperty("--share", all ? state.done / all : 1);
  const { certificate, estimate } = state;
  const figures = [[number(state.done), "done"], [number(state.left), "left"]];
  if (certificate.state === "running") {
    figures.push([`${number(certificate.looked)} of ${number(certificate.looks)}`, "looks"]);
  }
  if (state.rate) figures.push([number(state.rate), "a minute", "rate"]);
  if (state.seconds_left !== null && state.left) figures.push([duration(state.seconds_left), "to go"]);
  if (estimate.accuracy !== null) {
    figures.push([`at least ${Math.floor(estimate.low * 100)} %`, "right"]);
  }
  $("figures").replaceChildren(...figures.map(([value, words, kind]) =>
    make("span", { class: kind }, make("b", { text: value }), ` ${words}`)));
}

export function drawOutbox({ size, trouble }, away) {
  const words = trouble || away || "";
  $("outbox").hidden = !(size > 1 || words);
  $("outbox").classList.toggle("trouble", Boolean(words));
  $("outbox").textContent = `${words}${words ? " " : ""}${size ? `${size} not sent yet` : ""}`;
  document.body.dataset.unsent = String(size);
}
