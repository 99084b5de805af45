// The method of Adams and Bashforth on equal steps for x' = λx, z the step times λ: x_{n+1} = x_n + z Σ_k w_k x_{n−k}.

import { adamsBashforth } from "./solvers.js";

// The newest value first: nodes at 0, −1, …, and the integral from 0 to 1.
export const weights = (order) => adamsBashforth(Array.from({ length: order }, (_, k) => 0 - k), 1);

// x at all steps from 1 on; the first steps have a shorter past, and use it, as `lms` does.
export const solution = (order, z, steps) => {
  const x = [1];
  for (let n = 0; n < steps; n++) {
    const past = weights(Math.min(order, n + 1));
    x.push(x[n] + z * past.reduce((sum, weight, k) => sum + weight * x[n - k], 0));
  }
  return x;
};

const times = ([a, b], [c, d]) => [a * c - b * d, a * d + b * c];
const over = ([a, b], [c, d]) => [(a * c + b * d) / (c * c + d * d), (b * c - a * d) / (c * c + d * d)];

// The factors ρ of an error, the roots of ρ^k − ρ^{k−1} − z Σ w_j ρ^{k−1−j}, for a complex z = [re, im]; by Durand and
// Kerner: all roots at once, each divided by its distances from the others.
export const factors = (order, z) => {
  const w = weights(order), coefficients = w.map((weight, j) => [(j === 0 ? -1 : 0) - weight * z[0], -weight * z[1]]);
  let roots = Array.from({ length: order }, (_, k) => [0.9 * Math.cos(0.4 + (2 * Math.PI * k) / order), 0.9 * Math.sin(0.4 + (2 * Math.PI * k) / order)]);
  for (let turn = 0; turn < 200; turn++) {
    let moved = 0;
    for (let i = 0; i < order; i++) {
      const value = coefficients.reduce((sum, c) => { const [a, b] = times(sum, roots[i]); return [a + c[0], b + c[1]]; }, [1, 0]);
      const apart = roots.reduce((product, root, j) => (j === i ? product : times(product, [roots[i][0] - root[0], roots[i][1] - root[1]])), [1, 0]);
      const step = over(value, apart);
      roots[i] = [roots[i][0] - step[0], roots[i][1] - step[1]];
      moved = Math.max(moved, Math.hypot(...step));
    }
    if (moved < 1e-13) break;
  }
  return roots;
};

export const growth = (order, z) => Math.max(...factors(order, z).map(([a, b]) => Math.hypot(a, b)));

// Where ρ = −1, the left end of the region of stability on the real axis
export const limit = (order) => -2 / weights(order).reduce((sum, weight, k) => sum + (k % 2 ? -weight : weight), 0);

// The rim of the region: z = (ρ − 1) / Σ w_j ρ^{−j} for ρ on the unit circle, where no other factor is larger. Half of it
// is computed; the other half is its image below the real axis.
export const rim = (order, pieces = 120) => {
  const w = weights(order), half = Array.from({ length: pieces + 1 }, (_, i) => {
    const angle = (Math.PI * i) / pieces;
    const below = w.reduce(([a, b], weight, j) => [a + weight * Math.cos(j * angle), b - weight * Math.sin(j * angle)], [0, 0]);
    const z = over([Math.cos(angle) - 1, Math.sin(angle)], below);
    return growth(order, z) < 1 + 1e-6 ? z : [NaN, NaN];
  });
  return [...half, ...half.map(([re, im]) => [re, -im]).reverse()];
};
