// Tweedie's formula: from a noisy state along the score, then divided by √ᾱ, to the posterior mean of the data.

import { axes, circle, legend, line, number, polyline } from "../shell/plot.js";
import { range } from "../shell/controls.js";
import { density } from "../maths/gaussian.js";
import { clean, logDensity, mixture, score, tweedie } from "../maths/mixture.js";
import { schedule } from "../maths/schedule.js";

const T = 1000, LIMIT = 3;
const places = Array.from({ length: 301 }, (_, i) => -LIMIT + (i * LIMIT) / 150);

// A mixture's density as a curve of height one, with points as close as its narrowest part needs
export const shape = ({ means, std, weights }) => {
  const near = means.flatMap(([mean], k) => Array.from({ length: 33 }, (_, i) => mean + ((i - 16) / 4) * std[k]));
  const curve = [...places, ...near.filter((x) => Math.abs(x) <= LIMIT)].sort((one, other) => one - other)
    .map((x) => [x, means.reduce((all, [mean], k) => all + weights[k] * density(x, mean, std[k] ** 2), 0)]);
  const most = Math.max(...curve.map(([, y]) => y));
  return curve.map(([x, y]) => [x, y / most]);
};

// The score at a state, the end of the arrow along it, the posterior mean, and q(x_0 | x_t)
export const found = ({ data, table }, t, state) => {
  const kept = table.alphaBar[t], rest = table.rest[t], [gradient] = score(data, kept, rest, [state]);
  return { kept, rest, score: gradient, along: state + rest * gradient, mean: tweedie(data, kept, rest, [state])[0], posterior: clean(data, kept, rest, [state]) };
};

export const moments = ({ means, std, weights }) => {
  const mean = means.reduce((all, [each], k) => all + weights[k] * each, 0);
  return { mean, variance: means.reduce((all, [each], k) => all + weights[k] * (std[k] ** 2 + (each - mean) ** 2), 0) };
};

const frames = ({ width, height: tall }) => {
  const top = width > 500 ? 62 : 98, each = (tall - top - 120) / 2;
  return [{ left: 12, top, width: width - 24, height: each }, { left: 12, top: top + each + 78, width: width - 24, height: each }];
};

const arrow = (from, to, y, kind) => {
  const head = Math.min(7, Math.abs(to - from)) * Math.sign(to - from);
  return line(from, y, to, y, kind) + polyline([[to - head, y - 5], [to, y], [to - head, y + 5]], kind);
};

export const lab = {
  title: "From a noisy state to the posterior mean",
  alt: "Above, the density of the states at t, with an arrow from one state along the score. Below, the density of the data and, filled, the posterior density given this state, both scaled to height one. The end of the arrow, divided by √ᾱ, is the posterior mean.",
  height: 430,
  narrow: 470,
  controls: [
    range("t", "time t", { from: 1, to: T, value: 250, play: 6 }),
    range("x", "state xₜ", { from: -LIMIT, to: LIMIT, step: 0.02, value: -0.6 }),
  ],
  setup() {
    const data = mixture([[-1], [0.3], [1.2]], 0.15, [0.3, 0.3, 0.4]); // the clusters of the figure below
    return { data, all: shape(data), table: schedule("linear", T) };
  },
  draw(model, { t, x }, size) {
    const { kept, rest, along, mean, posterior } = found(model, t, x), [at, beneath] = frames(size);
    const states = places.map((each) => [each, Math.exp(logDensity(model.data, kept, rest, [each]))]);
    const above = axes(at, { from: -LIMIT, to: LIMIT, name: "state xₜ" }, { from: 0, to: 1.15 * Math.max(...states.map(([, y]) => y)), marks: false, name: "density of all states at t" });
    const below = axes(beneath, { from: -LIMIT, to: LIMIT, name: "data x₀" }, { from: 0, to: 1.15, marks: false, name: "densities, scaled to height one" });
    const own = shape(posterior), ground = at.top + at.height;
    const svg = legend([["grey", "all data"], ["c3 strong", "data given this state"], ["c2 strong", "(1 − ᾱ) · score"], ["mark", "divided by √ᾱ"]], 12, 16, size.width - 24)
      + above.svg + above.curve(states, "c1 strong") + below.svg + below.curve(model.all, "grey") + below.curve([[-LIMIT, 0], ...own, [LIMIT, 0]], "f3 faint") + below.curve(own, "c3 strong")
      + line(above.px(along), ground, below.px(mean), beneath.top + beneath.height, "mark") + arrow(above.px(x), above.px(along), ground, "c2 strong")
      + circle(above.px(x), ground, 6, "c2 f2") + circle(below.px(mean), beneath.top + beneath.height, 6, "c3 f3");
    return { svg, said: `t = ${t}: xₜ + (1 − ᾱ) · score = ${number(along)}, and divided by √ᾱ = ${number(Math.sqrt(kept))} it is ${number(mean)}, the posterior mean; the posterior standard deviation is ${number(Math.sqrt(moments(posterior).variance))}.` };
  },
  drag(model, now, [x], size) {
    const [at] = frames(size);
    return { x: ((x - at.left) / at.width) * 2 * LIMIT - LIMIT };
  },
};
