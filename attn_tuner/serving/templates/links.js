// Links to what a search leaves: the report, the export, its README.

import { at, make } from "./dom.js";

let shown = "";

export function showLinks(told) {
  const facts = JSON.stringify([told.state, told.export]);
  if (facts === shown) {
    return;
  }
  shown = facts;
  const link = (href, words) => make("a", { href }, words);
  const links = told.points.length ? [link("report", "Report")] : [];
  if (told.export) {
    const size = told.export.megabytes ? ` (${told.export.megabytes.toFixed(1)} MB)` : "";
    links.push(link("export.zip", `Download the export${size}`));
    if (told.export.readme) {
      links.push(link("export/README.md", "How to use it"));
    }
    links.push(make("code", {}, told.export.folder));
  }
  at("links").replaceChildren(...links);
}
