// The score of three noisy clusters as arrows, and Langevin chains that start where the reader points.

import { box, circle, dots, polyline, text } from "../shell/plot.js";
import { arrows, plane } from "../shell/plane.js";
import { check, range } from "../shell/controls.js";
import { exactPredictor } from "../maths/ddim.js";
import { langevin } from "../maths/langevin.js";
import { classes, mixture, score, spread } from "../maths/mixture.js";
import { gaussian } from "../maths/random.js";
import { schedule } from "../maths/schedule.js";

const T = 1000, LIMIT = 2.4, CHAINS = 40, STEPS = 400, ACROSS = 15;
const SIZE = 0.1; // of a step, in variances of a noisy cluster

// The states after 0 … steps steps of all chains that start at (x, y); playing continues from the stored states. The noise
// does not depend on the start, so that the figure changes continuously while the reader drags.
export const chains = (model, { t, x, y, noise }, steps) => {
  const key = [t, x, y, noise].join(" ");
  if (model.key !== key) {
    const kept = model.chain.alphaBar[t], rest = model.chain.rest[t], delta = SIZE * spread(model.data, kept, rest)[0];
    const start = Float64Array.from({ length: noise ? 2 * CHAINS : 2 }, (_, i) => [x, y][i % 2]);
    Object.assign(model, { key, run: langevin(model.predictor, start, kept, rest, delta, noise ? model.noise : () => [0, 0]) });
  }
  return model.run(steps);
};

const pairs = (flat) => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);

// The posterior probability of each cluster, averaged over the chains
export const fractions = ({ data, chain }, t, states) => {
  const each = pairs(states).map((x) => classes(data, chain.alphaBar[t], chain.rest[t], x));
  return data.weights.map((_, k) => each.reduce((sum, r) => sum + r[k], 0) / each.length);
};

const field = (model, t, view) => {
  if (model.drawn !== `${t} ${view.scale}`) {
    const kept = model.chain.alphaBar[t], rest = model.chain.rest[t], gap = (2 * LIMIT) / ACROSS;
    const at = Array.from({ length: ACROSS ** 2 }, (_, i) => [-LIMIT + gap * (0.5 + (i % ACROSS)), -LIMIT + gap * (0.5 + Math.floor(i / ACROSS))]);
    const root = Math.sqrt(kept), around = [1, 2].flatMap((times) => model.data.means.map((mean, k) => circle(view.x(root * mean[0]), view.y(root * mean[1]), times * view.scale * Math.sqrt(spread(model.data, kept, rest)[k]), "grey thin", { fill: "none" })));
    model.field = around.join("") + arrows(at.map((x) => [view.place(x), score(model.data, kept, rest, x)]), 0.75 * gap * view.scale, "c1 thin");
    model.drawn = `${t} ${view.scale}`;
  }
  return model.field;
};

const bars = (left, top, width, height, weights, found) => {
  const slot = width / weights.length, tall = height - 36;
  return weights.map((weight, k) => {
    const x = left + k * slot, bar = (fraction, kind, shift) => box(x + shift, top + tall * (1 - fraction), slot * 0.3, tall * fraction, kind);
    return bar(weight, "f1 faint", slot * 0.12) + bar(found[k], "f2", slot * 0.48) + text(x + slot * 0.45, top + tall + 16, ["left", "right", "top"][k], { "text-anchor": "middle" });
  }).join("") + text(left, top - 8, "probability: data (pale), chains", { class: "name" });
};

const frames = (width, height) => {
  const wide = width > 500, side = wide ? height - 30 : Math.min(width - 10, height - 170);
  return { wide, at: { left: wide ? 5 : (width - side) / 2, top: 24, side } };
};

export const lab = {
  title: "Langevin dynamics in three clusters",
  alt: "Small arrows along the score of three noisy clusters, Langevin chains that start at one position, and two bars for each cluster: its weight in the data, and its posterior probability, averaged over the chains.",
  height: 400,
  narrow: 470,
  controls: [
    range("t", "time t", { from: 1, to: T, value: 150 }),
    range("steps", "steps", { from: 0, to: STEPS, value: 120, play: 8 }),
    check("noise", "with noise", true),
    range("x", "start at x", { from: -2.4, to: 2.4, step: 0.1, value: -2 }),
    range("y", "y", { from: -2.4, to: 2.4, step: 0.1, value: 1 }),
  ],
  setup() {
    const data = mixture([[-1.2, -0.7], [1.2, -0.7], [0, 1.3]], 0.25, [0.25, 0.35, 0.4]);
    const normal = gaussian(4), drawn = [];
    const noise = (k) => {
      while (drawn.length < k) drawn.push(Float64Array.from({ length: 2 * CHAINS }, () => normal()));
      return drawn[k - 1];
    };
    return { data, noise, predictor: exactPredictor(data), chain: schedule("linear", T) };
  },
  draw(model, now, { width, height }) {
    const { wide, at } = frames(width, height), view = plane(at, LIMIT, "drag to choose the start");
    const visited = chains(model, now, now.steps), states = visited[now.steps], found = fractions(model, now.t, states);
    const trail = visited.map(([a, b]) => [a, b]).filter(view.inside).map(view.place);
    const svg = view.svg + field(model, now.t, view) + polyline(trail, "c2 faint") + dots(pairs(states).filter(view.inside).map(view.place), "c2")
      + circle(...view.place([now.x, now.y]), 6, "c2 strong", { fill: "none" })
      + (wide ? bars(at.side + 50, 60, width - at.side - 60, height - 80, model.data.weights, found) : bars(10, at.side + 62, width - 20, height - at.side - 66, model.data.weights, found));
    const many = now.noise ? `Averaged over ${CHAINS} chains` : "For the chain", percent = found.map((fraction) => Math.round(100 * fraction));
    return { svg, said: `After ${now.steps} steps at t = ${now.t}. ${many}, the posterior probabilities of the left, right and top cluster are ${percent.join(", ")} %; for the data 25, 35, 40 %.` };
  },
  pad: ({ width, height }) => frames(width, height).at,
  drag(model, now, where, { width, height }) {
    const view = plane(frames(width, height).at, LIMIT), [x, y] = view.value(where);
    return { x: Math.min(LIMIT, Math.max(-LIMIT, x)), y: Math.min(LIMIT, Math.max(-LIMIT, y)) };
  },
};
