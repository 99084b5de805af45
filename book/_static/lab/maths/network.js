// The MLP of diffusion_lib/networks/mlp.py: layers on a point, on waves of it, and of the time; and its gradient.
// Weights lie in one vector, as parameters_to_vector puts them: for each layer its matrix, row by row, then its biases.

import { gelu } from "./gelu.js";
import { uniform } from "./random.js";

const TIMES = 8; // cosines of the time

// `frequencies` are two rows, one for each axis; none, and the network sees no waves.
export const network = ({ T, alphaBar, rest, width, frequencies }) => {
  const waves = frequencies[0].length, inputs = 2 + 2 * waves + TIMES, sizes = [inputs, width, width, 2];
  const starts = [0];
  for (let k = 0; k < 3; k++) starts.push(starts[k] + (sizes[k] + 1) * sizes[k + 1]);
  const time = Array.from({ length: T + 1 }, (_, t) => {
    const s = Math.log1p((999 * t) / T) / Math.log(1000);
    return Array.from({ length: TIMES }, (_, k) => Math.cos(Math.PI * s * (k + 1)));
  });
  return { waves, frequencies, sizes, starts, time, signal: alphaBar.map(Math.sqrt), noise: rest.map(Math.sqrt), room: new Map() };
};

// PyTorch's own start of a linear layer, but zeros in the last, so that the first answer is 0.
export const fresh = ({ sizes, starts }, seed) => {
  const next = uniform(seed), weights = new Float64Array(starts[3]);
  for (let k = 0; k < 2; k++) {
    const bound = 1 / Math.sqrt(sizes[k]);
    for (let i = starts[k]; i < starts[k + 1]; i++) weights[i] = bound * (2 * next() - 1);
  }
  return weights;
};

// The memory for a batch of n points, kept for the next batch of as many.
const room = (net, n) => {
  if (!net.room.has(n)) {
    const table = (size) => new Float64Array(n * size), hidden = () => ({ sum: table(net.sizes[1]), out: table(net.sizes[1]), slope: table(net.sizes[1]), back: table(net.sizes[1]) });
    net.room.set(n, { input: table(net.sizes[0]), layers: [hidden(), hidden()], F: table(2), eps: table(2), back: table(2) });
  }
  return net.room.get(n);
};

const look = (net, x, t, n, input) => {
  const { waves, frequencies: [across, along], sizes } = net;
  for (let b = 0; b < n; b++) {
    let at = b * sizes[0];
    const [u, v] = [x[2 * b], x[2 * b + 1]];
    input[at++] = u;
    input[at++] = v;
    for (let k = 0; k < waves; k++, at++) {
      const phase = 2 * Math.PI * (u * across[k] + v * along[k]);
      input[at] = Math.sin(phase);
      input[at + waves] = Math.cos(phase);
    }
    at += waves;
    const row = net.time[t[b]];
    for (let k = 0; k < TIMES; k++) input[at + k] = row[k];
  }
};

// out = W given + bias for n rows; W starts at `start` of the weights.
const linear = (weights, start, given, from, out, to, n) => {
  const biases = start + from * to;
  for (let b = 0; b < n; b++) {
    const row = b * from;
    for (let o = 0; o < to; o++) {
      let sum = weights[biases + o];
      for (let i = 0, w = start + o * from; i < from; i++) sum += weights[w + i] * given[row + i];
      out[b * to + o] = sum;
    }
  }
};

// Adds to `gradient` what `back`, the slope of the loss in a layer's sums, is for its weights; `down`, if it is given,
// becomes the slope in what the layer was given.
const linearBack = (weights, gradient, start, given, from, back, to, n, down) => {
  const biases = start + from * to;
  if (down) down.fill(0, 0, n * from);
  for (let b = 0; b < n; b++) {
    const row = b * from;
    for (let o = 0; o < to; o++) {
      const slope = back[b * to + o], w = start + o * from;
      gradient[biases + o] += slope;
      for (let i = 0; i < from; i++) gradient[w + i] += slope * given[row + i];
      if (down) for (let i = 0; i < from; i++) down[row + i] += slope * weights[w + i];
    }
  }
};

// eps_hat of n points x (u, v, u, v, …) at times t, as Float64Array that the next call with as many points overwrites.
// The layers say v: eps_hat = √(1 − ᾱ_t) x_t + √ᾱ_t F.
export const predict = (net, weights, x, t, n = t.length) => {
  const { sizes, starts, signal, noise } = net, own = room(net, n), [first, second] = own.layers;
  look(net, x, t, n, own.input);
  linear(weights, starts[0], own.input, sizes[0], first.sum, sizes[1], n);
  gelu(first.sum, first.out, first.slope, n * sizes[1]);
  linear(weights, starts[1], first.out, sizes[1], second.sum, sizes[2], n);
  gelu(second.sum, second.out, second.slope, n * sizes[2]);
  linear(weights, starts[2], second.out, sizes[2], own.F, 2, n);
  for (let b = 0; b < n; b++) for (let k = 2 * b; k < 2 * b + 2; k++) own.eps[k] = noise[t[b]] * x[k] + signal[t[b]] * own.F[k];
  return own.eps;
};

// The loss Σ_b share_b |eps_b − eps_hat_b|² / 2n of a batch and its gradient, into `gradient`.
export const lossAndGradient = (net, weights, x, t, eps, share, gradient) => {
  const n = t.length, { sizes, starts, signal } = net, said = predict(net, weights, x, t), own = room(net, n), [first, second] = own.layers;
  let loss = 0;
  for (let b = 0; b < n; b++) {
    for (let k = 2 * b; k < 2 * b + 2; k++) {
      const miss = said[k] - eps[k];
      loss += share[b] * miss * miss;
      own.back[k] = (share[b] * miss * signal[t[b]]) / n;
    }
  }
  gradient.fill(0);
  linearBack(weights, gradient, starts[2], second.out, sizes[2], own.back, 2, n, second.back);
  for (let i = 0; i < n * sizes[2]; i++) second.back[i] *= second.slope[i];
  linearBack(weights, gradient, starts[1], first.out, sizes[1], second.back, sizes[2], n, first.back);
  for (let i = 0; i < n * sizes[1]; i++) first.back[i] *= first.slope[i];
  linearBack(weights, gradient, starts[0], own.input, sizes[0], first.back, sizes[1], n, null);
  return loss / (2 * n);
};
