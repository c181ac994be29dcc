// Shows the state of the search, and asks for it again and again while it runs.

import { showCurves } from "./curves.js";
import { at, make } from "./dom.js";
import { duration, score } from "./format.js";
import { showHistory } from "./history.js";
import { showLinks } from "./links.js";
import { get } from "./server.js";
import { showStop } from "./stop.js";

const REFRESH_MS = 2000;
const MOST_HANDS = 3;
const STATES = { running: "running", ending: "ending", ended: "", "left off": "not running" };

function tile(name, value, note = "") {
  return make("div", {}, make("dt", {}, name), make("dd", { class: "value" }, value), make("dd", { class: "note" }, note));
}

function count(told, status) {
  return told.points.filter((point) => point.status === status).length;
}

function trialsNote(told) {
  const parts = ["pruned", "cut", "failed", "infeasible"]
    .map((status) => [count(told, status), status])
    .filter(([number]) => number)
    .map(([number, status]) => `${number} ${status}`);
  return parts.join(", ");
}

function handTile(name, { epochs, scores, model }) {
  const last = epochs.length - 1;
  const after = last < 0 ? "" : `after ${epochs[last].toFixed(2)} epochs; `;
  return tile(name, last < 0 ? "starting" : score(scores[last]), after + model);
}

// A tile for each trial in hand; with many workers one, for the trial that stands best.
function inHand(told) {
  const running = told.curves.filter((curve) => curve.running);
  if (running.length <= MOST_HANDS) {
    return running.map((curve) => handTile(`In hand: trial ${curve.trial}`, curve));
  }
  const standing = (curve) => told.sign * (curve.scores.at(-1) ?? -told.sign * Infinity);
  const first = [...running].sort((a, b) => standing(b) - standing(a))[0];
  return [handTile(`In hand: ${running.length} trials; the best now is ${first.trial}`, first)];
}

function tiles(told) {
  const best = told.rows[0];
  const linear = told.linear === null ? "" : `; linear model ${score(told.linear)}`;
  const shown = [
    tile(`Best ${told.goal}`, best ? score(best.score) : "none yet", best ? `trial ${best.trial}, ${best.model}${linear}` : ""),
    ...inHand(told),
    tile("Trials ended", told.trials.toLocaleString("en"), trialsNote(told)),
  ];
  if (told.left !== null) {
    shown.push(tile("Time left", duration(told.left), `of ${duration(told.allowed)}`));
  } else {
    const limit = told.allowed ? `of ${duration(told.allowed)}` : "no time limit";
    shown.push(tile("Time spent", duration(told.spent), limit));
  }
  return shown;
}

function table(told) {
  at("objective").textContent = told.goal;
  at("rows").replaceChildren(...told.rows.map((row) => {
    const numbers = [score(row.score), row.seconds.toFixed(1), row.parameters.toLocaleString("en")];
    return make("tr", {},
      make("td", {}, row.trial), make("td", {}, row.model),
      ...numbers.map((cell) => make("td", { class: "number" }, cell)),
      make("td", {}, row.status));
  }));
  at("trials").hidden = told.rows.length === 0;
}

function show(told) {
  document.title = `${told.source}: attn-tuner`;
  at("source").textContent = told.source;
  at("headline").textContent = told.headline;
  at("sentence").textContent = told.sentence === told.headline ? "" : told.sentence;
  at("state").textContent = STATES[told.state];
  at("state").className = `badge ${told.state}`;
  at("tiles").replaceChildren(...tiles(told));
  table(told);
  at("try").hidden = !told.model;
  showLinks(told);
  showStop(told.state);
  showHistory(told);
  showCurves(told);
}

// Calls listener(told) with every state of the search that is read.
export async function follow(listener) {
  let ended = false;
  try {
    const told = await get("status");
    show(told);
    listener(told);
    ended = told.state === "ended";
  } catch (error) {
    at("state").textContent = error.message;
    at("state").className = "badge";
  }
  setTimeout(() => follow(listener), ended ? 5 * REFRESH_MS : REFRESH_MS);
}
