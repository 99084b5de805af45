// Samplers without noise, for many states at once: diffusion_lib/sample/ode.py and dpm.py. `predictor(x, t)` gives the
// noise in the states x, an array. Each returns the visited times and the states there, the last of them at 0; the times
// are even in t where none are given.

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

const at = ({ alphaBar, rest }, t) => ({ t, kept: alphaBar[t], rest: rest[t], sigma: Math.sqrt(rest[t] / alphaBar[t]) });
const walk = (x_T, tables, steps, visited, step) => {
  const states = [x_T], levels = visited.map((t) => at(tables, t));
  for (let i = 0; i < steps; i++) states.push(step(states[i], levels[i], levels[i + 1]));
  return { times: visited, states };
};
// x_s = √ᾱ_s (x_t / √ᾱ_t + Σ w_k ε̂_k)
const move = (x, from, to, weights, noises) => x.map((each, i) => Math.sqrt(to.kept) * (each / Math.sqrt(from.kept) + weights.reduce((sum, w, k) => sum + w * noises[k][i], 0)));

export const lms = (order) => (predictor, x_T, tables, steps, visited = times(tables.T, steps)) => {
  const past = [];
  return walk(x_T, tables, steps, visited, (x, from, to) => {
    past.unshift([from.sigma, predictor(x, from.t)]);
    past.length = Math.min(past.length, order);
    return move(x, from, to, adamsBashforth(past.map(([sigma]) => sigma), to.sigma), past.map(([, noise]) => noise));
  });
};

export const heun = (predictor, x_T, tables, steps, visited = times(tables.T, steps)) => walk(x_T, tables, steps, visited, (x, from, to) => {
  const first = predictor(x, from.t), long = to.sigma - from.sigma, there = move(x, from, to, [long], [first]);
  return to.t === 0 ? there : move(x, from, to, [long / 2, long / 2], [first, predictor(there, to.t)]);
});

// The time between two whose level is nearest to their geometric mean; 0 if there is none.
const middle = (tables, from, to) => {
  if (to.t === 0 || to.t === from.t - 1) return 0;
  const aim = Math.log(from.sigma * to.sigma) / 2, off = (t) => Math.abs(Math.log(at(tables, t).sigma) - aim);
  let best = to.t + 1;
  for (let t = to.t + 2; t < from.t; t++) if (off(t) < off(best)) best = t;
  return best;
};

export const dpm2 = (predictor, x_T, tables, steps, visited = times(tables.T, steps)) => walk(x_T, tables, steps, visited, (x, from, to) => {
  const first = predictor(x, from.t), m = middle(tables, from, to), long = to.sigma - from.sigma;
  if (m === 0) return move(x, from, to, [long], [first]);
  const between = at(tables, m), there = predictor(move(x, from, between, [between.sigma - from.sigma], [first]), m);
  const share = (2 * Math.log(from.sigma / between.sigma)) / Math.log(from.sigma / to.sigma);
  return move(x, from, to, [long * (1 - 1 / share), long / share], [first, there]);
});

// x̃_s = (σ_s/σ_t) x̃_t + (1 − σ_s/σ_t) Σ w x̂_0, for x_t
const toward = (x, from, to, weights, cleans) => x.map((each, i) => Math.sqrt(to.rest / from.rest) * each + Math.sqrt(to.kept) * (1 - to.sigma / from.sigma) * weights.reduce((sum, w, k) => sum + w * cleans[k][i], 0));
const width = (from, to) => Math.log(from.sigma / to.sigma);
const cleanOf = (x, noise, from) => x.map((each, i) => (each - Math.sqrt(from.rest) * noise[i]) / Math.sqrt(from.kept));

// ∫_0^1 v^k e^{hv} dv · h / (e^h − 1), and the weights of g(−before), g(0), g(h) in ∫ e^u g(u) du / (e^h − 1).
const moment = (h, k) => {
  let term = 1, sum = 1 / (k + 1);
  for (let n = 1; n < 20 + Math.ceil(4 * h); n++) { term *= h / n; sum += term / (n + k + 1); }
  return (sum * h) / Math.expm1(h);
};
export const parabola = (h, before) => {
  const first = moment(h, 1), second = moment(h, 2), part = before / h;
  const a = (second - first) / (part * (1 + part)), c = (second + first * part) / (1 + part);
  return [a, 1 - a - c, c];
};

// DPM-Solver++ of second order; with `corrects` each step is taken again when the next estimate is known.
const multistep = (corrects) => (predictor, x_T, tables, steps, visited = times(tables.T, steps)) => {
  let past = []; // newest first: {from, to, x, clean}
  return walk(x_T, tables, steps, visited, (predicted, from, to) => {
    const clean = cleanOf(predicted, predictor(predicted, from.t), from), [one, two] = past;
    let x = predicted;
    if (corrects && one) {
      const weights = two ? parabola(width(one.from, one.to), width(two.from, two.to)) : [0.5, 0.5];
      x = toward(one.x, one.from, one.to, weights, two ? [two.clean, one.clean, clean] : [one.clean, clean]);
    }
    const part = one && to.t > 0 ? width(from, to) / width(one.from, one.to) / 2 : 0;
    past = [{ from, to, x, clean }, ...past.slice(0, 1)];
    return part ? toward(x, from, to, [1 + part, -part], [clean, one.clean]) : toward(x, from, to, [1], [clean]);
  });
};
export const dpmpp = multistep(false);
export const unipc = multistep(true);
