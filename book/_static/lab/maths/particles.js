// Points of a mixture that go forward by q, and go back from where they have come to by q(x_{t−1} | x_t), exactly.

import { chosen, classes } from "./mixture.js";
import { gaussian, uniform } from "./random.js";

const two = (normal) => [normal(), normal()];

// q(x_s | x_t) from slot t of a chain to slot t − 1: the component is drawn by Bayes' rule, then x_s given x_t and it.
export const stepBack = (data, chain, t, x, part, noise) => {
  const [kept, rest] = [chain.alphaBar[t], chain.rest[t]], [before, less] = [chain.alphaBar[t - 1], chain.rest[t - 1]];
  const k = chosen(classes(data, kept, rest, x), part);
  const now = kept * data.std[k] ** 2 + rest, then = before * data.std[k] ** 2 + less;
  const gain = (Math.sqrt(1 - chain.beta[t]) * then) / now, deviation = Math.sqrt((chain.beta[t] * then) / now);
  return x.map((value, d) => Math.sqrt(before) * data.means[k][d] + gain * (value - Math.sqrt(kept) * data.means[k][d]) + deviation * noise[d]);
};

// `n` points in the plane at every slot of the chain, there and back: {from, there, back}, where from[i] is the
// component of x_0, and there[t][i] and back[t][i] are states; back[T] is there[T].
export const journey = (data, chain, n, seed) => {
  const normal = gaussian(seed), part = uniform(seed + 1000), T = chain.T;
  const from = Array.from({ length: n }, () => chosen(data.weights, part()));
  const there = [from.map((k) => data.means[k].map((mean) => mean + data.std[k] * normal()))];
  for (let t = 1; t <= T; t++) {
    const a = Math.sqrt(1 - chain.beta[t]), b = Math.sqrt(chain.beta[t]);
    there.push(there[t - 1].map((x) => x.map((value) => a * value + b * normal())));
  }
  const back = [];
  back[T] = there[T];
  for (let t = T; t >= 1; t--) back[t - 1] = back[t].map((x) => stepBack(data, chain, t, x, part(), two(normal)));
  return { from, there, back };
};

// The component whose mean, shrunk by `root`, is nearest to x
export const nearest = (data, root, x) => {
  let best = 0, least = Infinity;
  data.means.forEach((mean, k) => {
    const square = (x[0] - root * mean[0]) ** 2 + (x[1] - root * mean[1]) ** 2;
    if (square < least) { least = square; best = k; }
  });
  return best;
};
