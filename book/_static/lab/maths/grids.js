// Which times a sampler visits: diffusion_lib/sample/times.py. `logs` holds log σ_t for t = 1…T, rising.

import { times } from "./solvers.js";

export const logsOf = ({ T, alphaBar, rest }) => Array.from({ length: T }, (_, i) => Math.log(rest[i + 1] / alphaBar[i + 1]) / 2);

const nearest = (logs, aims) => aims.map((aim) => 1 + logs.reduce((best, each, t) => (Math.abs(aim - each) < Math.abs(aim - logs[best]) ? t : best), 0));

// The same times, moved to neighbours where two are one.
const distinct = (T, found) => {
  for (let i = found.length - 2; i >= 0; i--) found[i] = Math.max(found[i], found[i + 1] + 1);
  return found.map((t, i) => Math.min(t, T - i));
};

// log σ_i for i = 0…steps − 1: even in σ^{1/7} (Karras et al. 2022), or in log σ.
const LEVELS = {
  karras: (top, bottom, share) => 7 * Math.log(Math.exp(top / 7) + share * (Math.exp(bottom / 7) - Math.exp(top / 7))),
  exponential: (top, bottom, share) => top + share * (bottom - top),
};
export const levelled = (logs, steps, name) => {
  const T = logs.length;
  if (steps === T || steps === 1) return Array.from({ length: steps }, (_, i) => T - i);
  return distinct(T, nearest(logs, Array.from({ length: steps }, (_, i) => LEVELS[name](logs[T - 1], logs[0], i / (steps - 1)))));
};

// Times whose steps miss by equal shares; `cleans` is what x_0 is taken to be at the times T…1 of some chains.
export const equalMisses = ({ T, alphaBar }, logs, cleans, steps) => {
  const at = [0];
  for (let i = 1; i < T; i++) {
    const moved = Math.sqrt(cleans[i].reduce((sum, each, j) => sum + (each - cleans[i - 1][j]) ** 2, 0) / cleans[i].length);
    at.push(at[i - 1] + Math.sqrt(Math.sqrt(alphaBar[T - i]) * moved * (logs[T - i] - logs[T - i - 1])));
  }
  const aims = Array.from({ length: steps }, (_, i) => {
    const aim = (at[T - 1] * i) / steps;
    let low = 0;
    while (low < T - 2 && at[low + 1] <= aim) low++;
    const part = (aim - at[low]) / Math.max(at[low + 1] - at[low], Number.MIN_VALUE);
    return logs[T - 1 - low] + part * (logs[T - 2 - low] - logs[T - 1 - low]);
  });
  return distinct(T, nearest(logs, aims));
};

// The times of a grid, and 0; `told` holds the tables, the logs, and the cleans of a chain of all times.
export const grid = (name, told, steps) => {
  if (name === "trailing") return times(told.tables.T, steps);
  return [...(name === "equal" ? equalMisses(told.tables, told.logs, told.cleans, steps) : levelled(told.logs, steps, name)), 0];
};
