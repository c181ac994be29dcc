// The learning curves of the trials in hand, beside that of the best trial.

import { Chart } from "./chart.js";
import { at } from "./dom.js";
import { score } from "./format.js";
import { axisNumber } from "./history.js";

const MOST_NAMED = 3;
let chart;

function pairs(curve) {
  return curve.epochs
    .map((epochs, index) => [epochs, curve.scores[index]])
    .filter(([epochs, value]) => epochs !== null && value !== null);
}

function title(running) {
  if (running.length > 1) {
    return "Learning curves of the trials in hand";
  }
  return running.length ? `Learning curve of trial ${running[0].trial}` : "Learning curve of the best trial";
}

// With many workers one entry of the legend stands for all their trials.
function label(curve, running) {
  if (!curve.running) {
    return `trial ${curve.trial}, the best`;
  }
  if (running.length > MOST_NAMED) {
    return curve === running[0] ? `${running.length} trials in hand` : "";
  }
  return `trial ${curve.trial}, running`;
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
  at("curves-title").textContent = title(running);
  const points = seen.flatMap((curve) => curve.points);
  chart ??= new Chart(at("curves"));
  chart.show({
    title: `${told.metric} by epoch; arrow keys move between evaluations`,
    x: { name: "epochs", max: Math.max(1, ...points.map(([epochs]) => epochs)) * 1.03, write: String },
    y: { name: told.metric, values: points.map(([, value]) => value), write: axisNumber },
    lines: seen.map((curve) => ({
      class: curve.running ? "curve running" : "curve",
      points: curve.points,
      label: label(curve, running),
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
