// Blobs on a line, whose optimal noise predictor and whose flow from noise to data are known: the flow keeps the share of the
// states that lie below a point (pages exact-oracle and samplers).

import { normalBelow } from "./gelu.js";

// E[ε | x_t] of `world` = {means, std, weights}, for one state x_t at the levels kept = ᾱ_t and rest = 1 − ᾱ_t.
export const noiseOnLine = ({ means, std, weights }, x, kept, rest) => {
  const variance = kept * std * std + rest, shrunk = Math.sqrt(kept);
  let least = Infinity, sum = 0, off = 0;
  for (let k = 0; k < means.length; k++) least = Math.min(least, (x - shrunk * means[k]) ** 2);
  for (let k = 0; k < means.length; k++) {
    const apart = x - shrunk * means[k], share = weights[k] * Math.exp((least - apart * apart) / (2 * variance));
    sum += share;
    off += share * apart;
  }
  return (Math.sqrt(rest) * off) / (sum * variance);
};

// The share of the data, with noise of deviation sigma on top, below x.
export const shareBelow = ({ means, std, weights }, x, sigma) => means.reduce((sum, mean, k) => sum + weights[k] * normalBelow((x - mean) / Math.sqrt(std * std + sigma * sigma)), 0);

// The point below which a share lies, by bisection.
export const quantile = (world, share, sigma) => {
  let high = 50 + 10 * sigma, low = -high;
  for (let i = 0; i < 70; i++) {
    const middle = (low + high) / 2;
    if (shareBelow(world, middle, sigma) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

// Where the exact flow takes the state x_T, at time t and without the shrinking.
export const flow = (world, { T, alphaBar, rest }, x_T, t) => {
  const sigma = (at) => Math.sqrt(rest[at] / alphaBar[at]);
  return quantile(world, shareBelow(world, x_T / Math.sqrt(alphaBar[T]), sigma(T)), sigma(t));
};
