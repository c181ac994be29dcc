// Ends the search with its best model so far, once the visitor has confirmed it.

import { at } from "./dom.js";
import { post } from "./server.js";

// The page of a server that others reach does not know the token; its owner's address does.
const token = document.querySelector("meta[name=stop-token]").content || location.hash.slice(1);

let shown = "";

export function showStop(state) {
  at("stop").hidden = state !== "running" || !token;
  if (state === "ending") {
    at("ending").textContent = "The search is ending: the best model so far is tested and exported.";
  } else if (state !== "running") {
    at("ending").textContent = state === "ended" ? "" : "No search runs here now; the same command continues it.";
    at("confirm").close();
  } else if (!shown) {
    at("ending").textContent = "The model can be tried here once the search has ended.";
  }
  shown = state;
}

at("stop").addEventListener("click", () => at("confirm").showModal());
at("confirm-no").addEventListener("click", () => at("confirm").close());
at("confirm-yes").addEventListener("click", async () => {
  at("confirm").close();
  try {
    const { said } = await post("stop", {}, { headers: { "X-Stop-Token": token } });
    at("stop").hidden = true;
    at("ending").textContent = said;
  } catch (error) {
    at("ending").textContent = error.message;
  }
});
