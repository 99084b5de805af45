// The training of a small noise predictor on a cloud of blobs, in pieces of a few milliseconds, and samples of what it knows.

import { adamw, average, clip, optimizer } from "./adamw.js";
import { bestNoise, draws } from "./cloud.js";
import { fresh, lossAndGradient, network, predict } from "./network.js";
import { gaussian, uniform } from "./random.js";

export const STEPS = 1500; // of a whole training
export const SAMPLES = 240; // points that show what the network knows
const BATCH = 256, LOOK = 50, SAMPLING = 30; // steps between two looks, steps of DDIM
const RATE = 6e-3, KEPT = 0.99, LONGEST = 1, EXAMINED = 1000, MANY = 8000;

// The share of draws that each time t = 1…T gets: four fifths by the level of the noise, one fifth even
// (timestep_distribution of diffusion_lib/train/batch.py, "log-normal").
export const timeShares = ({ T, snr }) => {
  const level = snr.slice(1).map((each) => -0.5 * Math.log(each)), last = T - 1;
  const bell = level.map((each, i) => {
    const width = i === 0 ? level[1] - level[0] : i === last ? level[last] - level[last - 1] : (level[i + 1] - level[i - 1]) / 2;
    return width * Math.exp(-0.5 * ((each + 1.2) / 1.2) ** 2);
  });
  const sum = bell.reduce((a, b) => a + b, 0);
  return [0, ...bell.map((each) => (0.8 * each) / sum + 0.2 / T)];
};

// A batch of the training: noisy points, their times, the noise in them, and what each time counts.
const batches = (world, tables, shares, seed) => {
  const next = uniform(seed), normal = gaussian(seed + 1), { T, alphaBar, rest } = tables, below = [];
  shares.reduce((sum, share, t) => (below[t] = sum + share), 0);
  const time = () => {
    const part = next() * below[T];
    let low = 1, high = T;
    while (low < high) { const middle = (low + high) >> 1; if (below[middle] < part) low = middle + 1; else high = middle; }
    return low;
  };
  return () => {
    const x = draws(world, BATCH, normal, next), t = Int32Array.from({ length: BATCH }, time), eps = Float64Array.from({ length: 2 * BATCH }, normal);
    for (let k = 0; k < 2 * BATCH; k++) x[k] = Math.sqrt(alphaBar[t[k >> 1]]) * x[k] + Math.sqrt(rest[t[k >> 1]]) * eps[k];
    return { x, t, eps, share: Float64Array.from(t, (each) => 1 / (T * shares[each])) };
  };
};

// What every network of a world is judged by, in pieces: the least loss, from many noisy points, one for each time in
// turn; and of EXAMINED of them what the optimal noise predictor says.
export function* examining(world, { T, alphaBar, rest }) {
  const normal = gaussian(5), n = EXAMINED;
  let spread = 0, made = null;
  for (let from = 0; from < MANY; from += n) {
    const x = draws(world, n, normal), t = Int32Array.from({ length: n }, (_, b) => 1 + ((617 * (from + b)) % T));
    const kept = Float64Array.from(t, (each) => alphaBar[each]), lost = Float64Array.from(t, (each) => rest[each]);
    for (let k = 0; k < 2 * n; k++) x[k] = Math.sqrt(kept[k >> 1]) * x[k] + Math.sqrt(lost[k >> 1]) * normal();
    const best = new Float64Array(2 * n), open = new Float64Array(n);
    bestNoise(world, x, kept, lost, n, best, open);
    made ??= { x, t, best };
    spread += open.reduce((a, b) => a + b, 0);
    yield { ...made, floor: spread / (from + n) };
  }
}

// The part of the loss that training can remove: the mean of |eps_hat − eps*|², per dimension.
export const excess = (run) => {
  const said = predict(run.net, run.mean, run.exam.x, run.exam.t);
  return said.reduce((sum, each, k) => sum + (each - run.exam.best[k]) ** 2, 0) / said.length;
};

// DDIM without noise, from `x_T`, one step at each `next()`; `noiseAt(x, t)` says the noise in the points at time t.
export function* sampling(x_T, { T, alphaBar, rest }, noiseAt, steps = SAMPLING) {
  const x = Float64Array.from(x_T), times = Array.from({ length: steps + 1 }, (_, k) => Math.round((T * (steps - k)) / steps));
  for (let k = 0; k < steps; k++) {
    const [t, s] = [times[k], times[k + 1]], eps = noiseAt(x, t), shrink = Math.sqrt(alphaBar[s] / alphaBar[t]);
    const turn = Math.sqrt(rest[s]) - shrink * Math.sqrt(rest[t]);
    for (let i = 0; i < x.length; i++) x[i] = shrink * x[i] + turn * eps[i];
    yield x;
  }
}

export const finished = (walk) => {
  let x = null;
  for (const each of walk) x = each;
  return x;
};

export const starts = () => Float64Array.from({ length: 2 * SAMPLES }, gaussian(11));

export const bestSamples = (world, tables, x_T) => {
  const n = x_T.length / 2, out = new Float64Array(x_T.length), all = (value) => new Float64Array(n).fill(value);
  return finished(sampling(x_T, tables, (x, t) => { bestNoise(world, x, all(tables.alphaBar[t]), all(tables.rest[t]), n, out); return out; }));
};

// A training that has not begun: `history` gets a row [step, excess] at each look, `samples` what the network then knows.
export const begin = (world, tables, { frequencies, width = 32, steps = STEPS, seed = 1, x_T = starts() }) => {
  const net = network({ ...tables, width, frequencies }), weights = fresh(net, seed);
  const samples = finished(sampling(x_T, tables, (x, t) => x.map((each) => each * net.noise[t]))); // F = 0
  return { world, tables, net, weights, mean: weights.slice(), steps, seed, x_T, step: 0, exam: null, history: [], samples };
};

// The exam of a run, and its first look, in pieces.
export function* prepare(run) {
  let exam = null;
  for (exam of examining(run.world, run.tables)) yield;
  run.exam = exam;
  run.history = [[0, excess(run)]];
}

// One step: a batch, its gradient, AdamW with a rate that falls to 0, and the average (TrainState.update, lr_at).
export const update = (run, batch, gradient, state) => {
  lossAndGradient(run.net, run.weights, batch.x, batch.t, batch.eps, batch.share, gradient);
  clip(gradient, LONGEST);
  adamw(state, run.weights, gradient, RATE * 0.5 * (1 + Math.cos((Math.PI * run.step) / run.steps)));
  average(run.mean, run.weights, Math.min(KEPT, (1 + run.step) / (10 + run.step)));
  run.step += 1;
};

// All of the training; whoever drives it may pause at each yield, which comes every two or three milliseconds.
export function* learn(run) {
  if (!run.exam) yield* prepare(run);
  const next = batches(run.world, run.tables, timeShares(run.tables), run.seed + 2);
  const gradient = new Float64Array(run.weights.length), state = optimizer(run.weights.length), t = new Int32Array(SAMPLES);
  while (run.step < run.steps) {
    update(run, next(), gradient, state);
    yield;
    if (run.step % LOOK && run.step !== LOOK / 5 && run.step !== run.steps) continue;
    run.history.push([run.step, excess(run)]);
    yield;
    let x = null;
    for (x of sampling(run.x_T, run.tables, (at, time) => predict(run.net, run.mean, at, t.fill(time)))) yield;
    run.samples = x;
  }
}
