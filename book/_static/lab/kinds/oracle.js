// The exact noise predictor of the ring at work: two chains from the same noise, one without fresh noise and one with some.

import { circle, dots, number, polyline } from "../shell/plot.js";
import { plane } from "../shell/plane.js";
import { range } from "../shell/controls.js";
import { ddim, exactPredictor } from "../maths/ddim.js";
import { mixture, ring } from "../maths/mixture.js";
import { gaussian } from "../maths/random.js";
import { schedule } from "../maths/schedule.js";

const T = 1000, N = 400, LIMIT = 2.6, STD = 0.07, KEPT = 24;

// The chain of all points, kept for the last few settings that were asked for.
export const chain = (model, eta, steps) => {
  const key = `${eta} ${steps}`, { made } = model;
  if (!made.has(key)) {
    if (made.size >= KEPT) made.delete(made.keys().next().value);
    const fresh = model.noise(eta > 0 ? (steps - 1) * model.start.length : 0);
    const found = ddim(model.predictor, model.start, model.tables, steps, eta, fresh), end = found.states[steps];
    const home = nearest(model, end).filter((k, i) => k === model.began[i]).length;
    made.set(key, { ...found, home, apart: width(model, end) });
  }
  return made.get(key);
};

// The last visited time at or above t, by its place in the chain
const reached = ({ times }, t) => times.findLastIndex((time) => time >= t);

// Where the points are at t: on the straight line between the two visited times around it
export const cloud = (made, t) => {
  const i = reached(made, t), from = made.states[i];
  if (made.times[i] === t) return from;
  const part = (made.times[i] - t) / (made.times[i] - made.times[i + 1]), to = made.states[i + 1];
  return from.map((value, d) => value + part * (to[d] - value));
};

// The root mean square of the distances from the nearest centre, for one dimension, as a standard deviation is
export const width = (model, x) => {
  const square = (k, i) => (x[2 * i] - model.data.means[k][0]) ** 2 + (x[2 * i + 1] - model.data.means[k][1]) ** 2;
  return Math.sqrt(nearest(model, x).reduce((sum, k, i) => sum + square(k, i), 0) / x.length);
};

// The cluster that is nearest to each point
export const nearest = ({ data: { means } }, x) => Array.from({ length: x.length / 2 }, (_, i) => {
  let best = 0, least = Infinity;
  for (let k = 0; k < means.length; k++) {
    const square = (x[2 * i] - means[k][0]) ** 2 + (x[2 * i + 1] - means[k][1]) ** 2;
    if (square < least) { least = square; best = k; }
  }
  return best;
});

const panel = (view, data, made, t, drawn) => {
  const now = cloud(made, t), last = reached(made, t), every = Math.ceil(made.times.length / 40), pairs = [], paths = [];
  for (let i = 0; i < now.length; i += 2) if (view.inside([now[i], now[i + 1]])) pairs.push(view.place([now[i], now[i + 1]]));
  for (let i = 0; i < 2 * drawn; i += 2) {
    for (let k = 0; k <= last; k += k < last ? Math.min(every, last - k) : 1) paths.push([made.states[k][i], made.states[k][i + 1]]);
    paths.push([now[i], now[i + 1]], [NaN, NaN]);
  }
  const lines = paths.map((x) => (view.inside(x) ? view.place(x) : [NaN, NaN])), goals = data.means.map((mean) => circle(...view.place(mean), 2 * STD * view.scale, "grey", { fill: "none" }));
  return view.svg + polyline(lines, "c1 thin") + goals.join("") + dots(pairs, "small c2");
};

export const lab = {
  title: "Two chains from the same noise, with the oracle",
  alt: "Two clouds of 400 points between noise and the eight clusters of the ring, with some of their trajectories. Left, a chain without fresh noise; right, one with as much fresh noise as the slider sets.",
  height: 370,
  narrow: 550,
  controls: [
    range("done", "time", { from: 0, to: T, value: 850, play: 6, show: (done) => `t = ${T - done}` }),
    range("eta", "fresh noise η", { from: 0, to: 1, step: 0.1, value: 1 }),
    range("steps", "steps", { from: 5, to: 100, step: 5, value: 50 }),
  ],
  setup() {
    const data = mixture(ring().means, STD), normal = gaussian(1), start = Float64Array.from({ length: 2 * N }, () => normal());
    const fresh = gaussian(2), drawn = []; // the same for all chains, and drawn once
    const noise = (n) => {
      while (drawn.length < n) drawn.push(fresh());
      return drawn;
    };
    return { data, start, noise, began: nearest({ data }, start), predictor: exactPredictor(data), tables: schedule("linear", T), made: new Map() };
  },
  draw(model, { done, eta, steps }, { width: across, height }) {
    const wide = across > 500, side = wide ? Math.min((across - 30) / 2, height - 36) : Math.min(across - 10, height / 2 - 34), t = T - done;
    const at = [{ left: wide ? 5 : (across - side) / 2, top: 26, side }, { left: wide ? across - side - 5 : (across - side) / 2, top: wide ? 26 : height / 2 + 26, side }];
    const flow = chain(model, 0, steps), noisy = chain(model, eta, steps);
    const svg = panel(plane(at[0], LIMIT, "η = 0"), model.data, flow, t, 40) + panel(plane(at[1], LIMIT, `η = ${eta}`), model.data, noisy, t, eta > 0 ? 10 : 40); // jagged trajectories soon cover the panel
    return { svg, said: `t = ${t}, after ${reached(flow, t)} of ${steps} steps. Of ${N} points, ${flow.home} on the left and ${noisy.home} on the right end in the cluster nearest to their start. Their standard deviation about the nearest centre is ${number(flow.apart, 2)} and ${number(noisy.apart, 2)}; that of the data is ${STD}.` };
  },
};
