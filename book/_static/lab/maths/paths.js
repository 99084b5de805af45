// Paths between data and noise, x_t = α(t) x_0 + σ(t) ε with t = 0 for data and t = 1 for noise; their exact flow and
// velocity for blobs on a line (page flow-matching), and the flow of pairs that are joined again.

import { normalBelow } from "./gelu.js";

// α, σ and their slopes at t, on the path with α^p + σ^p = 1 and σ / (α + σ) = t: p = 1 straight, p = 2 the circle.
export const scales = (p, t) => {
  const left = 1 - t, sum = left ** p + t ** p, size = sum ** (1 / p), growth = (t ** (p - 1) - left ** (p - 1)) / sum;
  return { alpha: left / size, sigma: t / size, dAlpha: (-1 - left * growth) / size, dSigma: (1 - t * growth) / size };
};

// E[x_0 | x_t] and E[ε | x_t] of `world` = {means, std, weights}; also where no signal or no noise is left.
export const expected = ({ means, std, weights }, x, { alpha, sigma }) => {
  const variance = alpha * alpha * std * std + sigma * sigma, apart = means.map((mean) => x - alpha * mean);
  const least = Math.min(...apart.map((each) => each * each)), shares = apart.map((each, k) => weights[k] * Math.exp((least - each * each) / (2 * variance)));
  const sum = shares.reduce((total, each) => total + each, 0);
  const mean = (values) => values.reduce((total, each, k) => total + shares[k] * each, 0) / sum;
  return { clean: mean(apart.map((each, k) => means[k] + (alpha * std * std * each) / variance)), noise: (sigma * mean(apart)) / variance };
};

// E[α' x_0 + σ' ε | x_t]
export const velocity = (world, x, at) => {
  const { clean, noise } = expected(world, x, at);
  return at.dAlpha * clean + at.dSigma * noise;
};

// Where the exact flow is: the point below which a share of the states lies.
export const carried = ({ means, std, weights }, share, { alpha, sigma }) => {
  const deviation = Math.sqrt(alpha * alpha * std * std + sigma * sigma);
  let low = -12, high = 12;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2, below = means.reduce((sum, mean, k) => sum + weights[k] * normalBelow((middle - alpha * mean) / deviation), 0);
    if (below < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

// Noises from −`far` to `far`, and where the flow takes each: the new pairs, as a table.
export const joined = (world, far = 6, count = 2401) => {
  const data = scales(1, 0), noise = Array.from({ length: count }, (_, i) => -far + (2 * far * i) / (count - 1));
  return { noise, clean: noise.map((eps) => carried(world, normalBelow(eps), data)) };
};

// α' x_0 + σ' ε of the new pair that passes through x: they do not cross, so that there is one; between two of the
// table's, and beyond its ends, in proportion.
export const pairVelocity = ({ noise, clean }, x, { alpha, sigma, dAlpha, dSigma }) => {
  const place = (i) => alpha * clean[i] + sigma * noise[i];
  let low = 0, high = noise.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (place(middle) < x) low = middle;
    else high = middle;
  }
  const part = (x - place(low)) / (place(high) - place(low)), between = (values) => values[low] + part * (values[high] - values[low]);
  return dAlpha * between(clean) + dSigma * between(noise);
};

// Euler's method from x at t = 1 to t = 0: all states, x among them. `speed(x, scales)` is a velocity.
export const euler = (speed, p, x, steps) => {
  const states = [x];
  for (let k = 0; k < steps; k++) states.push(states[k] - speed(states[k], scales(p, 1 - k / steps)) / steps);
  return states;
};
