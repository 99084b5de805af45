// A model that can be summed: reverse steps N(a_t x_t, v_t) against a chain q on the line, as in
// diffusion_lib/evaluate/gaussian_chain.py. All is in nats; `square` is x_0², or its mean over the data.

import { logDensity, posterior } from "./gaussian.js";

const times = (chain, from = 1) => Array.from({ length: chain.T + 1 - from }, (_, i) => from + i);

// Slopes and variances of q(x_{t−1} | x_t) for data N(0, s²), tables with slot 0 unused
export const bestSteps = ({ beta, alphaBar, rest }, s) => {
  const variance = alphaBar.map((kept, t) => kept * s * s + rest[t]);
  const before = (t) => (t ? variance[t - 1] / variance[t] : 0);
  return { a: beta.map((each, t) => Math.sqrt(1 - each) * before(t)), v: beta.map((each, t) => each * before(t)) };
};

// −log p(x_0), or its mean over data of mean 0
export const nats = (chain, { a, v }, square) => {
  let variance = 1;
  for (let t = chain.T; t >= 1; t--) variance = a[t] ** 2 * variance + v[t];
  return (Math.log(2 * Math.PI * variance) + square / variance) / 2;
};

// E −log N(y; mean, variance), by the mean square of y − mean
const cost = (meanSquare, variance) => (Math.log(2 * Math.PI * variance) + meanSquare / variance) / 2;

// L_0…L_T, averaged over the noise
export const terms = (chain, { a, v }, square) => {
  const { T, alphaBar, rest } = chain;
  const first = cost((1 - a[1] * Math.sqrt(alphaBar[1])) ** 2 * square + a[1] ** 2 * rest[1], v[1]);
  const middle = times(chain, 2).map((t) => {
    const { ofData, ofState, variance } = posterior(chain, t), apart = ofState - a[t];
    const meanSquare = (ofData + apart * Math.sqrt(alphaBar[t])) ** 2 * square + apart ** 2 * rest[t], ratio = variance / v[t];
    return (ratio - 1 - Math.log(ratio) + meanSquare / v[t]) / 2;
  });
  return [first, ...middle, (rest[T] - 1 - Math.log(rest[T]) + alphaBar[T] * square) / 2];
};

export const sum = (list) => list.reduce((all, each) => all + each, 0);

// The parts of log q(x_1…x_T | x_0) / p(x_0…x_T), in tables over t: `start` is −log p(x_T); `step[t]` the forward step
// over the reverse step; `turned[t]` the same once Bayes' rule has turned it; `reached[t]` is log q(x_t | x_0), which
// the rule leaves over; and `end` is −log p(x_0 | x_1). First along one path x_0…x_T, then averaged over all paths.
export const parts = (chain, { a, v }, x) => {
  const back = (t) => logDensity(x[t - 1], a[t] * x[t], v[t]);
  const turned = (t) => {
    const { ofData, ofState, variance } = posterior(chain, t);
    return logDensity(x[t - 1], ofData * x[0] + ofState * x[t], variance) - back(t);
  };
  return {
    start: -logDensity(x[chain.T], 0, 1),
    step: [0, ...times(chain).map((t) => logDensity(x[t], Math.sqrt(1 - chain.beta[t]) * x[t - 1], chain.beta[t]) - back(t))],
    turned: [0, 0, ...times(chain, 2).map(turned)],
    reached: [0, ...times(chain).map((t) => logDensity(x[t], Math.sqrt(chain.alphaBar[t]) * x[0], chain.rest[t]))],
    end: -back(1),
  };
};

export const meanParts = (chain, model, square) => {
  const { T, beta, alphaBar, rest } = chain, { a, v } = model, found = terms(chain, model, square);
  const power = (t) => alphaBar[t] * square + rest[t]; // the mean square of x_t
  const missed = (t) => (1 - a[t] * Math.sqrt(1 - beta[t])) ** 2 * power(t - 1) + a[t] ** 2 * beta[t]; // of x_{t−1} − a_t x_t
  return {
    start: cost(power(T), 1),
    step: [0, ...times(chain).map((t) => cost(missed(t), v[t]) - cost(beta[t], beta[t]))],
    turned: [0, 0, ...found.slice(1, T)],
    reached: [0, ...times(chain).map((t) => -cost(rest[t], rest[t]))],
    end: found[0],
  };
};

// The parts in order once the steps 2…k are turned: one list of {t, name, value}, whose sum no k changes
export const telescoped = ({ start, step, turned, reached, end }, k) => {
  const T = step.length - 1, down = (from, to) => Array.from({ length: Math.max(0, from - to + 1) }, (_, i) => from - i);
  return [
    { name: "start", t: T, value: start },
    ...down(T, k + 1).map((t) => ({ name: "step", t, value: step[t] })),
    { name: "reached", t: k, value: reached[k] },
    ...down(k, 2).map((t) => ({ name: "turned", t, value: turned[t] })),
    { name: "end", t: 1, value: end },
  ];
};
