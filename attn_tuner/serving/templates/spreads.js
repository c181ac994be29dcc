// Draws how something is spread among the validation texts and among new ones: a pair of bars each.

import { make } from "./dom.js";
import { percent } from "./format.js";

function bar(kind, share) {
  const node = make("span", { class: kind });
  node.style.width = `${(100 * share).toFixed(1)}%`;
  return node;
}

export function legend() {
  const mark = (kind) => make("span", { class: `swatch ${kind}`, "aria-hidden": "true" });
  return make("ul", { class: "legend" },
    make("li", {}, mark("was"), "validation texts"),
    make("li", {}, mark("now"), "new texts"));
}

export function spread({ name, bins, before, now }) {
  const most = Math.max(...before, ...now);
  const list = make("dl", { class: "bars" });
  bins.forEach((bin, place) => {
    const pair = make("div", { class: "pair", "aria-hidden": "true" },
      bar("was", before[place] / most), bar("now", now[place] / most));
    const said = `${percent(before[place])} → ${percent(now[place])}`;
    list.append(make("div", {}, make("dt", {}, bin), make("dd", {}, pair), make("dd", { class: "share" }, said)));
  });
  const title = name[0].toUpperCase() + name.slice(1);
  return make("figure", {}, make("figcaption", {}, `${title}, share of the texts`), list);
}
