// One reverse step with a known data point: a product of two Gaussians is a Gaussian.

import { axes, circle, legend, line, number, text } from "../shell/plot.js";
import { range } from "../shell/controls.js";
import { below } from "../shell/letters.js";
import { density, posterior } from "../maths/gaussian.js";
import { evenly, schedule, visiting } from "../maths/schedule.js";

const T = 10, LIMIT = 3; // ten long steps of the linear schedule, as in the figure above
const positions = Array.from({ length: 301 }, (_, i) => -LIMIT + (i * LIMIT) / 150);

// Mean and variance of x_{t−1}: of the prior, which knows the data point, of the likelihood of the state, and of the posterior
export const gaussians = (chain, t, known, observed) => {
  const { ofData, ofState, variance } = posterior(chain, t), kept = 1 - chain.beta[t];
  return {
    ofData, ofState,
    data: { mean: Math.sqrt(chain.alphaBar[t - 1]) * known, variance: chain.rest[t - 1] },
    state: { mean: observed / Math.sqrt(kept), variance: chain.beta[t] / kept },
    both: { mean: ofData * known + ofState * observed, variance },
  };
};

const frames = ({ width, height }) => {
  const wide = width > 500, densities = wide ? width - 300 : width - 20;
  return [
    { left: 10, top: wide ? 78 : 96, width: densities, height: wide ? height - 134 : height - 366 },
    { left: wide ? width - 250 : 40, top: wide ? 78 : height - 172, width: wide ? 240 : width - 50, height: wide ? height - 134 : 120 },
  ];
};
const across = (at) => (value) => at.left + (at.width * (value + LIMIT)) / (2 * LIMIT);

// A Gaussian of variance zero is drawn as a line.
const curve = (panel, { mean, variance }, kind, high) => (variance === 0
  ? line(panel.px(mean), panel.py(0), panel.px(mean), panel.py(high), kind)
  : panel.curve(positions.map((x) => [x, density(x, mean, variance)]), kind));

export const lab = {
  title: "One reverse step with a known data point",
  alt: "Left, three Gaussian densities of x at t − 1: the prior given the data point, the likelihood of the state, and the posterior. Right, the weights of the data point and of the state in the mean of the posterior, and its variance, against t.",
  height: 350,
  narrow: 560,
  controls: [
    range("t", "timestep t", { from: 1, to: T, value: 4, play: 5 }),
    range("x0", "data x₀", { from: -2, to: 2, step: 0.05, value: 1.2 }),
    range("xt", "state xₜ", { from: -2.5, to: 2.5, step: 0.05, value: -0.4 }),
  ],
  setup() {
    const chain = visiting(schedule("linear", 1000), evenly(1000, T));
    return { chain, weights: Array.from({ length: T }, (_, i) => posterior(chain, i + 1)) };
  },
  draw({ chain, weights }, { t, x0, xt }, size) {
    const [at, beside] = frames(size), found = gaussians(chain, t, x0, xt), { data, state, both } = found;
    const high = 1.15 * Math.max(...[data, state, both].map(({ mean, variance }) => (variance ? density(mean, mean, variance) : 0)));
    const left = axes(at, { from: -LIMIT, to: LIMIT, name: `x${below(t - 1)}` }, { from: 0, to: high, marks: false });
    const right = axes(beside, { from: 0, to: T, name: "t" }, { from: 0, to: 1, name: "weights, and variance β̃" });
    const grips = [[x0, "c1", "x₀", -34], [xt, "c2", `x${below(t)}`, -16]].map(([value, kind, words, up]) => line(left.px(value), at.top + up, left.px(value), at.top + at.height, `${kind} thin`)
      + circle(left.px(value), at.top + up, 6, kind, { fill: "none" }) + text(left.px(value) + 10, at.top + up + 4, words));
    const parts = [["ofData", "c1"], ["ofState", "c2"]].map(([name, kind]) => right.curve(weights.map((each, i) => [i + 1, each[name]]), `${kind}`)
      + circle(right.px(t), right.py(found[name]), 4, `${kind} f${kind[1]}`));
    const spread = right.curve(weights.map((each, i) => [i + 1, each.variance]), "c3") + circle(right.px(t), right.py(both.variance), 4, "c3 f3");
    const names = [["c1", "prior, from x₀"], ["c2", "likelihood of xₜ"], ["c3 strong", "posterior"]];
    const svg = legend(names, 10, 16, size.width > 500 ? size.width : size.width - 10) + left.svg + curve(left, data, "c1", high) + curve(left, state, "c2", high) + curve(left, both, "c3 strong", high) + grips.join("")
      + right.svg + right.across(t, "mark") + parts.join("") + spread;
    return { svg, said: `t = ${t} of ${T}: the posterior of x${below(t - 1)} has the mean ${number(found.ofData)} x₀ + ${number(found.ofState)} x${below(t)} = ${number(both.mean)} and the variance β̃ = ${number(both.variance)}; the variance of the prior is ${number(data.variance)}, that of the likelihood ${number(state.variance)}.` };
  },
  // In the left panel a finger takes the nearer grip, in the right one it moves t.
  drag(model, { x0, xt }, [x, y], size, began) {
    const [at, beside] = frames(size), px = across(at);
    if (began) {
      const right = size.width > 500 ? x > beside.left - 20 : y > beside.top - 30;
      model.held = right ? "t" : Math.abs(px(x0) - x) < Math.abs(px(xt) - x) ? "x0" : "xt";
    }
    if (model.held === "t") return { t: (T * (x - beside.left)) / beside.width };
    return { [model.held]: ((x - at.left) / at.width) * 2 * LIMIT - LIMIT };
  },
};
