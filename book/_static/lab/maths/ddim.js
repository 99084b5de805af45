// The DDIM sampler of diffusion_lib/sample/ancestral.py over many points at once, and an exact noise predictor that is fast.

import { exponential, LEAST } from "./exponential.js";
import { spread } from "./mixture.js";

// The times at which a chain of so many steps calls its network, falling: T·k/steps, halves to even, and at last 0.
export const visited = (T, steps) => Array.from({ length: steps + 1 }, (_, i) => {
  const whole = T * (steps - i), low = Math.floor(whole / steps), rest = 2 * (whole - low * steps);
  return rest > steps || (rest === steps && low % 2 === 1) ? low + 1 : low;
});

// ε̂ = E[ε | x_t] of a mixture for a batch: `x` holds n states of one or two numbers one after the other; the answer goes
// to `out`. This runs a million times while a handle moves, so there is one loop over plain arrays, without closures.
export const exactPredictor = ({ means, std, weights }) => {
  const D = means[0].length, K = means.length;
  const logs = new Float64Array(K), left = new Float64Array(K), up = new Float64Array(K), steep = new Float64Array(K), base = new Float64Array(K);
  if (D > 2) throw new RangeError(`states have one or two numbers, got ${D}`);
  return (x, kept, rest, out) => {
    const root = Math.sqrt(kept), noise = Math.sqrt(rest);
    spread({ std }, kept, rest).forEach((variance, k) => {
      steep[k] = 1 / variance;
      base[k] = Math.log(weights[k]) - (D / 2) * Math.log(variance);
      left[k] = root * means[k][0];
      up[k] = D > 1 ? root * means[k][1] : 0;
    });
    for (let i = 0; i < x.length; i += D) {
      const a = x[i], b = D > 1 ? x[i + 1] : 0;
      let most = -Infinity, sum = 0, u = 0, v = 0;
      for (let k = 0; k < K; k++) {
        const du = a - left[k], dv = b - up[k], log = base[k] - ((du * du + dv * dv) * steep[k]) / 2;
        logs[k] = log;
        if (log > most) most = log;
      }
      for (let k = 0; k < K; k++) {
        const below = logs[k] - most;
        if (below < LEAST) continue;
        const share = exponential(below), part = share * steep[k];
        sum += share;
        u += part * (a - left[k]);
        v += part * (b - up[k]);
      }
      out[i] = (noise / sum) * u;
      if (D > 1) out[i + 1] = (noise / sum) * v;
    }
    return out;
  };
};

// All states of a chain from x_T (n states one after the other), one array for each of the times that it visits.
// `predictor(x, ᾱ_t, 1 − ᾱ_t, out)` fills `out` with ε̂; `fresh` is the noise, for each step as many numbers as x has.
export const ddim = (predictor, start, { T, beta, alphaBar, rest }, steps, eta = 0, fresh = []) => {
  const times = visited(T, steps), eps = new Float64Array(start.length), states = [Float64Array.from(start)];
  for (let i = 0; i < steps; i++) {
    const t = times[i], s = times[i + 1], x = states[i], next = new Float64Array(x.length);
    let logs = 0;
    for (let k = s + 1; k <= t; k++) logs += Math.log1p(-beta[k]);
    const jump = -Math.expm1(logs), deviation = eta * Math.sqrt((jump * rest[s]) / rest[t]);
    const direction = Math.sqrt((rest[s] * ((1 - eta * eta) * jump + (1 - jump) * rest[s])) / rest[t]);
    const root = Math.sqrt(alphaBar[t]), noise = Math.sqrt(rest[t]), target = Math.sqrt(alphaBar[s]);
    predictor(x, alphaBar[t], rest[t], eps);
    for (let d = 0; d < x.length; d++) next[d] = (target * (x[d] - noise * eps[d])) / root + direction * eps[d];
    if (deviation > 0) for (let d = 0, k = i * x.length; d < x.length; d++, k++) next[d] += deviation * fresh[k];
    states.push(next);
  }
  return { times, states };
};
