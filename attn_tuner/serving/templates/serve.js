"use strict";
const REFRESH_MS = 2000;
const LEVELS = 9;
const at = (id) => document.getElementById(id);

// Only textContent is ever set: what comes from outside is shown, never run.
function make(tag, words = "", ...children) {
  const node = document.createElement(tag);
  node.textContent = words;
  node.append(...children);
  return node;
}

async function post(path, body) {
  const reply = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const given = await reply.json();
  if (!reply.ok) {
    throw new Error(given.error || `The server answered ${reply.status}.`);
  }
  return given;
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

function highlighted(segments) {
  const line = make("p");
  line.className = "words";
  for (const [segment, strength] of segments) {
    const level = strength === null ? 0 : Math.round(LEVELS * strength);
    if (level === 0) {
      line.append(segment);
      continue;
    }
    const mark = make("mark", segment);
    mark.className = `w${level}`;
    line.append(mark);
  }
  return line;
}

function bars(probabilities) {
  const list = make("dl");
  list.className = "bars";
  const sorted = Object.entries(probabilities).sort((a, b) => b[1] - a[1]).slice(0, 12);
  for (const [name, share] of sorted) {
    const meter = make("meter");
    meter.max = 1;
    meter.value = share;
    meter.setAttribute("aria-label", name);
    list.append(make("dt", name), make("dd", "", meter, ` ${percent(share)}`));
  }
  return list;
}

let asked = 0;
async function ask() {
  const text = at("text").value;
  asked += 1;
  const mine = asked;
  if (!text.trim()) {
    at("answer").replaceChildren();
    return;
  }
  let shown;
  try {
    const { answers: [told] } = await post("explain", { text });
    const words = [...told.tokens].sort((a, b) => b.weight - a.weight).slice(0, 4);
    const most = words.map((each) => `${each.token} ${percent(each.weight)}`).join(", ");
    const head = make("p", told.label);
    head.className = "label";
    shown = [head, bars(told.probabilities), highlighted(told.segments)];
    if (told.rows.length && most) {
      shown.push(make("p", `Most attended: ${most}`));
    }
    if (told.left_out) {
      shown.push(make("p", `${told.left_out} tokens beyond the length limit were not read.`));
    }
  } catch (error) {
    const note = make("p", error.message);
    note.className = "problem";
    shown = [note];
  }
  if (mine === asked) {
    at("answer").replaceChildren(...shown);
  }
}

let waiting;
at("text").addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(ask, 350);
});
at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(waiting);
  ask();
});

function duration(seconds) {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m ${whole % 60}s`;
}

function drawLine(times) {
  const svg = at("line");
  svg.replaceChildren();
  if (times.length === 0) {
    return;
  }
  const scores = times.flatMap((each) => [each.score, each.best]);
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  const end = Math.max(...times.map((each) => each.ended), 1);
  const x = (each) => 8 + 584 * each.ended / end;
  const y = (score) => 150 - 140 * (high === low ? 0.5 : (score - low) / (high - low));
  const draw = (tag, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) {
      node.setAttribute(name, value);
    }
    svg.append(node);
  };
  let path = "";
  times.forEach((each, place) => {
    path += place ? `H${x(each)}V${y(each.best)}` : `M${x(each)} ${y(each.best)}`;
    draw("circle", { cx: x(each), cy: y(each.score), r: 3.5 });
  });
  draw("path", { d: path });
  at("scale").textContent = `From ${low.toFixed(4)} (bottom) to ${high.toFixed(4)} (top) over ${duration(end)}; the line is the best so far.`;
}

function show(told) {
  document.title = `${told.source}: attn-tuner`;
  at("source").textContent = told.source;
  at("sentence").textContent = told.sentence;
  at("objective").textContent = told.objective;
  const limit = told.allowed ? ` of ${duration(told.allowed)}` : "";
  const state = told.finished ? "ended" : told.running.length ? `running trial ${told.running.join(", ")}` : "running";
  at("progress").textContent = `${told.trials} ${told.trials === 1 ? "trial" : "trials"}, ${state}; ${duration(told.spent)}${limit}.`;
  at("rows").replaceChildren(...told.rows.map((row) => {
    const cells = [
      row.trial, row.model, row.score.toFixed(4), row.seconds.toFixed(1),
      row.parameters.toLocaleString("en"), row.status,
    ];
    return make("tr", "", ...cells.map((cell) => make("td", cell)));
  }));
  drawLine(told.times);
}

async function refresh() {
  let finished = false;
  try {
    const reply = await fetch("status");
    const told = await reply.json();
    if (reply.ok) {
      show(told);
      finished = told.finished;
    } else {
      at("sentence").textContent = told.error;
    }
  } catch {
    at("progress").textContent = "The server does not respond.";
  }
  setTimeout(refresh, finished ? 5 * REFRESH_MS : REFRESH_MS);
}
refresh();
