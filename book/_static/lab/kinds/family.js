// Particles from noise to data by the reverse equation with λ times the noise: the density at each time is the same.
// Time runs from 1 at the left to 0, as they move; the density is drawn where they arrive.

import { axes, box, number, polyline } from "../shell/plot.js";
import { check, range } from "../shell/controls.js";
import { backwards, vp } from "../maths/family.js";
import { classes, logDensity, mixture } from "../maths/mixture.js";
import { gaussian } from "../maths/random.js";

const N = 200, SHOWN = 10, LIMIT = 3, BINS = 40, RANKS = [0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95];

const grid = Array.from({ length: 301 }, (_, i) => -LIMIT + (2 * LIMIT * i) / 300);

// The positions below which the given fractions of the probability are, at one time; by sums over the grid
export const quantiles = (data, s, fractions) => {
  const { kept, rest } = vp(s), mass = grid.map((x) => Math.exp(logDensity(data, kept, rest, [x])));
  const below = mass.map(((sum) => (each) => (sum += each))(0)).map((sum, i) => sum - mass[i] / 2), all = mass.reduce((a, b) => a + b);
  return fractions.map((fraction) => {
    const i = Math.max(1, below.findIndex((sum) => sum >= fraction * all));
    return grid[i - 1] + ((grid[i] - grid[i - 1]) * (fraction * all - below[i - 1])) / (below[i] - below[i - 1]);
  });
};

// The states of all particles at all times, kept for the last few settings
export const journey = (model, { lambda, steps, one, x }) => {
  const key = [lambda, steps, one, one ? x : ""].join(" ");
  if (!model.made.has(key)) {
    if (model.made.size > 12) model.made.delete(model.made.keys().next().value);
    model.made.set(key, backwards(model.data, one ? new Float64Array(N).fill(x) : model.starts, steps, lambda, model.noise));
  }
  return model.made.get(key);
};

// The Wasserstein-1 distance of the particles from the density: the mean distance of the sorted ones from its quantiles
export const distance = ({ data }, s, states) => {
  const sorted = Float64Array.from(states).sort(), positions = quantiles(data, s, Array.from(sorted, (_, i) => (i + 0.5) / sorted.length));
  return positions.reduce((sum, position, i) => sum + Math.abs(sorted[i] - position), 0) / positions.length;
};

// The posterior probability of each cluster, averaged over the particles
export const probabilities = ({ data }, s, states) => {
  const { kept, rest } = vp(s), each = Array.from(states, (x) => classes(data, kept, rest, [x]));
  return data.weights.map((_, k) => each.reduce((sum, r) => sum + r[k], 0) / each.length);
};

const seen = (x) => (Math.abs(x) <= LIMIT ? x : NaN);

const histogram = (at, py, data, s, states) => {
  const { kept, rest } = vp(s), width = (2 * LIMIT) / BINS, counts = new Array(BINS).fill(0);
  for (const x of states) if (Math.abs(x) < LIMIT) counts[Math.floor((x + LIMIT) / width)]++;
  const most = 1.1, long = (density) => (Math.min(density, most) / most) * at.width;
  const bars = counts.map((count, i) => box(at.left, py(-LIMIT + width * (i + 1)), long(count / states.length / width), py(-LIMIT + width * i) - py(-LIMIT + width * (i + 1)) - 1, "f2"));
  return bars.join("") + polyline(grid.map((x) => [at.left + long(Math.exp(logDensity(data, kept, rest, [x]))), py(x)]), "c1 strong");
};

export const lab = {
  title: "One density for every amount of noise",
  alt: "Trajectories of particles, which move to the right from noise at time one to data at time zero, over grey lines of constant quantiles; at the right edge, a histogram of the particles and the density.",
  height: 360,
  narrow: 430,
  controls: [
    range("lambda", "noise λ", { from: 0, to: 1.5, step: 0.1, value: 1 }),
    range("done", "time s", { from: 0, to: 100, value: 100, play: 6, show: (done) => ((100 - done) / 100).toFixed(2) }),
    range("steps", "steps", { from: 5, to: 200, step: 5, value: 100 }),
    check("one", "all from one position", false),
    range("x", "the position", { from: -2, to: 2, step: 0.1, value: 0.5 }),
  ],
  setup() {
    const data = mixture([[-1], [0.3], [1.2]], 0.25, [0.3, 0.3, 0.4]), normal = gaussian(3), drawn = [];
    const many = () => Float64Array.from({ length: N }, () => normal());
    const noise = (k) => {
      while (drawn.length <= k) drawn.push(many());
      return drawn[k];
    };
    const times = Array.from({ length: 51 }, (_, i) => i / 50), lines = times.map((s) => quantiles(data, s, RANKS));
    return { data, noise, starts: many(), times, lines, made: new Map() };
  },
  draw(model, now, { width, height }) {
    const states = journey(model, now), k = Math.round((now.done / 100) * now.steps), s = 1 - k / now.steps, side = Math.min(120, width / 4);
    const view = axes({ left: 32, top: 26, width: width - side - 52, height: height - 66 }, { from: 1, to: 0, name: "time s" }, { from: -LIMIT, to: LIMIT, name: "x" });
    const lines = RANKS.map((_, r) => view.curve(model.times.map((time, i) => [time, seen(model.lines[i][r])]), "grey thin")).join("");
    const paths = Array.from({ length: SHOWN }, (_, i) => view.curve(states.slice(0, k + 1).map((each, j) => [1 - j / now.steps, seen(each[i])]), "c1 thin")).join("");
    const dots = view.dots(Array.from(states[k]).filter((x) => Math.abs(x) <= LIMIT).map((x) => [s, x]), "small c2");
    const at = { left: width - side - 8, width: side }, position = view.dots([[1, now.x]], "c3");
    const svg = view.svg + lines + paths + dots + position + view.across(s, "grey") + histogram(at, view.py, model.data, s, states[k]);
    const percentages = probabilities(model, s, states[k]).map((each) => Math.round(100 * each));
    return { svg, said: `At s = ${s.toFixed(2)} the mean distance of the sorted particles from the quantiles of the density is ${number(distance(model, s, states[k]), 2)}. Averaged over the ${N} particles, the posterior probabilities of the lower, middle and upper cluster are ${percentages.join(", ")} %; for the data 30, 30, 40 %.` };
  },
  drag(model, now, where, { height }) {
    const x = LIMIT - ((where[1] - 26) / (height - 66)) * 2 * LIMIT;
    return { one: true, x: Math.min(2, Math.max(-2, Math.round(10 * x) / 10)) };
  },
};
