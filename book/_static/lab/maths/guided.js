// Guidance on a line, exactly: the tilted density at one time, and what the flow makes of guided scores.
// As in diffusion_lib/process/guidance.py and book/what-guidance-samples.md: ε̂ = ε̂_all + g (ε̂_class − ε̂_all).

import { ddim, exactPredictor } from "./ddim.js";
import { mixture } from "./mixture.js";

// The distribution given that the component is one of `parts`
export const only = ({ means, std, weights }, parts) => {
  const all = parts.reduce((sum, k) => sum + weights[k], 0);
  return mixture(parts.map((k) => means[k]), parts.map((k) => std[k]), parts.map((k) => weights[k] / all));
};

export const guidedPredictor = (everything, ofClass, g) => {
  const without = exactPredictor(everything), told = exactPredictor(ofClass);
  let other = new Float64Array(0);
  return (x, kept, rest, out) => {
    if (other.length !== x.length) other = new Float64Array(x.length);
    told(x, kept, rest, other);
    without(x, kept, rest, out);
    for (let i = 0; i < x.length; i++) out[i] += g * (other[i] - out[i]);
    return out;
  };
};

const area = (x, y) => y.slice(1).reduce((sum, value, i) => sum + ((value + y[i]) / 2) * (x[i + 1] - x[i]), 0);

// q^{1 − g} q_c^g at the places x, from both logarithms there, made a density by the trapezoidal rule
export const tilted = (logAll, logClass, g, x) => {
  const logs = logAll.map((each, i) => (1 - g) * each + g * logClass[i]);
  const most = Math.max(...logs), heights = logs.map((each) => Math.exp(each - most)), whole = area(x, heights);
  return heights.map((height) => height / whole);
};

// The flow keeps the order of points on a line. So the mass between two neighbours at T is between them at every time:
// `states` are even places at T in a chain, and `mass` what N(0, 1) has between neighbours, by the midpoint rule.
export const carried = (everything, ofClass, g, tables, steps, n = 201, end = 5) => {
  const start = Float64Array.from({ length: n }, (_, i) => end * ((2 * i) / (n - 1) - 1));
  const mass = Array.from(start.subarray(1), (x, i) => (Math.exp(-((x + start[i]) ** 2) / 8) / Math.sqrt(2 * Math.PI)) * (x - start[i]));
  return { mass, ...ddim(guidedPredictor(everything, ofClass, g), start, tables, steps) };
};

// The distance ∫ |F − G| dx of the carried points at the places `points` from a density y at the places x
export const distance = (points, mass, x, y) => {
  let F = 0, G = 0, k = 0, sum = 0;
  for (let i = 1; i < x.length; i++) {
    const middle = (x[i] + x[i - 1]) / 2, step = x[i] - x[i - 1], half = (step * (y[i] + y[i - 1])) / 4;
    F += half;
    while (k < mass.length && points[k + 1] <= middle) G += mass[k++];
    const part = k < mass.length && points[k] < middle ? (mass[k] * (middle - points[k])) / (points[k + 1] - points[k]) : 0;
    sum += Math.abs(F - G - part) * step;
    F += half;
  }
  return sum;
};
