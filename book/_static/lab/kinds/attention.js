// The attention of an image's positions to each word, by timestep: for a shipped image, and for one that the reader generates.

import { axes, box, escaped, text } from "../shell/plot.js";
import { action, range, words } from "../shell/controls.js";
import { begin, canvas, figure, note as tell, noted } from "../picture/asking.js";
import { asked, offer } from "../picture/block.js";
import { cells, places } from "../picture/cells.js";
import { mapOf, paint, said, tokensOf } from "../picture/inside.js";
import { unknown } from "../picture/words.js";

const PROMPT = "a white dog wearing a red hat", STEP = 100, MOST = 12; // between timesteps; the largest number of words shown
const fraction = (map) => map.reduce((sum, each) => sum + each, 0) / map.length;

// For a generated image {pieces, steps}: its words, each with its maps by timestep.
export const looked = ({ pieces, steps }, size) => tokensOf(pieces).slice(0, MOST).map(({ word, first, tokens }) => ({ word, maps: new Map(steps.filter(({ maps }) => maps).map(({ t, maps }) => [t, mapOf(maps, first, tokens, size)])) }));

const chosen = (model, { word }) => Math.min(word, model.shown.length) - 1;
const layout = ({ width, height }, n) => {
  const wide = width > 500, across = wide ? 400 : width, row = 5, gap = 10, side = Math.min(70, (across - 8 - gap * (row - 1)) / row);
  const grids = places(n, row, { left: 4, top: 36, side }, gap, side + 40), high = wide ? 0 : 36 + Math.ceil(n / row) * (side + 40);
  return { grids, plot: { left: wide ? 446 : 36, top: high + 30, width: wide ? width - 466 : width - 56, height: height - high - 70 } };
};
const heat = (map) => {
  const low = Math.min(...map), span = Math.max(...map) - low || 1;
  return (value) => ({ class: "cell f2", "fill-opacity": Math.round((31 * (value - low)) / span) / 31 });
};

const line = (model, now) => {
  const strange = unknown(now.prompt, model.data.words), { prompt } = model.made;
  const note = noted(model, now);
  if (note) return note;
  if (strange.length) return `It was never shown: ${strange.slice(0, 5).join(", ")}. Write other words; the laboratory “Generate an image here” lists those that it knows.`;
  if (now.prompt !== prompt) return `The maps are those of “${prompt}”. Press the button to paint “${now.prompt}” and to see which positions attend to its words.`;
  if (!model.shown.length) return "Without a word there is nothing to show.";
  const { word, maps } = model.shown[chosen(model, now)];
  return said(word, maps.get(now.t), now.t);
};

