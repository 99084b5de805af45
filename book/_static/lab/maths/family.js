// The reverse equations of the VP path with λ times the noise, in one dimension: diffusion_lib/sample/sde.py. Time s runs
// from 1, noise, to 0, data.

import { score } from "./mixture.js";

const START = 0.1, END = 20; // noise rates at times 0 and 1, as vp() of diffusion_lib/process/continuous.py

// ᾱ, 1 − ᾱ and the rate β at a time
export const vp = (s) => {
  const total = START * s + ((END - START) / 2) * s * s;
  return { kept: Math.exp(-total), rest: -Math.expm1(-total), beta: START + (END - START) * s };
};

// One step of Euler and Maruyama from the state x at time s to s − h, where `gradient` is the score there and z is standard Gaussian noise
export const step = (x, gradient, beta, h, lambda, z) => x + h * beta * (x / 2 + ((1 + lambda ** 2) / 2) * gradient) + lambda * Math.sqrt(beta * h) * z;

// The states at all times from 1 to 0, in even steps; `noise(k)` gives the noise of step k; the last step adds none.
export const backwards = (data, starts, steps, lambda, noise) => {
  const states = [starts];
  for (let k = 0; k < steps; k++) {
    const { kept, rest, beta } = vp(1 - k / steps), z = lambda > 0 && k < steps - 1 ? noise(k) : null;
    states.push(Float64Array.from(states[k], (x, i) => step(x, score(data, kept, rest, [x])[0], beta, 1 / steps, lambda, z ? z[i] : 0)));
  }
  return states;
};
