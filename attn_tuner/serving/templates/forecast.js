// The chart of a forecast: the numbers, their outermost quantiles, and the truth where it is known.

import { Chart } from "./chart.js";

const digits = (value) => String(Number(value.toPrecision(4)));

export function showForecast(box, told, truth) {
  const points = (values) => values.map((value, index) => [index + 1, value]);
  const bounds = told.quantiles ? told.quantiles.map((step) => [step[0], step.at(-1)]) : [];
  const lines = [{ class: "best", points: points(told.values), label: bounds.length ? "median" : "forecast" }];
  if (bounds.length) {
    const ends = [0, 1].map((end) => ({ class: "bound", points: points(bounds.map((step) => step[end])) }));
    lines.push({ ...ends[0], label: `quantiles ${told.levels[0]} and ${told.levels.at(-1)}` }, ends[1]);
  }
  if (truth.length) {
    lines.push({ class: "truth", points: points(truth), label: "what came" });
  }
  const words = (value, index) => {
    const within = bounds.length ? `, quantiles ${told.quantiles[index].map(digits).join(", ")}` : "";
    const came = truth.length ? `; ${digits(truth[index])} came` : "";
    return `Step ${index + 1}: ${digits(value)}${within}${came}`;
  };
  new Chart(box).show({
    title: "Forecast by step; arrow keys move between steps",
    x: { name: "steps ahead", max: told.values.length + 0.5, steps: [1, 2, 5, 10], write: String },
    y: { name: "", values: lines.flatMap((line) => line.points.map(([, value]) => value)), write: digits },
    lines,
    marks: told.values.map((value, index) => ({ key: index, x: index + 1, y: value, status: "curve-point", words: words(value, index) })),
  });
}
