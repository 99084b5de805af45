// The tilted density, whose score guidance follows at one timestep, and the density of the samples of a guided sampler.

import { axes, legend, number, polyline } from "../shell/plot.js";
import { range } from "../shell/controls.js";
import { carried, distance, only, tilted } from "../maths/guided.js";
import { logDensityAt, mixture } from "../maths/mixture.js";
import { schedule } from "../maths/schedule.js";

const T = 400, STEPS = 100, FROM = -3, TO = 4;
const places = Array.from({ length: 601 }, (_, i) => (i - 300) / 50); // from −6 to 6, wider than the figure

// The trajectories of the guided points, cached for the most recent scales.
export const chain = (model, g) => {
  if (!model.made.has(g)) {
    if (model.made.size > 20) model.made.delete(model.made.keys().next().value);
    model.made.set(g, carried(model.everything, model.ofClass, g, model.tables, STEPS));
  }
  return model.made.get(g);
};

// Everything that the figure shows at t: densities at `places`, and the points of the samples with their mass
export const shown = (model, g, t) => {
  const kept = model.tables.alphaBar[t], rest = model.tables.rest[t], { states, times, mass } = chain(model, g);
  const logs = [model.everything, model.ofClass].map((data) => { const log = logDensityAt(data, kept, rest); return places.map((x) => log([x])); });
  const points = states[times.indexOf(t)], aimed = tilted(...logs, g, places), [all, part] = logs.map((each) => each.map(Math.exp));
  return { all, part, aimed, points, mass, apart: distance(points, mass, places, aimed) };
};

export const lab = {
  title: "Tilted density and density of guided samples",
  alt: "Densities on a line at one timestep: of all data, of the class, the tilted density, and the density of the guided samples.",
  height: 330,
  narrow: 360,
  controls: [
    range("g", "guidance scale g", { from: 0, to: 8, step: 0.1, value: 4 }),
    range("t", "timestep t", { from: 0, to: T, step: T / STEPS, value: 0, play: 6 }),
  ],
  setup() {
    const everything = mixture([[-1.2], [0.3], [1.1]], [0.35, 0.3, 0.35], [0.5, 0.3, 0.2]);
    return { everything, ofClass: only(everything, [1, 2]), tables: schedule("cosine", T), made: new Map() };
  },
  draw(model, { g, t }, { width, height }) {
    const { all, part, aimed, points, mass, apart } = shown(model, g, t), top = width > 500 ? 52 : 72;
    const view = axes({ left: 12, top, width: width - 24, height: height - top - 36 }, { from: FROM, to: TO, name: "x at t" }, { from: 0, to: 2.2, marks: false });
    const cut = (pairs) => pairs.filter(([x]) => x >= FROM && x <= TO).map(([x, y]) => [x, Math.min(y, 2.2)]);
    const inside = cut(places.map((x, i) => [x, part[i]])), ends = [[TO, 0], [FROM, 0]];
    const area = polyline([...inside, ...ends].map(([x, y]) => [view.px(x), view.py(y)]), "area f3");
    const samples = mass.map((each, i) => [(points[i] + points[i + 1]) / 2, each / (points[i + 1] - points[i])]);
    const svg = view.svg + area + view.curve(cut(places.map((x, i) => [x, all[i]])), "grey") + view.curve(cut(places.map((x, i) => [x, aimed[i]])), "c2 strong dashed")
      + view.curve(cut(samples), "c1 strong") + legend([["grey", "all data"], ["c3 strong", "the class"], ["c2 strong dashed", "tilted density"], ["c1 strong", "samples"]], 12, 18, width - 20);
    return { svg, said: `g = ${g}, t = ${t}. The Wasserstein-1 distance between the samples and the tilted density is ${number(apart, 2)}.` };
  },
};
