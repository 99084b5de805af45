// The handles of a laboratory, as data; their HTML; and what a text from an address may be as their value.

import { escaped } from "./plot.js";

// A number: `show` says it in words, `play` runs through it in so many seconds when the reader asks.
export const range = (name, label, { from, to, step = 1, value, show = null, play = 0 }) => ({ type: "range", name, label, from, to, step, value, show, play });
// One of `choices`, pairs of a name and words.
export const choice = (name, label, choices, value = choices[0][0]) => ({ type: "choice", name, label, choices, value });
export const check = (name, label, value = false) => ({ type: "check", name, label, value });
// A line of text of at most `longest` characters.
export const words = (name, label, { value, longest = 80 }) => ({ type: "words", name, label, value, longest });
// A button: it calls the laboratory's `act`, and has no value; its label may be a function of the laboratory's data.
export const action = (name, label) => ({ type: "action", name, label });

const decimals = (step) => (String(step).split(".")[1] ?? "").length;
const told = (control, value) => (control.show ? control.show(value) : Number(value).toFixed(decimals(control.step)).replace("-", "−"));

// The nearest allowed value to `given`, which may be anything; its own value where `given` is nothing of the kind.
export const allowed = (control, given) => {
  if (control.type === "range") {
    const asked = typeof given === "number" || (typeof given === "string" && given.trim() !== "") ? Number(given) : NaN;
    if (!Number.isFinite(asked)) return control.value;
    const steps = Math.round((asked - control.from) / control.step);
    const inside = Math.min(Math.max(steps, 0), Math.round((control.to - control.from) / control.step));
    return Number((control.from + inside * control.step).toFixed(decimals(control.step)));
  }
  if (control.type === "choice") return control.choices.some(([name]) => name === given) ? given : control.value;
  if (control.type === "check") return given === true || given === "1";
  if (control.type === "words") return typeof given === "string" ? given.normalize("NFC").replace(/[\p{Cc}\p{Cf}]/gu, " ").slice(0, control.longest) : control.value;
  return undefined;
};

// The state of a laboratory: a value for each control, `given` where it is allowed.
export const state = (lab, given = {}) => Object.fromEntries(
  lab.controls.filter((each) => each.type !== "action").map((each) => [each.name, Object.hasOwn(given, each.name) ? allowed(each, given[each.name]) : each.value]),
);

// The HTML of a control, with `id` of the whole laboratory; without a script it is not shown.
export const html = (control, id, value, model = null) => {
  const own = `id="${id}-${control.name}" name="${control.name}"`;
  const label = `<label for="${id}-${control.name}">${escaped(control.label)}</label>`;
  if (control.type === "action") return `<button type="button" class="lab-action" ${own}>${escaped(control.label instanceof Function ? control.label(model) : control.label)}</button>`;
  if (control.type === "check") return `<span class="lab-control check"><input type="checkbox" ${own}${value ? " checked" : ""}>${label}</span>`;
  if (control.type === "choice") {
    const options = control.choices.map(([name, said]) => `<option value="${escaped(name)}"${name === value ? " selected" : ""}>${escaped(said)}</option>`);
    return `<span class="lab-control">${label}<select ${own}>${options.join("")}</select></span>`;
  }
  if (control.type === "words") return `<span class="lab-control wide">${label}<input type="text" ${own} value="${escaped(value)}" maxlength="${control.longest}" autocomplete="off" spellcheck="false"></span>`;
  const play = control.play ? `<button type="button" class="lab-play" data-plays="${control.name}" aria-pressed="false" aria-label="Play through ${escaped(control.label)}">▶</button>` : "";
  const slider = `<input type="range" ${own} min="${control.from}" max="${control.to}" step="${control.step}" value="${value}">`;
  return `<span class="lab-control">${label}${play}${slider}<output for="${id}-${control.name}">${escaped(told(control, value))}</output></span>`;
};

export const read = (control, element) => allowed(control, control.type === "check" ? element.checked : element.value);

// Set an element to a value, and say it beside a slider.
export const write = (control, element, value) => {
  if (control.type === "check") element.checked = value;
  else if (element.value !== String(value)) element.value = value;
  if (control.type !== "range") return;
  element.nextElementSibling.textContent = told(control, value);
  element.setAttribute("aria-valuetext", told(control, value));
};
