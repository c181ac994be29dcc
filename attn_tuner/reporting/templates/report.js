"use strict";
const plots = JSON.parse(document.getElementById("plots").textContent);
const nodes = [...document.querySelectorAll("[data-plot]")];
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function themed(layout, width) {
  const [ink, line] = [colour("--ink"), colour("--line")];
  const axis = (given) => ({ ...given, gridcolor: line, zerolinecolor: line, linecolor: line });
  return {
    ...layout,
    width,
    autosize: width === undefined,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: ink, size: 12, family: getComputedStyle(document.body).fontFamily },
    xaxis: axis(layout.xaxis),
    yaxis: axis(layout.yaxis),
    annotations: (layout.annotations || []).map((note) => ({ ...note, bgcolor: colour("--paper") })),
    shapes: (layout.shapes || []).map((shape) => ({ ...shape, line: { color: line, width: 1 } })),
  };
}

function draw(width) {
  for (const node of nodes) {
    const { data, layout } = plots[node.dataset.plot];
    const config = { responsive: true, displayModeBar: false, staticPlot: width !== undefined };
    Plotly.react(node, data, themed(layout, width), config);
  }
}

draw();
dark.addEventListener("change", () => draw());
window.addEventListener("beforeprint", () => {
  document.documentElement.dataset.theme = "light";
  for (const each of document.querySelectorAll("details")) {
    each.dataset.was = each.open;
  }
  draw(640);
});
window.addEventListener("afterprint", () => {
  delete document.documentElement.dataset.theme;
  draw();
});

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const code = button.parentElement.querySelector("pre").textContent;
    let done = "Copied";
    try {
      await navigator.clipboard.writeText(code);
    } catch {
      getSelection().selectAllChildren(button.parentElement.querySelector("pre"));
      done = "Selected: press Ctrl-C";
    }
    button.textContent = done;
    setTimeout(() => { button.textContent = "Copy"; }, 2500);
  });
}

const texts = [...document.querySelectorAll("article.text")];
const filters = document.getElementById("filters");
if (filters) {
  const words = texts.map((each) => each.querySelector(".words").textContent.toLowerCase());
  const count = document.getElementById("count");
  const sieve = () => {
    const { kind, truth, search } = Object.fromEntries(new FormData(filters));
    const wanted = search.trim().toLowerCase();
    let left = 0;
    texts.forEach((each, place) => {
      const fits = (!kind || each.dataset.kind === kind)
        && (!truth || each.dataset.truth === truth)
        && words[place].includes(wanted);
      each.hidden = !fits;
      left += fits;
    });
    count.textContent = `${left} of ${texts.length} texts`;
  };
  filters.addEventListener("input", sieve);
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.hidden = false;
  sieve();
}
document.documentElement.dataset.ready = "true";
