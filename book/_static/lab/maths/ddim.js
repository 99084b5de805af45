// The DDIM sampler of diffusion_lib/sample/ancestral.py over many points at once, and an exact denoiser that is fast.

import { spread } from "./mixture.js";

// The times at which a chain of so many steps calls its denoiser, falling: T·k/steps, halves to even, and at last 0.
export const visited = (T, steps) => Array.from({ length: steps + 1 }, (_, i) => {
  const whole = T * (steps - i), low = Math.floor(whole / steps), rest = 2 * (whole - low * steps);
  return rest > steps || (rest === steps && low % 2 === 1) ? low + 1 : low;
});

// ε̂ = E[ε | x_t] of a mixture for a batch: `x` holds n states one after the other; the answer goes to `out`.
export const exactDenoiser = ({ means, std, weights }) => {
  const D = means[0].length, K = means.length, logs = new Float64Array(K), shrunk = new Float64Array(K * D), steep = new Float64Array(K), base = new Float64Array(K);
  return (x, kept, rest, out) => {
    const root = Math.sqrt(kept), noise = Math.sqrt(rest);
    spread({ std }, kept, rest).forEach((variance, k) => {
      steep[k] = 1 / variance;
      base[k] = Math.log(weights[k]) - (D / 2) * Math.log(variance);
      for (let d = 0; d < D; d++) shrunk[k * D + d] = root * means[k][d];
    });
    for (let i = 0; i < x.length; i += D) {
      let most = -Infinity, sum = 0;
      for (let k = 0; k < K; k++) {
        let square = 0;
        for (let d = 0; d < D; d++) { const off = x[i + d] - shrunk[k * D + d]; square += off * off; }
        logs[k] = base[k] - (square * steep[k]) / 2;
        if (logs[k] > most) most = logs[k];
      }
      for (let d = 0; d < D; d++) out[i + d] = 0;
      for (let k = 0; k < K; k++) {
        const share = logs[k] - most < -45 ? 0 : Math.exp(logs[k] - most); // below 1e-19 of the largest
        sum += share;
        if (share > 0) for (let d = 0; d < D; d++) out[i + d] += share * steep[k] * (x[i + d] - shrunk[k * D + d]);
      }
      for (let d = 0; d < D; d++) out[i + d] *= noise / sum;
    }
    return out;
  };
};

// All states of a chain from x_T (n states one after the other), one array for each of the times that it visits.
// `denoiser(x, ᾱ_t, 1 − ᾱ_t, out)` fills `out` with ε̂; `normal` gives the noise, in the order of the numbers of x.
export const ddim = (denoiser, start, { T, beta, alphaBar, rest }, steps, eta = 0, normal = null) => {
  const times = visited(T, steps), eps = new Float64Array(start.length), states = [Float64Array.from(start)];
  for (let i = 0; i < steps; i++) {
    const t = times[i], s = times[i + 1], x = states[i], next = new Float64Array(x.length);
    let logs = 0;
    for (let k = s + 1; k <= t; k++) logs += Math.log1p(-beta[k]);
    const jump = -Math.expm1(logs), deviation = eta * Math.sqrt((jump * rest[s]) / rest[t]);
    const direction = Math.sqrt((rest[s] * ((1 - eta * eta) * jump + (1 - jump) * rest[s])) / rest[t]);
    const root = Math.sqrt(alphaBar[t]), noise = Math.sqrt(rest[t]), target = Math.sqrt(alphaBar[s]);
    denoiser(x, alphaBar[t], rest[t], eps);
    for (let d = 0; d < x.length; d++) {
      next[d] = (target * (x[d] - noise * eps[d])) / root + direction * eps[d];
      if (deviation > 0) next[d] += deviation * normal();
    }
    states.push(next);
  }
  return { times, states };
};
