// Draws probabilities as bars, each with a mark of what it was before words were taken away.

import { make } from "./dom.js";
import { percent } from "./format.js";

const MOST = 12;

export function bars(probabilities, label, before) {
  const list = make("dl", { class: "bars" });
  const sorted = Object.entries(before || probabilities).sort((a, b) => b[1] - a[1]).slice(0, MOST);
  for (const [name] of sorted) {
    const share = probabilities[name];
    const fill = make("span", { class: "fill" });
    fill.style.width = percent(share).replace(" ", "");
    const track = make("div", { class: "track", "aria-hidden": "true" }, fill);
    let said = percent(share);
    if (before) {
      const mark = make("span", { class: "before" });
      mark.style.left = percent(before[name]).replace(" ", "");
      track.append(mark);
      said = `${percent(before[name])} → ${said}`;
    }
    list.append(
      make("div", { class: name === label ? "top" : "" },
        make("dt", {}, name), make("dd", {}, track), make("dd", { class: "share" }, said)),
    );
  }
  return list;
}
