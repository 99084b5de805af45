// The error of five samplers against the calls of the exact denoiser, and the way that some of their states take.

import { axes, box, circle, legend, number, tag } from "../shell/plot.js";
import { choice, range } from "../shell/controls.js";
import { flow, noiseOnLine } from "../maths/flow.js";
import { schedule } from "../maths/schedule.js";
import { dpmpp, heun, lms } from "../maths/solvers.js";

const T = 1000, SHOWN = [4, 22, 40, 59, 77, 95]; // of the hundred states
const SOLVERS = {
  euler: ["Euler, DDIM", lms(1), (steps) => steps], lms2: ["LMS, order 2", lms(2), (steps) => steps], lms3: ["LMS, order 3", lms(3), (steps) => steps],
  lms4: ["LMS, order 4", lms(4), (steps) => steps], dpmpp: ["DPM-Solver++", dpmpp, (steps) => steps], heun: ["Heun", heun, (steps) => 2 * steps - 1],
};

// Root mean squared distance from where the exact flow ends, and the way.
export const run = (model, name, steps) => {
  const key = `${name} ${steps}`;
  if (!model.runs.has(key)) {
    if (model.runs.size > 60) model.runs.clear();
    const [, solver] = SOLVERS[name], { world, tables, x_T, ends } = model;
    const denoiser = (x, t) => x.map((each) => noiseOnLine(world, each, tables.alphaBar[t], tables.rest[t]));
    const { times, states } = solver(denoiser, x_T, tables, steps), last = states[steps];
    const error = Math.sqrt(last.reduce((sum, each, i) => sum + (each - ends[i]) ** 2, 0) / last.length);
    model.runs.set(key, { times, error, states: states.map((x) => SHOWN.map((i) => x[i])) });
  }
  return model.runs.get(key);
};

export const lab = {
  title: "Does a higher order pay?",
  alt: "Left, the error of six samplers against the calls of the denoiser, on logarithmic axes. Right, six states on their way from noise to data, as the exact flow leads them and as the chosen sampler does.",
  height: 330,
  narrow: 600,
  controls: [
    choice("name", "sampler", Object.entries(SOLVERS).map(([name, [words]]) => [name, words]), "lms2"),
    range("steps", "steps", { from: 2, to: 100, value: 10, play: 8 }),
  ],
  setup({ world, errors, x_T }) {
    const tables = schedule("linear", T), ends = x_T.map((each) => flow(world, tables, each, 0));
    const seen = Array.from({ length: 41 }, (_, k) => 25 * k);
    const exact = SHOWN.map((i) => seen.map((t) => [t, Math.sqrt(tables.alphaBar[t]) * flow(world, tables, x_T[i], t)]));
    return { world, errors, tables, x_T: Float64Array.from(x_T), ends, exact, runs: new Map() };
  },
  draw(model, { name, steps }, { width, height }) {
    const wide = width > 500, across = wide ? (width - 120) / 2 : width - 62, top = wide ? 64 : 82, tall = wide ? height - top - 42 : (height - top) / 2 - 60;
    const [words, , calls] = SOLVERS[name], { times, states, error } = run(model, name, steps), finer = run(model, name, 2 * steps).error;
    const left = axes({ left: 48, top, width: across, height: tall }, { from: 2, to: 400, log: true, name: "calls of the denoiser" }, { from: 1e-6, to: 2, log: true, name: "error" });
    const right = axes({ left: wide ? across + 100 : 48, top: wide ? top : top + tall + 72, width: across, height: tall }, { from: T, to: 0, name: "t", marks: false }, { from: -3, to: 3, name: "x at t: noise on the left, data on the right" });
    const curves = Object.entries(model.errors).map(([each, rows]) => left.curve(rows, each === name ? "c2 strong" : "grey thin"));
    const ways = model.exact.map((way) => right.curve(way, "c1")).concat(states[0].map((_, i) => right.curve(times.map((t, k) => [t, states[k][i]]), "c2") + right.dots(times.map((t, k) => [t, states[k][i]]), "c2")));
    const { at } = right, window = tag("clipPath", { id: "lab-orders-clip" }, box(at.left - 4, at.top, at.width + 8, at.height, "plane"));
    const svg = legend([["c2 strong", words], ["grey thin", "the other samplers"], ["c1", "the exact way"]], 48, 16, width - 60)
      + left.svg + curves.join("") + circle(left.px(calls(steps)), left.py(Math.max(error, 1e-6)), 5, "f2") + right.svg + window + tag("g", { "clip-path": "url(#lab-orders-clip)" }, ways.join(""));
    const slope = Math.log(finer / error) / Math.log(calls(2 * steps) / calls(steps));
    return { svg, said: `${words}, ${steps} steps, ${calls(steps)} calls: the error is ${number(error)}. With twice the steps it is ${number(finer)}: a slope of ${number(slope, 2)}.` };
  },
};
