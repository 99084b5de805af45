"use strict";

// A browser does not let a page fetch its neighbours from the disk: there, search shows titles without extracts.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// A licence that is open closes when one presses Escape or a place outside of it.
const closeLicence = (event) => {
  for (const licence of document.querySelectorAll("details.licence[open]")) {
    if (event.key === "Escape") licence.querySelector("summary").focus();
    if (event.key === "Escape" || !event.key && !licence.contains(event.target)) licence.open = false;
  }
};
addEventListener("keydown", closeLicence);
addEventListener("click", closeLicence);

// One switch shows and hides all code of the book. It is remembered where the browser allows it; the head of the page
// (booktools/site/where.py) opens the folds before they are painted.
const root = document.documentElement;
const remember = (key, value) => {
  try { localStorage.setItem(key, value); } catch { /* private window: this page only */ }
};
const button = document.querySelector(".code-switch");
if (button && document.querySelector("details.how")) {
  const set = (shown) => {
    root.dataset.code = shown ? "shown" : "hidden";
    button.setAttribute("aria-pressed", String(shown));
    for (const fold of document.querySelectorAll("details.how")) fold.open = shown;
  };
  button.setAttribute("aria-pressed", String(root.dataset.code === "shown"));
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = root.dataset.code !== "shown";
    const before = button.getBoundingClientRect().top;
    set(shown);
    remember("code", shown ? "shown" : "hidden");
    scrollBy(0, button.getBoundingClientRect().top - before);
  });
}

// A link into a fold opens it.
const openTarget = () => {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let fold = target && target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
};
openTarget();
window.addEventListener("hashchange", openTarget);

// The pictures of a slider come with radio buttons, which work without a script. Here one range takes their place:
// it follows mouse, touch and keys.
for (const slider of document.querySelectorAll("figure.frames")) {
  const radios = [...slider.querySelectorAll(".frames-input")];
  const range = Object.assign(document.createElement("input"), {
    type: "range", className: "frames-range", min: 0, max: radios.length - 1, step: 1,
    value: Math.max(0, radios.findIndex((radio) => radio.checked)),
  });
  range.setAttribute("aria-label", slider.getAttribute("aria-label"));
  const show = () => {
    radios[range.value].checked = true;
    range.setAttribute("aria-valuetext", radios[range.value].getAttribute("aria-label"));
  };
  range.addEventListener("input", show);
  radios[0].before(range);
  for (const radio of radios) radio.hidden = true;
  show();
}
