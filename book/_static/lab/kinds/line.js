// A reader breaks a line of a derivation, or states one: the engine says whether it passes, or which rule refuses it and
// where it fails. A line is data for the engine, and what the engine says is text here.

import { shared } from "../shell/python.js";
import { formula } from "../shell/formula.js";

const SECONDS = 120;
const make = (tag, values = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), values);
  made.append(...children);
  return made;
};

export const told = ({ kind, message, beside, permits }) => {
  if (kind === "passes") return `It passes: ${beside}.`;
  const words = (message ?? "").replace(/^step '.*?', justification '(.*?)': /, (_, justification) => `By the rule “${justification}”: `);
  const heads = { refuted: "Refuted. ", undecided: "Not proved. " };
  return `${heads[kind] ?? "Refused. "}${permits ? `${words.replace(/\.?$/, ".")} This rule may only ${permits}.` : words}`;
};

// What beside a line stands after a check; `line` is what the engine says of it, if it came so far.
export const verdict = (line) => {
  if (!line) return ["", ""];
  if (line.kind === "passes") return line.checked ? ["passes", `Passes: ${line.beside}`] : ["", ""];
  return [line.kind, told(line)];
};

export const mount = (root) => {
  const form = root.querySelector("form");
  if (!form) return { open: () => {} };
  const { page, size } = form.dataset, python = shared(), box = form.querySelector("input"), by = form.querySelector("select"), button = form.querySelector("button");
  const said = root.querySelector(".lab-said"), read = root.querySelector(".lab-read"), offer = button.textContent;
  let heard = () => {};

  const say = (words, kind = "") => { said.textContent = words; root.dataset.verdict = kind; };
  python.listen(({ state, bytes }) => {
    button.textContent = python.isReady() ? "Ask" : offer;
    if (state === "loading") heard(`Loading: ${Math.min(99, Math.round((100 * bytes) / size))} % of ${Math.round(size / 2 ** 20)} MB …`);
    if (state === "starting") heard("Starting …");
  });
  if (python.isReady()) button.textContent = "Ask";

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    heard = (words) => say(words);
    try {
      say(python.isReady() ? "Checking …" : "Loading …");
      const answer = await python.ask({ what: "state", page, text: box.value, by: by.value }, SECONDS);
      await formula(read, answer.latex);
      say(told(answer), answer.kind);
    } catch (error) {
      say(error.message, "failed");
    } finally {
      button.disabled = false;
      heard = () => {};
    }
  });
  for (const handle of [box, by]) handle.addEventListener("input", () => { if (root.dataset.verdict) say(""); });

  // The lines of one block, beneath it.
  const open = async (tag, block, opener) => {
    const known = document.getElementById(`break-${tag}`);
    if (known) { known.remove(); opener.setAttribute("aria-expanded", "false"); return; }
    const note = make("p", { className: "said", textContent: "Loading …" });
    note.setAttribute("role", "status");
    const panel = make("div", { id: `break-${tag}`, className: "breaking" }, note);
    opener.closest(".marks").before(panel);
    opener.setAttribute("aria-expanded", "true");
    heard = (words) => { note.textContent = words; };
    try {
      const shown = await python.ask({ what: "show", page, tag }, SECONDS);
      if (shown.kind !== "shown") { note.textContent = shown.message; return; }
      note.textContent = "Change a line and check it. From there on, each line is checked again.";
      lines(panel, note, tag, shown);
    } catch (error) {
      note.textContent = error.message;
    } finally {
      heard = () => {};
    }
  };

  const lines = (panel, note, tag, shown) => {
    const left = make("p", { className: "left" }, make("code", { textContent: shown.left }));
    const rows = shown.lines.map(({ relation, text }, i) => {
      const id = `break-${tag}-${i}`;
      const input = make("input", { type: "text", id, value: text, maxLength: 2000, autocomplete: "off", spellcheck: false });
      const label = make("label", { htmlFor: id, textContent: relation });
      label.append(make("span", { className: "unseen", textContent: ` line ${i + 1} of ${tag}` }));
      return make("div", { className: "lab-answer" }, label, input, make("div", { className: "said" }));
    });
    const inputs = rows.map((row) => row.querySelector("input"));
    const mark = (answers) => rows.forEach((row, i) => { [row.dataset.verdict, row.lastChild.textContent] = verdict(answers.find(({ line }) => line === i)); });
    const check = make("button", { type: "submit", textContent: "Check" }), back = make("button", { type: "button", textContent: "Put back" });
    const whole = make("form", { action: "#" }, left, ...rows, make("div", { className: "lab-answer" }, check, back));
    back.addEventListener("click", () => { inputs.forEach((input, i) => { input.value = shown.lines[i].text; }); mark([]); note.textContent = "As the page has it."; });
    whole.addEventListener("submit", async (event) => {
      event.preventDefault();
      const changed = Object.fromEntries(inputs.map((input, i) => [i, input.value]).filter(([i, text]) => text !== shown.lines[i].text));
      check.disabled = true;
      note.textContent = "Checking …";
      try {
        const answer = await python.ask({ what: "check", page, tag, changed: Object.keys(changed).length ? changed : { 0: inputs[0].value } }, SECONDS);
        mark(answer.lines ?? []);
        const failed = answer.lines?.find(({ kind }) => kind !== "passes");
        note.textContent = !answer.lines ? answer.message : failed ? `Line ${failed.line + 1} does not pass. The page has: ${shown.lines[failed.line].relation} ${shown.lines[failed.line].text}` : "Every line that was checked passes.";
      } catch (error) {
        note.textContent = error.message;
      } finally {
        check.disabled = false;
      }
    });
    panel.prepend(whole);
    inputs[0].focus();
  };
  return { open, python };
};
