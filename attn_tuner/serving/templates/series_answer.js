// Shows the answer to a series: the label or number, the forecast, and where it comes from.

import { doubts, title } from "./answer.js";
import { bars } from "./bars.js";
import { at, make, say } from "./dom.js";
import { showForecast } from "./forecast.js";
import { percent, plural } from "./format.js";
import { drawSeries } from "./series_drawing.js";

// told: an answer of /explain; example: what is known of the series, or null.
export function showSeries(told, kind, example) {
  const truth = example ? example.truth : "";
  const forecast = told.values !== undefined;
  const shown = [];
  if (forecast) {
    const steps = told.values.length;
    shown.push(make("p", { class: "label" }, `${plural(steps, "number")}${told.quantiles ? " with quantiles" : ""}`));
  } else {
    shown.push(title(told, truth, kind));
  }
  if (told.probabilities) {
    shown.push(bars(told.probabilities, told.label));
  }
  shown.push(...doubts(told, "series"));
  if (told.left_out) {
    shown.push(make("p", { class: "hint" }, `${plural(told.left_out, "step")} beyond the length limit of the encoder were not read by it.`));
  }
  at("answer").replaceChildren(...shown);
  if (forecast) {
    const box = make("div", { class: "chart" });
    at("answer").append(box);
    showForecast(box, told, example ? example.values : []);
  }
  drawSeries(at("drawing"), told, kind);
  say(forecast ? `${plural(told.values.length, "number")}` : `${told.label}${kind === "class" ? ` ${percent(told.probability)}` : ""}`);
}
