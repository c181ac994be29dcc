// One tooltip for all of the page, shown by pointer and by keyboard focus.

import { make } from "./dom.js";

const GAP = 8;
const tip = make("div", { class: "tip", id: "tip", role: "tooltip", hidden: true });
document.querySelector("main").append(tip);

function place(target) {
  const box = target.getBoundingClientRect();
  const [width, height] = [tip.offsetWidth, tip.offsetHeight];
  const left = Math.min(Math.max(GAP, box.left + box.width / 2 - width / 2), innerWidth - width - GAP);
  const above = box.top - height - GAP;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > 0 ? above : box.bottom + GAP}px`;
}

export function hideTip() {
  tip.hidden = true;
}

export function describe(target, words) {
  const show = () => {
    tip.textContent = words();
    tip.hidden = false;
    place(target);
  };
  target.addEventListener("pointerenter", show);
  target.addEventListener("focus", show);
  target.addEventListener("pointerleave", hideTip);
  target.addEventListener("blur", hideTip);
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    hideTip();
  }
});
addEventListener("scroll", hideTip, { capture: true, passive: true });
