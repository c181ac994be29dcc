// Draws a series: a line for each feature, the attention on its steps, the importance of its values.

import { bars } from "./bars.js";
import { draw, make } from "./dom.js";
import { percent } from "./format.js";

const [WIDTH, LINE, STRIP, EDGE] = [1000, 90, 36, 5]; // Units: of a line, and of the importance below it.
const HEIGHT = LINE + STRIP;
const MOST_POINTS = 500;
const MOST_FEATURES = 6;
const PARTS = 10; // Rows of the table.

const sum = (values) => values.reduce((total, each) => total + each, 0);
const digits = (value) => (value === null ? "missing" : String(Number(value.toPrecision(4))));
const signed = (value) => `${value < 0 ? "−" : "+"}${digits(Math.abs(value))}`;

// Edges of up to `most` stretches of steps of like length.
function edges(steps, most) {
  const count = Math.min(steps, most);
  return Array.from({ length: count + 1 }, (_, index) => Math.round((index * steps) / count));
}

function over(limits, total) {
  return limits.slice(1).map((end, index) => total(limits[index], end));
}

class Drawing {
  constructor(told) {
    this.told = told;
    this.steps = told.series.length;
    this.limits = edges(this.steps, MOST_POINTS);
    this.attended = told.attention.length > 0;
    this.toX = (step) => (WIDTH * step) / this.steps;
  }

  column(feature) {
    return this.told.series.map((step) => step[feature]);
  }

  // The share of each feature in the importance of all, whatever its sign.
  shares() {
    const all = this.told.features.map((_, feature) => sum(this.told.importance.map((step) => Math.abs(step[feature]))));
    const total = sum(all);
    return all.map((each) => (total > 0 ? each / total : 0));
  }

  importanceBins(feature) {
    const { importance } = this.told;
    return over(this.limits, (begin, end) => sum(importance.slice(begin, end).map((step) => step[feature])));
  }

  attentionBars() {
    const { attention } = this.told;
    const bins = over(this.limits, (begin, end) => sum(attention.slice(begin, end)) / (end - begin));
    const most = Math.max(...bins);
    return bins.flatMap((weight, index) => {
      const [begin, end] = [this.limits[index], this.limits[index + 1]];
      const opacity = most > 0 ? weight / most : 0;
      return opacity < 0.02 ? [] : [draw("rect", {
        class: "attended", x: this.toX(begin), y: 0, width: this.toX(end) - this.toX(begin), height: LINE, opacity: opacity.toFixed(2),
      })];
    });
  }

  // Lines between values that are there; a value alone is a short line.
  lines(values, low, high) {
    const toY = (value) => (high > low ? LINE - EDGE - ((LINE - 2 * EDGE) * (value - low)) / (high - low) : LINE / 2);
    const parts = [];
    let part = [];
    const end = () => {
      if (part.length) {
        parts.push(part.length > 1 ? part : [[part[0][0] - 2, part[0][1]], [part[0][0] + 2, part[0][1]]]);
      }
      part = [];
    };
    for (const step of this.limits.slice(0, -1)) {
      if (values[step] === null) {
        end();
      } else {
        part.push([this.toX(step + 0.5), toY(values[step])]);
      }
    }
    end();
    return parts.map((each) => draw("polyline", { class: "values", points: each.map((point) => point.map((at) => at.toFixed(1)).join(",")).join(" ") }));
  }

  importanceBars(bins, most) {
    const middle = LINE + STRIP / 2;
    return bins.flatMap((value, index) => {
      const height = most > 0 ? (Math.abs(value) / most) * (STRIP / 2 - 1) : 0;
      const [begin, end] = [this.limits[index], this.limits[index + 1]];
      return height < 0.2 ? [] : [draw("rect", {
        class: value > 0 ? "for" : "against", x: this.toX(begin), y: value > 0 ? middle - height : middle, width: this.toX(end) - this.toX(begin), height,
      })];
    });
  }

