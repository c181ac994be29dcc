// The chart of all trials: their scores by the time of their end, and the best so far.

import { Chart } from "./chart.js";
import { at, make } from "./dom.js";
import { duration, score } from "./format.js";

const NAMES = { winner: "best trial", completed: "completed", pruned: "pruned early", cut: "cut short", failed: "failed", infeasible: "over a limit" };
// Steps of an axis in seconds or minutes.
const TIMES = [1, 2, 3, 5, 10];
let chart;

function words(told, point) {
  const value = point.score === null ? point.status : `${told.goal} ${score(point.score)}, ${point.status}`;
  return `Trial ${point.trial}: ${value}\n${point.model}\nended after ${duration(point.ended)}${point.why ? `\n${point.why.slice(0, 200)}` : ""}`;
}

function bestSoFar(points, sign, end) {
  const line = [];
  let best = null;
  for (const { ended, score: value } of points) {
    if (value !== null && (best === null || sign * value > sign * best)) {
      best = value;
      line.push([ended, best]);
    }
  }
  return line.length ? [...line, [end, best]] : line;
}

export function showHistory(told) {
  chart ??= new Chart(at("history"));
  const scored = told.points.filter((point) => point.score !== null);
  if (!told.points.length) {
    at("history").replaceChildren(make("p", { class: "empty" }, "No trial has ended yet."));
    return;
  }
  const last = Math.max(1, ...told.points.map((point) => point.ended));
  const minutes = last > 150;
  const unit = minutes ? 60 : 1;
  const max = last / unit;
  const shown = told.points.map((point) => ({ ...point, ended: point.ended / unit }));
  const lines = [];
  const best = bestSoFar(shown, told.sign, max);
  if (best.length) {
    lines.push({ class: "best", points: best, steps: true, label: "best so far" });
  }
  if (told.linear !== null) {
    lines.push({ class: "linear", points: [[0, told.linear], [max, told.linear]], label: "linear model" });
  }
  const values = [...scored.map((point) => point.score), ...(told.linear === null ? [] : [told.linear])];
  chart.show({
    title: `${told.goal} of every trial by the time of its end; arrow keys move between trials`,
    x: { name: minutes ? "minutes since the start" : "seconds since the start", max: max * 1.02, steps: TIMES, write: String },
    y: { name: told.goal, values: values.length ? values : [0, 1], write: axisNumber },
    lines,
    names: NAMES,
    marks: shown.map((point, index) => ({
      key: point.trial,
      x: point.ended,
      y: point.score,
      status: point.trial === told.winner ? "winner" : point.status,
      words: words(told, told.points[index]),
    })),
  });
}

export function axisNumber(value) {
  return String(Number(value.toPrecision(4)));
}
