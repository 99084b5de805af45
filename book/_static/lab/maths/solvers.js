// Samplers without noise, for many states at once: diffusion_lib/sample/ode.py and dpm.py. `denoiser(x, t)` gives the
// noise in the states x, an array. Each returns the visited times and the states there, the last of them at 0.

// T·k/steps for k = steps…1, rounded, halves to even, and then 0.
export const times = (T, steps) => Array.from({ length: steps + 1 }, (_, i) => {
  const whole = Math.floor((T * (steps - i)) / steps), twice = 2 * ((T * (steps - i)) % steps);
  return whole + (twice > steps || (twice === steps && whole % 2 === 1) ? 1 : 0);
});

// Weights w with Σ w_k f(nodes[k]) ≈ ∫ f from nodes[0] to `end`, exact for polynomials (Adams and Bashforth).
export const adamsBashforth = (nodes, end) => {
  const long = end - nodes[0], places = nodes.map((node) => (node - nodes[0]) / long);
  return places.map((place, k) => {
    let polynomial = [1];
    places.forEach((other, j) => {
      if (j === k) return;
      const next = Array(polynomial.length + 1).fill(0);
      polynomial.forEach((c, power) => { next[power] -= (other * c) / (place - other); next[power + 1] += c / (place - other); });
      polynomial = next;
    });
    return long * polynomial.reduce((sum, c, power) => sum + c / (power + 1), 0);
  });
};

const walk = (x_T, { T, alphaBar, rest }, steps, step) => {
  const visited = times(T, steps), states = [x_T], levels = visited.map((t) => ({ t, kept: alphaBar[t], rest: rest[t], sigma: Math.sqrt(rest[t] / alphaBar[t]) }));
  for (let i = 0; i < steps; i++) states.push(step(states[i], levels[i], levels[i + 1]));
  return { times: visited, states };
};
// x_s = √ᾱ_s (x_t / √ᾱ_t + Σ w_k ε̂_k)
const move = (x, from, to, weights, noises) => x.map((each, i) => Math.sqrt(to.kept) * (each / Math.sqrt(from.kept) + weights.reduce((sum, w, k) => sum + w * noises[k][i], 0)));

export const lms = (order) => (denoiser, x_T, tables, steps) => {
  const past = [];
  return walk(x_T, tables, steps, (x, from, to) => {
    past.unshift([from.sigma, denoiser(x, from.t)]);
    past.length = Math.min(past.length, order);
    return move(x, from, to, adamsBashforth(past.map(([sigma]) => sigma), to.sigma), past.map(([, noise]) => noise));
  });
};

export const heun = (denoiser, x_T, tables, steps) => walk(x_T, tables, steps, (x, from, to) => {
  const first = denoiser(x, from.t), long = to.sigma - from.sigma, there = move(x, from, to, [long], [first]);
  return to.t === 0 ? there : move(x, from, to, [long / 2, long / 2], [first, denoiser(there, to.t)]);
});

export const dpmpp = (denoiser, x_T, tables, steps) => {
  let before = null;
  return walk(x_T, tables, steps, (x, from, to) => {
    const noise = denoiser(x, from.t), clean = x.map((each, i) => (each - Math.sqrt(from.rest) * noise[i]) / Math.sqrt(from.kept));
    const log = Math.log(from.sigma), part = before && to.t > 0 ? (log - Math.log(to.sigma)) / (before.log - log) / 2 : 0;
    const guess = clean.map((each, i) => each + (part ? part * (each - before.clean[i]) : 0));
    before = { log, clean };
    return x.map((each, i) => Math.sqrt(to.rest / from.rest) * each + Math.sqrt(to.kept) * (1 - to.sigma / from.sigma) * guess[i]);
  });
};