export const lab = {
  title: "Attention weights of each word, by position and by time",
  alt: "For each word of a prompt a square of eight by eight positions, coloured by how much each attends to this word at the time chosen, and curves of the word's fraction of the attention over time.",
  height: 346,
  narrow: 436,
  controls: [
    words("prompt", "prompt", { value: PROMPT, longest: 100 }),
    range("t", "time t", { from: STEP, to: 1000, step: STEP, value: 700, play: 4 }),
    range("word", "word", { from: 1, to: MOST, value: 7 }),
    action("paint", ({ data }) => offer(data.megabytes)),
  ],
  setup(data) {
    const [, h, w] = data.network.latents, model = { data, size: h * w, workers: null, note: null, made: { prompt: data.begins.prompt, pieces: data.pieces, steps: data.steps } };
    return Object.assign(model, { shown: looked(model.made, model.size) });
  },
  beside({ data }) {
    const { side } = data.network, alt = `An image that the miniature generated for the prompt: ${data.begins.prompt}`;
    return `<div class="lab-painted lab-pair">${figure(escaped(data.first), side, escaped(alt), "image at t = 0")}<figure class="needs-script"><div class="lab-frame"></div><figcaption>attention to the word</figcaption></figure></div>\n`;
  },
  draw(model, now, size) {
    const { grids, plot } = layout(size, model.shown.length), at = chosen(model, now), h = model.data.network.latents[1];
    const squares = model.shown.map(({ word, maps }, n) => {
      const place = grids[n], map = maps.get(now.t), room = Math.floor(place.side / 7), short = word.length > room ? `${word.slice(0, room - 1)}…` : word;
      const ring = n === at ? box(place.left - 2, place.top - 2, place.side + 4, place.side + 4, "c1 strong", { fill: "none" }) : box(place.left, place.top, place.side, place.side, "grid", { fill: "none" });
      return text(place.left, place.top - 20, short, n === at ? {} : { class: "name" }) + text(place.left, place.top - 6, `${(100 * fraction(map)).toFixed(1)} %`, { class: "name" }) + cells(map, h, place, heat(map)) + ring;
    });
    const curves = model.shown.map(({ maps }) => Array.from(maps, ([t, map]) => [t, 100 * fraction(map)]).filter(([t]) => t % STEP === 0));
    const top = Math.max(5, 5 * Math.ceil(Math.max(0, ...curves.flat().map(([, value]) => value)) / 5));
    const frame = axes(plot, { from: STEP, to: 1000, name: "time t" }, { from: 0, to: top, name: "fraction of all attention, %" });
    const lines = curves.map((curve, n) => (n === at ? "" : frame.curve(curve, "grey thin"))).join("") + (curves[at] ? frame.curve(curves[at], "c2 strong") : "");
    const more = model.made.pieces.length - model.shown.length, last = grids[grids.length - 1];
    if (more) squares.push(text(4, last.top + last.side + 16, `and ${more} more`, { class: "name" }));
    return { svg: squares.join("") + frame.svg + frame.across(now.t, "mark") + lines, said: line(model, now) };
  },
  drag(model, now, [x, y], size) {
    const n = layout(size, model.shown.length).grids.findIndex((at) => x >= at.left && x <= at.left + at.side && y >= at.top - 34 && y <= at.top + at.side);
    return n < 0 || n === chosen(model, now) ? null : { word: n + 1 };
  },
  drawn(model, tools) {
    const now = tools.state(), { root } = tools, { side } = model.data.network, handle = root.querySelector("input[name=word]"), frame = root.querySelector(".lab-pair figure:last-child .lab-frame");
    const { word } = model.shown[chosen(model, now)] ?? { word: "none" };
    handle.max = Math.max(1, model.shown.length);
    handle.nextElementSibling.textContent = word;
    handle.setAttribute("aria-valuetext", word);
    model.pixels ??= root.querySelector(".lab-pair img");
    if (model.pixels.complete === false) { model.pixels.onload = tools.redraw; return; }
    model.surface ??= canvas(frame, side, "The image, brighter where it attends to the word");
    paint(model.surface, model.pixels, side, model.shown[chosen(model, now)]?.maps.get(now.t) ?? null);
  },
  act(name, model, tools, button) {
    const { prompt } = tools.state(), { side } = model.data.network, first = tools.root.querySelector(".lab-pair .lab-frame");
    if (unknown(prompt, model.data.words).length) return;
    const make = () => {
      button.disabled = true;
      model.workers.make(model.running.settings);
    };
    model.running = { prompt, settings: asked({ ...model.data.begins, prompt, karras: false }), steps: [] };
    if (model.workers) { make(); return; }
    begin(model, tools, button, {
      ready: () => { button.textContent = "Paint"; make(); },
      step: ({ t, maps, pixels }) => {
        model.running.steps.push({ t, maps });
        if (pixels) paint(model.first ??= canvas(first, side, ""), pixels, side);
        tell(model, tools, `Step ${model.running.steps.length} of ${model.running.settings.steps}, t = ${t}.`);
      },
      made: ({ pixels, words: pieces }) => {
        const made = { prompt: model.running.prompt, pieces, steps: model.running.steps };
        Object.assign(model, { note: null, pixels, made, shown: looked(made, model.size) });
        paint(model.first ??= canvas(first, side, ""), pixels, side);
        model.first.setAttribute("aria-label", `An image that the miniature generated for the prompt: ${made.prompt}`);
        button.disabled = false;
        tools.redraw();
      },
    });
  },
};
