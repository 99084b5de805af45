// An exercise is answered in its page: a box, the formula as it is read, and the verdict of the library's own grader.
// Nothing is sent anywhere: the answers stay in this browser.

import { shared } from "../shell/python.js";
import { keep, kept } from "../shell/answers.js";
import { formula } from "../shell/formula.js";

const told = ({ kind, message }) => {
  const words = kind === "refused" ? message.replace(/^answer /, "The answer ") : message;
  return words[0].toUpperCase() + words.slice(1);
};

export const mount = (root) => {
  const form = root.querySelector("form");
  if (!form) return {};
  const name = form.dataset.name, box = form.querySelector("input"), button = form.querySelector("button");
  const said = root.querySelector(".lab-said"), read = root.querySelector(".lab-read"), label = form.querySelector("label");
  const python = shared(), size = Number(form.dataset.size), offer = button.textContent;
  let loaded = false, timer = 0, asked = 0;

  const say = (words, kind = "") => { said.textContent = words; root.dataset.verdict = kind; };
  const done = (right) => { label.textContent = right ? "Your answer ✓" : "Your answer"; };
  const preview = async () => {
    if (!loaded || !box.value.trim()) { read.textContent = ""; return; }
    const mine = (asked += 1);
    const told = await python.ask({ what: "preview", name, text: box.value }, 20).catch(() => null);
    if (mine === asked && told) await formula(read, told.latex);
  };

  const check = async () => {
    clearTimeout(timer);
    const text = box.value;
    button.disabled = true;
    try {
      if (!loaded) say("Loading …");
      await python.start();
      if (!text.trim()) { say("Loaded. Write an answer, then check it."); return; }
      say("Checking …");
      asked += 1;
      const verdict = await python.ask({ what: "grade", name, text });
      await formula(read, verdict.latex);
      say(told(verdict), verdict.kind);
      keep(name, text, verdict.kind === "right");
      done(verdict.kind === "right");
    } catch (error) {
      say(error.message, "failed");
    } finally {
      button.disabled = false;
    }
  };

  python.listen(({ state, bytes }) => {
    loaded = state === "ready" || (loaded && state !== "closed");
    button.textContent = loaded ? "Check" : offer;
    if (button.disabled && state === "loading") say(`Loading: ${Math.min(99, Math.round((100 * bytes) / size))} % of ${Math.round(size / 2 ** 20)} MB …`);
    if (button.disabled && state === "starting") say("Starting …");
    if (state === "ready") preview();
  });
  if (python.isReady()) { loaded = true; button.textContent = "Check"; }
  form.addEventListener("submit", (event) => { event.preventDefault(); check(); });
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(preview, 250);
    if (root.dataset.verdict) say("");
  });
  for (const letter of root.querySelectorAll(".lab-letter")) {
    letter.addEventListener("click", () => {
      box.setRangeText(letter.dataset.letter, box.selectionStart, box.selectionEnd, "end");
      box.focus();
      box.dispatchEvent(new Event("input"));
    });
  }
  const before = kept(name);
  if (before) { box.value ||= before.text; done(before.right); }
  return { check, preview, python };
};
