// The learning curves of the trials in hand, beside that of the best trial.

import { Chart } from "./chart.js";
import { at } from "./dom.js";
import { score } from "./format.js";
import { axisNumber } from "./history.js";

let chart;

function pairs(curve) {
  return curve.epochs
    .map((epochs, index) => [epochs, curve.scores[index]])
    .filter(([epochs, value]) => epochs !== null && value !== null);
}

export function showCurves(told) {
  const curves = told.curves.map((curve) => ({ ...curve, points: pairs(curve) }));
  const seen = curves.filter((curve) => curve.points.length);
  at("curves-figure").hidden = seen.length === 0;
  at("curves-figure").parentElement.classList.toggle("alone", seen.length === 0);
  if (!seen.length) {
    return;
  }
  const running = seen.filter((curve) => curve.running);
  at("curves-title").textContent = running.length
    ? `Learning curve of trial ${running.map((curve) => curve.trial).join(", ")}`
    : "Learning curve of the best trial";
  const points = seen.flatMap((curve) => curve.points);
  chart ??= new Chart(at("curves"));
  chart.show({
    title: `${told.metric} by epoch; arrow keys move between evaluations`,
    x: { name: "epochs", max: Math.max(1, ...points.map(([epochs]) => epochs)) * 1.03, write: String },
    y: { name: told.metric, values: points.map(([, value]) => value), write: axisNumber },
    lines: seen.map((curve) => ({
      class: curve.running ? "curve running" : "curve",
      points: curve.points,
      label: `trial ${curve.trial}${curve.running ? ", running" : ", the best so far"}`,
    })),
    marks: seen.flatMap((curve) => curve.points.map(([epochs, value]) => ({
      key: `${curve.trial} ${epochs}`,
      x: epochs,
      y: value,
      status: curve.running ? "running" : "curve-point",
      words: `Trial ${curve.trial}, ${epochs.toFixed(2)} epochs: ${told.metric} ${score(value)}`,
    }))),
  });
}
