// Lets arrow keys move between many small things that share one stop of the Tab key.
// See "Roving tabindex" in the ARIA Authoring Practices Guide.

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export function rove(box, items) {
  const stop = (chosen) => {
    for (const item of items) {
      item.setAttribute("tabindex", item === chosen ? "0" : "-1");
    }
  };
  stop(items[0]);
  for (const item of items) {
    item.addEventListener("focus", () => stop(item));
  }
  box.addEventListener("keydown", (event) => {
    const from = items.indexOf(document.activeElement);
    let to = from + (STEPS[event.key] || 0);
    if (event.key === "Home" || event.key === "End") {
      to = event.key === "Home" ? 0 : items.length - 1;
    }
    if (from >= 0 && to !== from && items[to]) {
      event.preventDefault();
      items[to].focus();
    }
  });
}
