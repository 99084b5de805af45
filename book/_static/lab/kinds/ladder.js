// Annealed Langevin dynamics: at each noise level the chains take Langevin steps, then the noise level is lowered.

import { line, number, polyline, text } from "../shell/plot.js";
import { range } from "../shell/controls.js";
import { exactPredictor } from "../maths/ddim.js";
import { descend, levels } from "../maths/ladder.js";
import { logDensity, mixture } from "../maths/mixture.js";
import { gaussian } from "../maths/random.js";

const N = 1000, CALLS = 60, TOP = 3, BOTTOM = 0.2, SIZE = 1, LIMIT = 6, BINS = 60;
const places = Array.from({ length: 241 }, (_, i) => LIMIT * (i / 120 - 1));

// The fraction of the area above 0, for heights at `places`
const right = (heights) => heights.reduce((sum, height, i) => sum + height * (places[i] > 0 ? 1 : places[i] < 0 ? 0 : 0.5), 0) / heights.reduce((sum, height) => sum + height, 0);

export const above = (states) => states.reduce((sum, x) => sum + (x > 0), 0) / states.length;

// The whole descent for a number of levels (rungs): levels, evaluations at each of them, all states, and the exact densities
export const descent = (model, rungs) => {
  if (!model.made.has(rungs)) {
    const normal = gaussian(1), start = Float64Array.from({ length: N }, () => Math.sqrt(1 + TOP * TOP) * normal());
    const ladder = levels(TOP, BOTTOM, rungs), repeats = Math.floor(CALLS / rungs);
    const exact = [...ladder, 0].map((sigma) => places.map((x) => Math.exp(logDensity(model.data, 1, sigma * sigma, [x]))));
    model.made.set(rungs, { ladder, repeats, exact, meant: exact.map(right), states: descend(model.predictor, start, ladder, repeats, SIZE, normal) });
  }
  return model.made.get(rungs);
};

// Which state is at a level after so many evaluations: the newest there; null if none has arrived yet. The last level is the
// sample without noise. The evaluation that ends a level lowers its state to the next one, where it arrives.
export const standing = ({ ladder, repeats, states }, rung, calls) => {
  const done = Math.min(calls, states.length - 1);
  if (rung === ladder.length) return done === states.length - 1 ? states[done] : null;
  if (done < rung * repeats) return null;
  const last = (rung + 1) * repeats - (rung === ladder.length - 1 ? 1 : 0);
  return states[Math.min(done, last)];
};

const histogram = (states) => {
  const bins = new Array(BINS).fill(0);
  for (const x of states) if (Math.abs(x) < LIMIT) bins[Math.floor(((x / LIMIT + 1) / 2) * BINS)] += BINS / (2 * LIMIT) / states.length;
  return bins;
};

export const lab = {
  title: "Annealed Langevin dynamics",
  alt: "Densities on a line for decreasing noise levels, one below the other, with histograms of the states of the Langevin chains; the last row shows the samples. On the right, the fraction of chains above zero and its exact value.",
  height: 430,
  narrow: 430,
  controls: [
    range("rungs", "noise levels", { from: 2, to: 12, value: 2 }),
    range("calls", "evaluations", { from: 0, to: CALLS, value: CALLS, play: 6 }),
  ],
  setup() {
    const data = mixture([[-1], [1]], 0.2, [0.8, 0.2]);
    return { data, predictor: exactPredictor(data), made: new Map() };
  },
  draw(model, { rungs, calls }, { width, height }) {
    const made = descent(model, rungs), { ladder, exact, meant } = made, left = 62, room = width - left - 88, row = (height - 44) / (rungs + 1);
    const px = (x) => left + (room * (x / LIMIT + 1)) / 2;
    const rows = exact.map((heights, rung) => {
      const base = 30 + row * (rung + 1), tall = Math.min(row - 4, 90) / Math.max(...heights) / 1.1, states = standing(made, rung, calls);
      const bars = states ? histogram(states).flatMap((bar, i) => [i, i + 1].map((edge) => [px(LIMIT * ((2 * edge) / BINS - 1)), base - Math.min(row - 2, tall * bar)])) : [];
      const filled = states ? polyline([[left, base], ...bars, [left + room, base]], "area f2") : "";
      const fraction = states ? `${Math.round(100 * above(states))} % (${Math.round(100 * meant[rung])} %)` : "";
      return filled + line(left, base, left + room, base, "grid") + polyline(heights.map((y, i) => [px(places[i]), base - tall * y]), "c1")
        + text(left - 6, base, rung < rungs ? `σ = ${number(ladder[rung], 2)}` : "samples", { "text-anchor": "end" }) + text(left + room + 6, base, fraction);
    });
    const names = text(left, 14, width > 500 ? "exact density (line), chains (filled)" : "exact, chains", { class: "name" }) + text(width - 4, 14, "above 0 (exact)", { class: "name", "text-anchor": "end" });
    const done = Math.min(calls, made.states.length - 1), end = above(made.states[made.states.length - 1]);
    return { svg: names + line(px(0), 24, px(0), height - 14, "mark") + rows.join(""), said: `${rungs} noise levels with ${made.repeats} evaluations each; ${done} evaluations have been done in total. At the end ${Math.round(100 * end)} % of the ${N} chains are in the right-hand mode, compared with ${Math.round(100 * model.data.weights[1])} % of the data.` };
  },
};
