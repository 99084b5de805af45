// Two descents on one loss with two basins: a small batch and the full batch, at equal updates or at equal gradients.

import { axes, box, circle, polyline, tag, text } from "../shell/plot.js";
import { choice, range } from "../shell/controls.js";
import { contour } from "../maths/contours.js";
import { descend, draw } from "../maths/descent.js";
import { gaussian, uniform } from "../maths/random.js";

const UPDATES = 200, SIDE = 2.4, LEVELS = 14, SIZES = [1, 4, 32, 128];
const many = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

const kept = (table, most, key, make) => {
  if (!table.has(key)) {
    if (table.size >= most) table.clear();
    table.set(key, make());
  }
  return table.get(key);
};
// The path of a descent and its random examples are cached, since sliders ask for the same ones many times.
export const pathOf = (model, batch, updates, rate, seed) => kept(model.paths, 20, `${batch} ${updates} ${rate} ${seed}`, () => {
  const from = 1000 * seed + batch, drawn = kept(model.drawn, 4, from, () => draw(model.data, batch, UPDATES, uniform(from), gaussian(from + 1)));
  return descend(model.shallow, updates, rate, batch, drawn);
});
export const inDeep = (model, [a, b]) => Math.hypot(a - model.deep[0], b - model.deep[1]) < 0.7;
const budget = (model, batch, equal) => (equal === "updates" ? UPDATES : Math.max(1, Math.floor((UPDATES * batch) / model.data.length)));

const panel = (model, at, path, done, name, kind) => {
  const plot = axes(at, { from: -SIDE, to: SIDE, name: "a" }, { from: -SIDE, to: SIDE, name }), shown = path.slice(0, done + 1);
  const step = (2 * SIDE) / (model.surface.length - 1), place = ([i, j]) => `${plot.px(i * step - SIDE).toFixed(1)} ${plot.py(j * step - SIDE).toFixed(1)}`;
  const lines = tag("path", { d: model.pieces.map(([from, to]) => `M${place(from)}L${place(to)}`).join(""), class: "grey thin faint" });
  const points = shown.map(([a, b]) => [plot.px(a), plot.py(b)]), end = points[points.length - 1], clip = `lab-descent-${kind}`;
  const window = tag("clipPath", { id: clip }, box(at.left, at.top, at.width, at.height, "plane"));
  const trajectory = tag("g", { "clip-path": `url(#${clip})` }, polyline(points, kind) + circle(end[0], end[1], 4, kind.replace("c", "f")));
  const [u, v] = [plot.px(model.deep[0]), plot.py(model.deep[1])];
  const cross = polyline([[u - 5, v - 5], [u + 5, v + 5]], "c1 strong") + polyline([[u - 5, v + 5], [u + 5, v - 5]], "c1 strong");
  return plot.svg + lines + cross + window + trajectory + text(at.left, at.top + at.height + 32, `update ${done} of ${path.length - 1}`);
};

export const lab = {
  title: "Escape from the shallow basin",
  alt: "Contours of the same loss with two basins, shown twice, each with a trajectory of gradient descent that starts in the shallow basin. The left trajectory uses a small batch, the right one the full batch.",
  height: 330,
  narrow: 520,
  controls: [
    range("progress", "progress, %", { from: 0, to: 100, value: 100, play: 6 }),
    choice("batch", "batch on the left", SIZES.map((size) => [String(size), size === 1 ? "1 example" : `${size} examples`])),
    range("rate", "learning rate", { from: 0.1, to: 3, step: 0.1, value: 1 }),
    range("seed", "seed", { from: 1, to: 60, value: 6 }),
    choice("equal", "held equal", [["updates", "updates"], ["gradients", "gradients"]]),
  ],
  setup({ data, surface, deep, shallow }) {
    const heights = surface.flat(), low = Math.min(...heights), levels = Array.from({ length: LEVELS }, (_, k) => low + 0.012 * 1.5 ** k);
    return { data, surface, deep, shallow, paths: new Map(), drawn: new Map(), pieces: levels.flatMap((level) => contour(surface, level)) };
  },
  draw(model, { progress, batch, rate, seed, equal }, { width, height }) {
    const wide = width > 500, full = model.data.length, size = Number(batch);
    const across = wide ? (width - 110) / 2 : width - 60, tall = (wide ? height : height / 2) - 76;
    const places = [{ left: 36, top: 30, width: across, height: tall }, { left: wide ? across + 90 : 36, top: wide ? 30 : height / 2 + 30, width: across, height: tall }];
    const runs = [[size, UPDATES], [full, budget(model, size, equal)]].map(([each, updates]) => ({ each, path: pathOf(model, each, updates, rate, seed), done: Math.round((updates * progress) / 100) }));
    const names = [size === 1 ? "b, one example per update" : `b, ${size} examples per update`, `b, all ${full} examples per update`];
    const svg = runs.map(({ path, done }, k) => panel(model, places[k], path, done, names[k], `c${2 + k}`)).join("");
    const where = ({ path, done }) => {
      const at = path[done];
      return inDeep(model, at) ? "in the deep basin" : Math.hypot(at[0] - model.shallow[0], at[1] - model.shallow[1]) < 0.7 ? "in the shallow basin" : "in neither";
    };
    const [left, right] = runs.map((run) => `${many(run.each * run.done)} gradients, and the weights are ${where(run)}`);
    return { svg, said: `Left: ${left}. Right: ${right}.` };
  },
};
