// Paths from noise to three clusters on a line, bent or straight, and the error of Euler's method in a few steps.

import { axes, box, circle, legend, number, tag } from "../shell/plot.js";
import { check, range } from "../shell/controls.js";
import { carried, euler, joined, pairVelocity, scales, velocity } from "../maths/paths.js";
import { normalBelow } from "../maths/gelu.js";

const DATA = { means: [-1, 0.3, 1.2], std: 0.2, weights: [0.3, 0.3, 0.4] };
const SHOWN = 12, COUNTS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32], HIGH = 2.4;

// The quantile of the noise at a level
const noiseOf = (level) => carried({ means: [0], std: 1, weights: [1] }, level, { alpha: 1, sigma: 0 });

const speedOf = (model, again) => (again ? (x, at) => pairVelocity(model.pairs, x, at) : (x, at) => velocity(DATA, x, at));

// Root mean square distance of Euler's ends from the exact ones, which are the same on every path
export const miss = (model, power, again, steps) => {
  const key = `${power} ${again} ${steps}`;
  if (!model.misses.has(key)) {
    const ends = model.starts.map((x) => euler(speedOf(model, again), power, x, steps).at(-1));
    model.misses.set(key, Math.sqrt(ends.reduce((sum, each, i) => sum + (each - model.ends[i]) ** 2, 0) / ends.length));
  }
  return model.misses.get(key);
};

// The exact trajectory of a state: that of the flow, or the pair's own line
export const way = (model, power, again, i, times) => times.map((t) => {
  const at = scales(power, t);
  return [t, again ? at.alpha * model.ends[i] + at.sigma * model.starts[i] : carried(DATA, model.shares[i], at)];
});

export const lab = {
  title: "Bent and straight flows",
  alt: "Left, twelve exact trajectories from noise at the right to three clusters of data at the left, and the steps of Euler's method beside them. Right, the error of Euler's method against the number of its steps, on logarithmic axes.",
  height: 300,
  narrow: 600,
  controls: [
    range("power", "power", { from: 1, to: 2, step: 0.1, value: 1, play: 6 }),
    range("steps", "steps", { from: 1, to: 32, value: 3 }),
    check("again", "reflow"),
  ],
  setup() {
    const shares = Array.from({ length: SHOWN }, (_, i) => (i + 0.5) / SHOWN), starts = shares.map(noiseOf), data = scales(1, 0);
    const model = { shares, starts, ends: shares.map((share) => carried(DATA, share, data)), pairs: joined(DATA), misses: new Map() };
    model.grey = [[1, false], [2, false]].map(([power, again]) => COUNTS.map((steps) => [steps, miss(model, power, again, steps)]));
    return model;
  },
  draw(model, { power, steps, again }, { width, height }) {
    const wide = width > 500, across = wide ? (width - 124) / 2 : width - 62, top = wide ? 46 : 64, tall = wide ? height - top - 42 : (height - top) / 2 - 58;
    const left = axes({ left: 34, top, width: across, height: tall }, { from: 0, to: 1, name: "t: data on the left, noise on the right" }, { from: -HIGH, to: HIGH, name: "x" });
    const right = axes({ left: wide ? across + 104 : 44, top: wide ? top : top + tall + 66, width: across, height: tall }, { from: 1, to: 32, log: true, name: "steps" }, { from: 1e-3, to: 2, log: true, name: "error of Euler's method" });
    const times = Array.from({ length: 41 }, (_, k) => k / 40), speed = speedOf(model, again);
    const exact = model.starts.map((_, i) => left.curve(way(model, power, again, i, times), "c1")).join("");
    const taken = model.starts.map((x) => euler(speed, power, x, steps).map((each, k) => [1 - k / steps, each]));
    const drawn = taken.map((way) => left.curve(way, "c2") + left.dots(way, "c2")).join(""), { at } = left;
    const window = tag("clipPath", { id: "lab-straight-clip" }, box(at.left - 4, at.top, at.width + 8, at.height, "plane"));
    const floor = (error) => Math.max(error, 1e-3), curve = COUNTS.map((n) => [n, floor(miss(model, power, again, n))]), error = miss(model, power, again, steps);
    const svg = legend([["c1", "exact"], ["c2 strong", "Euler"], ["grey thin", "straight path and circle"]], 34, 16, width - 50)
      + left.svg + window + tag("g", { "clip-path": "url(#lab-straight-clip)" }, exact + drawn)
      + right.svg + model.grey.map((each) => right.curve(each, "grey thin")).join("") + right.curve(curve, "c2 strong") + circle(right.px(steps), right.py(floor(error)), 5, "f2");
    const which = power === 1 ? "the straight path" : power === 2 ? "the circle" : `α and σ to the power ${number(power, 2)} sum to one`;
    return { svg, said: `${which}${again ? ", after reflow" : ""}: ${steps === 1 ? "one step ends" : `${steps} steps end`} ${number(error, 2)} from the exact ends.` };
  },
};
