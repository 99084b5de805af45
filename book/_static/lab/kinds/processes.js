// Two processes over the same timesteps: points go from data to noise, and new data are generated from that noise.

import { circle, dots, number, polyline, text } from "../shell/plot.js";
import { action, choice, range } from "../shell/controls.js";
import { ring } from "../maths/mixture.js";
import { journey, nearest } from "../maths/particles.js";
import { evenly, schedule, visiting } from "../maths/schedule.js";

const T = 1000, STEPS = 100, N = 400, LIMIT = 2.9;
const NAMES = { cosine: "cosine", linear: "linear", scaled_linear: "scaled linear" };
const times = evenly(T, STEPS);

// The trajectories of all points, kept for the last few schedules and seeds. With `pieces` they are continued by so many
// steps, and the result is null until they are complete.
export const travel = (model, name, seed, pieces = Infinity) => {
  const key = `${name} ${seed}`;
  if (!model.made.has(key)) {
    if (model.made.size > 8) model.made.clear();
    model.made.set(key, { steps: journey(model.data, model.chains[name], N, seed), whole: null });
  }
  const own = model.made.get(key);
  for (let k = 0; k < pieces && !own.whole; k++) own.whole = own.steps.next().value ?? null;
  return own.whole;
};

// Two neighbouring clusters have one colour: a quarter of the ring.
const quarter = (cluster) => Math.floor(cluster / 2);

// How many points lie nearest to the quarter of the ring that they began in
export const faithful = ({ data }, { from }, root, states) => from.filter((k, i) => quarter(nearest(data, root, states[2 * i], states[2 * i + 1])) === quarter(k)).length;

const panel = (left, top, side, title, states, from, trail) => {
  const scale = side / (2 * LIMIT), place = ([x, y]) => [left + side / 2 + scale * x, top + side / 2 - scale * y];
  const inside = from.map((k, i) => [place([states[2 * i], states[2 * i + 1]]), quarter(k) + 1]).filter(([[x, y]]) => x > left && x < left + side && y > top && y < top + side);
  const clouds = [1, 2, 3, 4].map((colour) => dots(inside.filter(([, own]) => own === colour).map(([at]) => at), `c${colour}`));
  const last = place(trail[trail.length - 1]);
  return text(left, top - 8, title, { class: "name" }) + polyline(trail.map(place), "grey") + clouds.join("") + circle(...last, 5, "grey strong", { fill: "none" });
};

export const lab = {
  title: "From data to noise, and from noise to data",
  alt: "Two scatter plots of points at one timestep t. Each point has the colour of the quarter of the ring in which it began. Left: the forward process. Right: the reverse process, started from the same points at t = T.",
  height: 360,
  narrow: 540,
  controls: [
    range("t", "timestep t", { from: 0, to: T, step: T / STEPS, value: 250, play: 6 }),
    action("back", "Run in reverse from t = T"),
    choice("name", "schedule", Object.entries(NAMES)),
    range("seed", "seed", { from: 1, to: 9, value: 1 }),
  ],
  setup() {
    const chains = Object.fromEntries(Object.keys(NAMES).map((name) => [name, visiting(schedule(name, T), times)]));
    return { data: ring(), chains, made: new Map() };
  },
  ahead: (model, { name, seed }) => travel(model, name, seed, 1) !== null,
  draw(model, { t, name, seed }, { width, height }) {
    const { from, there, back } = travel(model, name, seed), slot = times.indexOf(t), chain = model.chains[name];
    const wide = width > 500, side = Math.min(wide ? (width - 30) / 2 : width - 10, (wide ? height : height / 2) - 36);
    const path = (states, first, last) => Array.from({ length: last - first + 1 }, (_, i) => states[first + i].subarray(0, 2));
    const trails = [path(there, 0, slot), path(back, slot, STEPS).reverse()];
    const first = wide ? 5 : (width - side) / 2;
    const svg = panel(first, 26, side, "forward: from data to noise", there[slot], from, trails[0])
      + panel(wide ? width - side - 5 : first, wide ? 26 : height / 2 + 26, side, "reverse: from the same noise to data", back[slot], from, trails[1]);
    const root = Math.sqrt(chain.alphaBar[slot]), kept = [there, back].map((states) => faithful(model, { from }, root, states[slot]));
    return { svg, said: `t = ${t}: ᾱ = ${number(chain.alphaBar[slot])}. ${kept[0]} of ${N} points on the left and ${kept[1]} on the right are nearest to the quarter of the ring in which they began. The grey line is the trajectory of one point from its start to this timestep.` };
  },
  // From noise to data, as the sampler goes; it stops as soon as somebody else moves t.
  act(name, model, tools) {
    const pause = matchMedia("(prefers-reduced-motion: reduce)").matches ? 400 : 0, start = performance.now();
    let last = T, shown = start;
    tools.set({ t: T }, true);
    const go = (now) => {
      if (tools.state().t !== last) return;
      if (now - shown >= pause) {
        shown = now;
        last = Math.max(0, T - (T / STEPS) * Math.floor(((now - start) / 6000) * STEPS));
        tools.set({ t: last }, last > 0);
      }
      if (last > 0) requestAnimationFrame(go);
    };
    requestAnimationFrame(go);
  },
};
