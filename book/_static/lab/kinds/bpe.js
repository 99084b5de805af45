// A text becomes tokens: the pieces of its words, merge by merge, and their ids.

import { box, tag, text } from "../shell/plot.js";
import { action, range, words } from "../shell/controls.js";
import { END, idsOf, mergesOf, shown, vocabulary, wordsOf, WRITTEN } from "../maths/bpe.js";

const MOST = 24, ROW = 58; // merges on the slider; pixels
const wide = (letters) => [...letters].reduce((sum, sign) => sum + (sign.codePointAt(0) > 0x2e80 ? 13 : 7.4), 0);

// What is drawn of each word: its pieces after at most `done` merges, and which of them the last merge made.
const wordAt = (model, word, done) => {
  if (typeof word === "number") return { pieces: [{ letters: WRITTEN.get(word), number: word, kind: "f1" }], total: 0 };
  if (!model.whole && !model.known.has(word)) return { pieces: [{ letters: word, number: "?", kind: "f2" }], total: 0 };
  const states = mergesOf(word, model.table), at = Math.min(done, states.length - 1), before = new Set(at > 0 ? states[at - 1] : []);
  const fresh = (piece) => at > 0 && done === at && !before.has(piece);
  return { pieces: states[at].map((piece) => ({ letters: shown(piece), number: model.table.numbers.get(piece), kind: fresh(piece) ? "f3" : "f1" })), total: states.length - 1 };
};

const read = (model, merges) => {
  model.table = vocabulary(merges.split("\n").map((pair, rank) => [pair, rank]));
  model.whole = true;
};

export const lab = {
  title: "From letters to token ids",
  alt: "The pieces of a text in boxes, each with its token id below it.",
  height: 190,
  narrow: 300,
  controls: [
    words("prompt", "text", { value: "a dog wearing hat, hedgehogs", longest: 60 }),
    range("done", "merges", { from: 0, to: MOST, value: 2, play: 6 }),
    action("load", "Load all merges"),
  ],
  setup({ merges, known, kilobytes, count }) {
    const offer = `The button loads all ${String(count).replace(/(?=(\d{3})$)/, ",")} merges, ${kilobytes} kB.`;
    const model = { table: vocabulary(merges), known: new Set(known), offer, whole: false, failed: false };
    if (typeof window !== "undefined" && window.bookLabs?.merges) read(model, window.bookLabs.merges);
    return model;
  },
  draw(model, { prompt, done }, { width, height }) {
    const found = wordsOf(prompt), shownWords = found.map((word) => wordAt(model, word, done)), unknown = shownWords.some(({ pieces }) => pieces.some(({ number }) => number === "?"));
    let x = 2, y = 8, svg = "", left = 0;
    for (const { pieces } of shownWords) {
      for (const { letters, number, kind } of pieces) {
        const across = Math.min(width - 4, Math.max(wide(letters), 7.4 * String(number).length) + 12);
        if (x + across > width - 2) { x = 2; y += ROW; }
        if (y + ROW > height) { left += 1; continue; }
        svg += tag("g", { class: "piece" }, box(x, y, across, 26, `${kind} faint`, { rx: 4 }) + text(x + across / 2, y + 17, letters, { "text-anchor": "middle" }) + text(x + across / 2, y + 42, number, { "text-anchor": "middle", class: "name" }));
        x += across + 4;
      }
      x += 12;
    }
    if (left) svg += text(width - 4, height - 4, `and ${left} more`, { "text-anchor": "end", class: "name" });
    const total = Math.max(0, ...shownWords.map((each) => each.total)), made = shownWords.reduce((sum, { pieces }) => sum + pieces.length, 0);
    if (model.failed) return { svg, said: "The list of merges could not be loaded." };
    if (unknown) return { svg, said: `Without the list, only ${model.known.size} words can be encoded: ${[...model.known].filter((word) => /\w/.test(word)).slice(0, 6).join(", ")} and so on. ${model.offer}` };
    const ids = idsOf(prompt, model.table), cut = ids.length > 77 ? ` Only 77 fit; the last ${ids.length - 77} are dropped.` : "";
    return { svg, said: `${made} pieces after at most ${Math.min(done, total)} merges of each word; ${total ? `the longest sequence has ${total} merges` : "there is nothing to merge"}. Final token ids, with start and end: ${ids.slice(0, 12).join(" ")}${ids.length > 12 ? ` … ${END}` : ""}.${cut}${model.whole ? "" : ` ${model.offer}`}` };
  },
  // The list is a script of its own, since pages from the disk may load nothing else.
  act(name, model, tools, button) {
    if (model.whole) return;
    button.disabled = true;
    const script = document.createElement("script");
    script.src = `${document.documentElement.dataset.content_root ?? ""}_static/lab/made/bpe-merges.js`;
    script.onload = () => { read(model, window.bookLabs.merges); button.textContent = "All merges loaded"; model.failed = false; tools.redraw(); };
    script.onerror = () => { button.disabled = false; model.failed = true; tools.redraw(); };
    document.head.append(script);
  },
};
