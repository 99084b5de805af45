// Points of a mixture that go forward by q, and go back from where they have come to by q(x_{t−1} | x_t), exactly.

import { chosen, classesAt } from "./mixture.js";
import { gaussian, uniform } from "./random.js";

// A draw from q(x_s | x_t) from slot t of a chain to slot t − 1, in the plane: the component is drawn by Bayes' rule, then
// x_s given x_t and it. A function of x, a uniform number and two Gaussian ones: what is the same for all points is
// computed once.
export const stepBack = (data, chain, t) => {
  const [kept, rest] = [chain.alphaBar[t], chain.rest[t]], [before, less] = [chain.alphaBar[t - 1], chain.rest[t - 1]];
  const posterior = classesAt(data, kept, rest), [root, root_s] = [Math.sqrt(kept), Math.sqrt(before)];
  const parts = data.means.map((mean, k) => {
    const now = kept * data.std[k] ** 2 + rest, then = before * data.std[k] ** 2 + less;
    const gain = (Math.sqrt(1 - chain.beta[t]) * then) / now;
    return { gain, deviation: Math.sqrt((chain.beta[t] * then) / now), shift: mean.map((each) => (root_s - gain * root) * each) };
  });
  const shares = new Float64Array(parts.length);
  return (x, uniform, noise) => {
    const { gain, deviation, shift } = parts[chosen(posterior(x, shares), uniform)];
    return [shift[0] + gain * x[0] + deviation * noise[0], shift[1] + gain * x[1] + deviation * noise[1]];
  };
};

// `n` points in the plane at every slot of the chain, there and back: {from, there, back}, where from[i] is the
// component of x_0, and there[t] and back[t] hold the states, two numbers for each point; back[T] is there[T]. It pauses
// after each slot, for a page that has other things to do.
export function* journey(data, chain, n, seed) {
  const normal = gaussian(seed), part = uniform(seed + 1000), T = chain.T;
  const from = Array.from({ length: n }, () => chosen(data.weights, part()));
  const there = [Float64Array.from({ length: 2 * n }, (_, i) => data.means[from[i >> 1]][i % 2] + data.std[from[i >> 1]] * normal())];
  for (let t = 1; t <= T; t++) {
    const a = Math.sqrt(1 - chain.beta[t]), b = Math.sqrt(chain.beta[t]);
    there.push(there[t - 1].map((value) => a * value + b * normal()));
    yield;
  }
  const back = [], x = [0, 0], noise = [0, 0];
  back[T] = there[T];
  for (let t = T; t >= 1; t--) {
    const step = stepBack(data, chain, t), states = back[t], next = new Float64Array(2 * n);
    for (let i = 0; i < 2 * n; i += 2) {
      [x[0], x[1]] = [states[i], states[i + 1]];
      const uniform = part();
      [noise[0], noise[1]] = [normal(), normal()];
      [next[i], next[i + 1]] = step(x, uniform, noise);
    }
    back[t - 1] = next;
    yield;
  }
  return { from, there, back };
}

// The component whose mean, shrunk by `root`, is nearest to the point (x, y)
export const nearest = (data, root, x, y) => {
  let best = 0, least = Infinity;
  for (let k = 0; k < data.means.length; k++) {
    const square = (x - root * data.means[k][0]) ** 2 + (y - root * data.means[k][1]) ** 2;
    if (square < least) { least = square; best = k; }
  }
  return best;
};
