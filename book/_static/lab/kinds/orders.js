// The error of eight samplers against the number of evaluations of the exact noise predictor, for four grids of times, and the
// trajectories of some of their states.

import { axes, box, circle, legend, number, tag } from "../shell/plot.js";
import { choice, range } from "../shell/controls.js";
import { flow, noiseOnLine } from "../maths/flow.js";
import { grid as timesOf, logsOf } from "../maths/grids.js";
import { schedule } from "../maths/schedule.js";
import { dpm2, dpmpp, heun, lms, unipc } from "../maths/solvers.js";

const T = 1000, SHOWN = [4, 22, 40, 59, 77, 95]; // of the hundred states
const SOLVERS = {
  euler: ["Euler, DDIM", lms(1)], lms2: ["LMS, order 2", lms(2)], lms3: ["LMS, order 3", lms(3)], lms4: ["LMS, order 4", lms(4)],
  dpmpp: ["DPM-Solver++ (2M)", dpmpp], unipc: ["UniPC", unipc], heun: ["Heun", heun], dpm2: ["DPM-Solver-2", dpm2],
};
const GRIDS = { trailing: "even in t", exponential: "even in log σ", karras: "Karras", equal: "equal errors" };

// Root mean squared distance from the end of the exact flow, the number of evaluations, and the trajectories.
export const run = (model, name, steps, grid = "trailing") => {
  const key = `${name} ${steps} ${grid}`;
  if (!model.runs.has(key)) {
    if (model.runs.size > 60) model.runs.clear();
    const [, solver] = SOLVERS[name], { tables, x_T, ends } = model;
    let calls = 0;
    const predictor = (x, t) => { calls += 1; return model.predictor(x, t); };
    const { times, states } = solver(predictor, x_T, tables, steps, timesOf(grid, model, steps)), last = states[steps];
    const error = Math.sqrt(last.reduce((sum, each, i) => sum + (each - ends[i]) ** 2, 0) / last.length);
    model.runs.set(key, { times, error, calls, states: states.map((x) => SHOWN.map((i) => x[i])) });
  }
  return model.runs.get(key);
};

export const lab = {
  title: "The error of samplers of higher order",
  alt: "On the left, the error of eight samplers against the number of function evaluations, on logarithmic axes. On the right, six trajectories from noise to data, of the exact flow and of the selected sampler.",
  height: 330,
  narrow: 570,
  controls: [
    choice("name", "sampler", Object.entries(SOLVERS).map(([name, [words]]) => [name, words]), "lms2"),
    choice("grid", "times", Object.entries(GRIDS)),
    range("steps", "steps", { from: 2, to: 100, value: 10, play: 8 }),
  ],
  setup({ mixture, errors, x_T }) {
    const tables = schedule("linear", T), ends = x_T.map((each) => flow(mixture, tables, each, 0));
    const seen = Array.from({ length: 41 }, (_, k) => 25 * k);
    const exact = SHOWN.map((i) => seen.map((t) => [t, Math.sqrt(tables.alphaBar[t]) * flow(mixture, tables, x_T[i], t)]));
    const predictor = (x, t) => x.map((each) => noiseOnLine(mixture, each, tables.alphaBar[t], tables.rest[t]));
    const { times, states } = lms(1)(predictor, x_T.filter((_, i) => i % 5 === 2), tables, T); // where the estimates move
    const cleans = states.slice(0, T).map((x, k) => { const t = times[k], noise = predictor(x, t); return x.map((each, i) => (each - Math.sqrt(tables.rest[t]) * noise[i]) / Math.sqrt(tables.alphaBar[t])); });
    return { mixture, errors, tables, logs: logsOf(tables), cleans, predictor, x_T: Float64Array.from(x_T), ends, exact, runs: new Map() };
  },
  draw(model, { name, grid, steps }, { width, height }) {
    const wide = width > 500, across = wide ? (width - 120) / 2 : width - 62, top = wide ? 64 : 82, tall = wide ? height - top - 42 : (height - top) / 2 - 60;
    const [words] = SOLVERS[name], { times, states, error, calls } = run(model, name, steps, grid), finer = run(model, name, 2 * steps, grid);
    const left = axes({ left: 48, top, width: across, height: tall }, { from: 2, to: 400, log: true, name: "function evaluations (NFE)" }, { from: 1e-6, to: 2, log: true, name: "error" });
    const right = axes({ left: wide ? across + 100 : 48, top: wide ? top : top + tall + 72, width: across, height: tall }, { from: T, to: 0, name: "t", marks: false }, { from: -3, to: 3, name: "state at t, from noise (left) to data (right)" });
    const curves = Object.entries(model.errors[grid]).map(([each, rows]) => left.curve(rows.map(([n, off]) => [n, Math.min(off, 2)]), each === name ? "c2 strong" : "grey thin"));
    const paths = model.exact.map((path) => right.curve(path, "c1")).concat(states[0].map((_, i) => right.curve(times.map((t, k) => [t, states[k][i]]), "c2") + right.dots(times.map((t, k) => [t, states[k][i]]), "c2")));
    const { at } = right, window = tag("clipPath", { id: "lab-orders-clip" }, box(at.left - 4, at.top, at.width + 8, at.height, "plane"));
    const svg = legend([["c2 strong", words], ["grey thin", "the other samplers"], ["c1", "exact trajectories"]], 48, 16, width - 60)
      + left.svg + curves.join("") + circle(left.px(calls), left.py(Math.min(Math.max(error, 1e-6), 2)), 5, "f2") + right.svg + window + tag("g", { "clip-path": "url(#lab-orders-clip)" }, paths.join(""));
    const order = Math.log(error / finer.error) / Math.log(finer.calls / calls);
    return { svg, said: `${words}, times ${grid === "karras" ? "of the Karras schedule" : grid === "equal" ? "of equal errors" : GRIDS[grid]}, ${steps} steps, ${calls} evaluations: the error is ${number(error)}. With twice as many steps it is ${number(finer.error)}, an observed order of ${number(order, 2)}.` };
  },
};