  figure(feature, share, bins, most) {
    const name = this.told.features[feature];
    const values = this.column(feature);
    const there = values.filter((value) => value !== null);
    const [low, high] = [Math.min(...there), Math.max(...there)];
    const range = there.length ? `${digits(low)} to ${digits(high)}` : "no value";
    const part = share === null ? "" : `; ${percent(share)} of the importance`;
    const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${bins ? HEIGHT : LINE}`, preserveAspectRatio: "none", role: "img", "aria-label": `${name} over ${this.steps} steps, ${range}` });
    svg.append(...(this.attended ? this.attentionBars() : []), ...this.lines(values, low, high));
    if (bins) {
      const middle = LINE + STRIP / 2;
      svg.append(draw("line", { class: "middle", x1: 0, x2: WIDTH, y1: middle, y2: middle }), ...this.importanceBars(bins, most));
    }
    const cursor = draw("line", { class: "cursor", y1: 0, y2: bins ? HEIGHT : LINE });
    svg.append(cursor);
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      this.show(Math.floor((this.steps * (event.clientX - box.left)) / box.width));
    });
    this.cursors.push(cursor);
    return make("figure", { class: bins ? "feature important" : "feature" }, make("figcaption", {}, make("span", { class: "kind" }, name), ` ${range}${part}`), svg);
  }

  words(step) {
    const { told } = this;
    const values = told.features.slice(0, MOST_FEATURES).map((name, feature) => {
      const weight = told.importance ? ` (importance ${signed(told.importance[step][feature])})` : "";
      return `${name} ${digits(told.series[step][feature])}${told.series[step][feature] === null ? "" : weight}`;
    });
    const attention = this.attended ? `attention ${percent(told.attention[step])}; ` : "";
    return `Step ${step + 1} of ${this.steps}: ${attention}${values.join(", ")}`;
  }

  show(step) {
    const kept = Math.min(Math.max(step, 0), this.steps - 1);
    const x = this.toX(kept + 0.5);
    for (const cursor of this.cursors) {
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
    }
    this.slider.value = kept + 1;
    const words = this.words(kept);
    this.slider.setAttribute("aria-valuetext", words);
    this.readout.textContent = words;
  }

  table(drawn) {
    const { told } = this;
    const heads = ["steps", ...(this.attended ? ["attention"] : []), ...drawn.flatMap((feature) => [told.features[feature], ...(told.importance ? [`importance of ${told.features[feature]}`] : [])])];
    const limits = edges(this.steps, PARTS);
    const rows = over(limits, (begin, end) => {
      const cells = drawn.flatMap((feature) => {
        const there = told.series.slice(begin, end).map((step) => step[feature]).filter((value) => value !== null);
        const mean = there.length ? digits(sum(there) / there.length) : "missing";
        return [mean, ...(told.importance ? [signed(sum(told.importance.slice(begin, end).map((step) => step[feature])))] : [])];
      });
      const attention = this.attended ? [percent(sum(told.attention.slice(begin, end)))] : [];
      return [`${begin + 1} to ${end}`, ...attention, ...cells];
    });
    const table = make("table", {},
      make("thead", {}, make("tr", {}, ...heads.map((head, index) => make("th", { scope: "col", class: index ? "number" : "" }, head)))),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell, index) => make("td", { class: index ? "number" : "" }, cell))))));
    return make("details", {}, make("summary", {}, "As a table"), make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "The series as a table" }, table));
  }

  legend(kind) {
    const up = kind === "number" ? ["raises the answer", "lowers the answer"] : ["speaks for the answer", "speaks against the answer"];
    const entry = (name, words) => make("li", {}, draw("svg", { viewBox: "0 0 18 14", "aria-hidden": "true" }, draw("rect", { class: name, x: 1, y: 2, width: 16, height: 10 })), words);
    const shown = [];
    if (this.attended) {
      shown.push(entry("attended", "attention of a step"));
    }
    if (this.told.importance) {
      shown.push(entry("for", `bar up: the value ${up[0]}`), entry("against", `bar down: the value ${up[1]}`));
    }
    return make("ul", { class: "legend" }, ...shown);
  }

  nodes(kind) {
    const { told } = this;
    const shares = told.importance ? this.shares() : null;
    const order = [...told.features.keys()].sort((a, b) => (shares ? shares[b] - shares[a] : 0) || a - b);
    const drawn = order.slice(0, MOST_FEATURES).sort((a, b) => a - b);
    const bins = new Map(drawn.map((feature) => [feature, told.importance ? this.importanceBins(feature) : null]));
    const most = told.importance ? Math.max(...[...bins.values()].flat().map(Math.abs)) : 0;
    this.cursors = [];
    this.slider = make("input", { type: "range", min: 1, max: this.steps, value: 1, "aria-label": "Step of the series" });
    this.readout = make("p", { class: "hint" });
    this.slider.addEventListener("input", () => this.show(Number(this.slider.value) - 1));
    const figures = drawn.map((feature) => this.figure(feature, shares && shares[feature], bins.get(feature), most));
    const left = told.features.length - drawn.length;
    const more = left > 0 ? [make("p", { class: "hint" }, `The ${shares ? `${drawn.length} most important` : `first ${drawn.length}`} of ${told.features.length} features are drawn.`)] : [];
    const sorted = shares && told.features.length > 1 ? [
      make("h3", {}, "Importance of each feature"), bars(Object.fromEntries(told.features.map((name, feature) => [name, shares[feature]])), told.features[order[0]]),
    ] : [];
    this.show(this.attended ? told.attention.indexOf(Math.max(...told.attention)) : 0);
    return [make("h3", {}, "The series"), this.legend(kind), ...figures, this.slider, this.readout, ...more, ...sorted, this.table(drawn)];
  }
}

// told: an answer of /explain.
export function drawSeries(box, told, kind) {
  box.replaceChildren(...new Drawing(told).nodes(kind));
}
