// The reverse equations of the VP path with every share λ of noise, on a line: diffusion_lib/sample/sde.py. Time s runs
// from 1, noise, to 0, data.

import { score } from "./mixture.js";

const START = 0.1, END = 20; // rates of noise at the data and at the end, as vp() of diffusion_lib/process/continuous.py

// ᾱ, 1 − ᾱ and the rate β at a time
export const vp = (s) => {
  const total = START * s + ((END - START) / 2) * s * s;
  return { kept: Math.exp(-total), rest: -Math.expm1(-total), beta: START + (END - START) * s };
};

// One step of Euler and Maruyama from a place at s to s − h, where `slope` is the score there and z a noise
export const step = (x, slope, beta, h, lambda, z) => x + h * beta * (x / 2 + ((1 + lambda ** 2) / 2) * slope) + lambda * Math.sqrt(beta * h) * z;

// The states at all times from 1 to 0, in even steps; `noise(k)` has the noises of step k, and the last step has none.
export const backwards = (data, starts, steps, lambda, noise) => {
  const states = [starts];
  for (let k = 0; k < steps; k++) {
    const { kept, rest, beta } = vp(1 - k / steps), z = lambda > 0 && k < steps - 1 ? noise(k) : null;
    states.push(Float64Array.from(states[k], (x, i) => step(x, score(data, kept, rest, [x])[0], beta, 1 / steps, lambda, z ? z[i] : 0)));
  }
  return states;
};
