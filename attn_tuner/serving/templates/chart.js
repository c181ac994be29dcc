// Draws a chart with axes, ticks, names, lines and marks, in the pixels that its box has.

import { draw, make } from "./dom.js";
import { rove } from "./roving.js";
import { describe, hideTip } from "./tip.js";

const HEIGHT = 260;
const EDGE = { left: 54, right: 14, top: 14, bottom: 40 };
const SIZE = 4.5; // Pixels from the middle of a mark to its edge.

// About `count` round numbers from low to high.
export function ticks(low, high, count, steps = [1, 2, 2.5, 5, 10]) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = steps.map((each) => each * power).find((each) => each >= rough * 0.999);
  const found = [];
  for (let value = Math.ceil(low / step - 1e-9) * step; value <= high + step * 1e-9; value += step) {
    found.push(Number(value.toPrecision(12)));
  }
  return found;
}

export function shape(status, x, y) {
  const s = SIZE;
  const className = `point ${status}`;
  switch (status) {
    case "pruned":
      return draw("path", { class: className, d: `M${x - s} ${y - s}H${x + s}L${x} ${y + s}Z` });
    case "cut":
      return draw("rect", { class: className, x: x - s + 0.5, y: y - s + 0.5, width: 2 * s - 1, height: 2 * s - 1 });
    case "failed":
    case "infeasible":
      return draw("path", { class: className, d: `M${x - s} ${y - s}L${x + s} ${y + s}M${x + s} ${y - s}L${x - s} ${y + s}` });
    default:
      return draw("circle", { class: className, cx: x, cy: y, r: s });
  }
}

function extent(values, padding) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || Math.abs(high) * 0.1 || 1) * padding;
  return [low - room, high + room];
}

// chart: {title, x: {name, max, ticks, write}, y: {name, values, write},
//         lines: [{class, points, steps, label}], marks: [{key, x, y or null, status, words}]}
export class Chart {
  constructor(box) {
    this.box = box;
    this.width = 0;
    this.drawn = "";
    this.focused = null;
    new ResizeObserver(() => {
      if (this.given && Math.abs(box.clientWidth - this.width) > 1) {
        this.drawn = "";
        this.show(this.given);
      }
    }).observe(box);
  }

  show(given) {
    this.given = given;
    const facts = JSON.stringify(given);
    if (facts === this.drawn || !this.box.clientWidth) {
      return;
    }
    this.drawn = facts;
    this.width = this.box.clientWidth;
    hideTip();
    const focused = this.box.contains(document.activeElement) && document.activeElement.dataset.key;
    this.box.replaceChildren(this.svg(given), this.legend(given));
    if (focused) {
      this.box.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    }
  }

  svg({ title, x, y, lines, marks }) {
    const svg = draw("svg", { viewBox: `0 0 ${this.width} ${HEIGHT}`, height: HEIGHT, role: "group", "aria-label": title });
    const [bottom, right] = [HEIGHT - EDGE.bottom, this.width - EDGE.right];
    const [low, high] = extent(y.values, 0.08);
    const toX = (value) => EDGE.left + ((right - EDGE.left) * value) / x.max;
    const toY = (value) => bottom - ((bottom - EDGE.top) * (value - low)) / (high - low);
    for (const value of ticks(low, high, 6)) {
      svg.append(draw("line", { class: "grid", x1: EDGE.left, x2: right, y1: toY(value), y2: toY(value) }));
      svg.append(draw("text", { x: EDGE.left - 8, y: toY(value) + 4, "text-anchor": "end" }, y.write(value)));
    }
    const across = Math.max(2, Math.min(6, Math.floor(this.width / 90)));
    for (const value of ticks(0, x.max, across, x.steps)) {
      svg.append(draw("line", { class: "axis", x1: toX(value), x2: toX(value), y1: bottom, y2: bottom + 4 }));
      svg.append(draw("text", { x: toX(value), y: bottom + 17, "text-anchor": "middle" }, x.write(value)));
    }
    svg.append(draw("line", { class: "axis", x1: EDGE.left, x2: right, y1: bottom, y2: bottom }));
    svg.append(draw("text", { class: "name", x: right, y: HEIGHT - 4, "text-anchor": "end" }, x.name));
    svg.append(draw("text", { class: "name", x: 0, y: 8 }, y.name));
    for (const line of lines) {
      svg.append(draw("path", { class: line.class, d: this.path(line, toX, toY) }));
    }
    const placed = marks.map((mark) => this.mark(mark, toX(mark.x), mark.y === null ? bottom - SIZE - 2 : toY(mark.y)));
    svg.append(...placed);
    if (placed.length) {
      rove(svg, placed);
    }
    return svg;
  }

  path({ points, steps }, toX, toY) {
    return points.map(([x, y], index) => {
      if (index === 0) {
        return `M${toX(x)} ${toY(y)}`;
      }
      return steps ? `H${toX(x)}V${toY(y)}` : `L${toX(x)} ${toY(y)}`;
    }).join("");
  }

  mark({ key, status, words }, x, y) {
    const hit = draw("circle", { class: "hit", cx: x, cy: y, r: 11 });
    const node = draw("g", { class: "mark", role: "img", "data-key": key, "aria-label": words }, hit, shape(status, x, y));
    describe(node, () => words);
    return node;
  }

  legend({ lines, marks, names }) {
    const list = make("ul", { class: "legend" });
    const add = (node, label) => {
      const svg = draw("svg", { viewBox: "0 0 18 14", "aria-hidden": "true" }, node);
      list.append(make("li", {}, svg, label));
    };
    for (const line of lines.filter((each) => each.label)) {
      add(draw("path", { class: line.class, d: "M0 7H18" }), line.label);
    }
    for (const [status, label] of Object.entries(names || {})) {
      if (marks.some((each) => each.status === status)) {
        add(shape(status, 9, 7), label);
      }
    }
    return list;
  }
}
