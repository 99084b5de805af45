// The tilted density that guidance aims at, at one time, and the density that a sampler with guided scores really has.

import { axes, legend, number, polyline } from "../shell/plot.js";
import { range } from "../shell/controls.js";
import { carried, distance, only, tilted } from "../maths/guided.js";
import { logDensityAt, mixture } from "../maths/mixture.js";
import { schedule } from "../maths/schedule.js";

const T = 400, STEPS = 100, FROM = -3, TO = 4;
const places = Array.from({ length: 601 }, (_, i) => (i - 300) / 50); // from −6 to 6, wider than the picture

// The chain of guided points, kept for the last few scales that were asked for.
export const chain = (model, g) => {
  if (!model.made.has(g)) {
    if (model.made.size > 20) model.made.delete(model.made.keys().next().value);
    model.made.set(g, carried(model.everything, model.ofClass, g, model.tables, STEPS));
  }
  return model.made.get(g);
};

// Everything that the picture shows at t: densities at `places`, and the points of the samples with their mass
export const shown = (model, g, t) => {
  const kept = model.tables.alphaBar[t], rest = model.tables.rest[t], { states, times, mass } = chain(model, g);
  const logs = [model.everything, model.ofClass].map((data) => { const log = logDensityAt(data, kept, rest); return places.map((x) => log([x])); });
  const points = states[times.indexOf(t)], aimed = tilted(...logs, g, places), [all, part] = logs.map((each) => each.map(Math.exp));
  return { all, part, aimed, points, mass, apart: distance(points, mass, places, aimed) };
};

export const lab = {
  title: "What guidance aims at, and what it gives",
  alt: "Densities on a line at one time: of all data, of the class, the tilted density that guidance aims at, and that of the samples of the flow.",
  height: 330,
  narrow: 360,
  controls: [
    range("g", "guidance g", { from: 0, to: 8, step: 0.1, value: 4 }),
    range("t", "time t", { from: 0, to: T, step: T / STEPS, value: 0, play: 6 }),
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
      + view.curve(cut(samples), "c1 strong") + legend([["grey", "all data"], ["c3 strong", "the class"], ["c2 strong dashed", "aimed at"], ["c1 strong", "samples"]], 12, 18, width - 20);
    return { svg, said: `g = ${g}, t = ${t}. The mean distance of the samples from the density that is aimed at is ${number(apart, 2)}, in units of the data.` };
  },
};
