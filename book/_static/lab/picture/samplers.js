// The samplers of diffusion_lib/sample, from unit noise to latents: each yields {t, x, clean} before a step, where
// `clean` is what the network takes x_0 to be, and last {t: 0}. `denoise(x, t)` and what it gives are Float32Arrays.

import { levelled } from "../maths/grids.js";
import { adamsBashforth, times as visitedTo0 } from "../maths/solvers.js";

const { sqrt, log, expm1, log1p, min } = Math;

// Σ a x over pairs of a number and an array, rounded once.
const sum = (...pairs) => pairs[0][1].map((_, i) => pairs.reduce((all, [a, x]) => all + a * x[i], 0));

// The times nearest to levels of the noise that are even in σ^{1/7} (Karras et al. 2022, eq. 5); none twice.
export const karras = ({ snr }, steps) => levelled(snr.slice(1).map((each) => log(each) / -2), steps, "karras");

// The step from t to s < t.
export const transition = ({ beta, alphaBar, rest }, t, s) => {
  let logs = 0;
  for (let r = s + 1; r <= t; r++) logs += log1p(-beta[r]);
  const sigma = (r) => sqrt(rest[r] / alphaBar[r]);
  return { t, s, keptT: alphaBar[t], keptS: alphaBar[s], restT: rest[t], restS: rest[s], beta: -expm1(logs), sigmaT: sigma(t), sigmaS: sigma(s) };
};

const move = (step, x, past) => {
  const kept = sqrt(step.keptS), weights = adamsBashforth(past.map(([level]) => level), step.sigmaS);
  return sum([kept / sqrt(step.keptT), x], ...past.map(([, eps], k) => [kept * weights[k], eps]));
};

// A function for each sampler; it makes the function of one step, which may keep a past.
const ddpm = ({ draw }) => (step, x, eps, clean) => {
  const mean = [[(sqrt(step.keptS) * step.beta) / step.restT, clean], [(sqrt(1 - step.beta) * step.restS) / step.restT, x]];
  return step.s > 0 ? sum(...mean, [sqrt((step.beta * step.restS) / step.restT), draw(x.length)]) : sum(...mean);
};
const ddim = () => (step, x, eps, clean) => sum([sqrt(step.keptS), clean], [sqrt(step.restS), eps]);
const multistep = (order) => () => {
  const past = [];
  return (step, x, eps) => {
    past.unshift([step.sigmaT, eps]);
    past.length = min(past.length, order);
    return move(step, x, past);
  };
};
const heun = ({ denoise }) => async (step, x, eps) => {
  const first = move(step, x, [[step.sigmaT, eps]]);
  if (step.s === 0) return first;
  const other = await denoise(first, step.s);
  return move(step, x, [[step.sigmaT, sum([0.5, eps], [0.5, other])]]);
};
const dpmpp = () => {
  let before = null;
  return (step, x, eps, clean) => {
    let ahead = clean;
    if (before && step.s > 0) {
      const ratio = (log(step.sigmaT) - log(step.sigmaS)) / (before.level - log(step.sigmaT)) / 2;
      ahead = sum([1 + ratio, clean], [-ratio, before.clean]);
    }
    before = { level: log(step.sigmaT), clean };
    const kept = sqrt(step.restS / step.restT), shrunk = kept * sqrt(step.keptT / step.keptS);
    return sum([kept, x], [sqrt(step.keptS) * (1 - shrunk), ahead]);
  };
};
const EVEN = { ddpm, ddim, euler: multistep(1), heun, lms: multistep(4), "dpm++": dpmpp };

// The names of the samplers, as in diffusion_lib/registry.py.
export const names = Object.keys(EVEN).flatMap((name) => [name, `${name}-karras`]);

export const times = (tables, name, steps) => (name.endsWith("-karras") ? karras(tables, steps) : visitedTo0(tables.T, steps).slice(0, -1));

// With an `origin` {z, strength}, x is the noise in z at the first of the last times.
export async function* sample(name, tables, x, { steps, denoise, draw, origin = null }) {
  if (!names.includes(name)) throw new RangeError(`no sampler ${name}`);
  const visited = times(tables, name, steps).slice(origin ? steps - Math.trunc(steps * origin.strength) : 0);
  if (origin) x = sum([sqrt(tables.alphaBar[visited[0]]), origin.z], [sqrt(tables.rest[visited[0]]), x]);
  const next = EVEN[name.replace(/-karras$/, "")]({ denoise, draw });
  for (let k = 0; k < visited.length; k++) {
    const step = transition(tables, visited[k], visited[k + 1] ?? 0), eps = await denoise(x, step.t);
    const clean = sum([1 / sqrt(step.keptT), x], [-sqrt(step.restT) / sqrt(step.keptT), eps]);
    yield { t: step.t, x, clean };
    x = await next(step, x, eps, clean);
  }
  yield { t: 0, x, clean: x };
}
