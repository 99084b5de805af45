// The bound as a sum over timesteps: Bayes' rule reverses one step after the other, and the remaining factor is carried over.

import { legend, number } from "../shell/plot.js";
import { choice, range } from "../shell/controls.js";
import { below } from "../shell/letters.js";
import { ends, waterfall } from "../shell/waterfall.js";
import { bestSteps, meanParts, parts, sum, telescoped } from "../maths/chain.js";
import { gaussian } from "../maths/random.js";
import { tables } from "../maths/schedule.js";

const LONGEST = 20, S = 0.3, FACTOR = 0.8; // the standard deviation of the data; the model's coefficients are 0.8 times the optimal ones
const KINDS = { start: "f4 faint", step: "f2", reached: "f4", turned: "f1", end: "f3" };
const PATHS = [["mean", "average over all"], ...["1", "2", "3", "4"].map((path) => [path, `trajectory ${path}`])];

// The chain and the model of T steps, as on this page
export const example = (T) => {
  const chain = tables(Array.from({ length: T }, (_, i) => 0.02 + (0.38 * i) / (T - 1)));
  return { chain, model: { a: bestSteps(chain, S).a.map((each) => FACTOR * each), v: chain.beta } };
};

// A trajectory x_1…x_T sampled from x_0 = S
export const trajectory = (chain, seed) => {
  const normal = gaussian(seed), path = [S];
  for (let t = 1; t <= chain.T; t++) path.push(Math.sqrt(1 - chain.beta[t]) * path[t - 1] + Math.sqrt(chain.beta[t]) * normal());
  return path;
};

const found = (model, T, path) => {
  const key = `${T} ${path}`;
  if (!model.has(key)) {
    const { chain, model: steps } = example(T);
    const own = path === "mean" ? meanParts(chain, steps, S * S) : parts(chain, steps, trajectory(chain, Number(path)));
    const all = Array.from({ length: T }, (_, i) => ends(telescoped(own, i + 1).map(({ value }) => value))).flat();
    const low = Math.min(...all), high = Math.max(...all), margin = 0.04 * (high - low);
    model.set(key, { own, from: low - margin, to: high + margin });
  }
  return model.get(key);
};

const frame = ({ width, height }) => ({ left: 62, top: width > 500 ? 34 : 84, width: width - 76, height: height - (width > 500 ? 76 : 126) });

export const lab = {
  title: "The telescoping sum",
  alt: "Horizontal bars, one for each part of the logarithm, each starting where the one above it ended. As steps are reversed, the bars change, but the position at which the last one ends does not.",
  height: 440,
  narrow: 490,
  controls: [
    range("k", "reversed up to k", { from: 1, to: LONGEST, value: 8, play: 8 }),
    range("T", "steps T", { from: 2, to: LONGEST, value: LONGEST }),
    choice("path", "trajectory", PATHS),
  ],
  setup: () => new Map(),
  draw(model, { k, T, path }, size) {
    const turned = Math.min(k, T), { own, from, to } = found(model, T, path), rows = telescoped(own, turned);
    const labels = { start: "prior", reached: "carried" };
    const drawn = rows.map(({ name, t, value }) => ({ value, kind: KINDS[name], label: labels[name] ?? `t = ${t}` }));
    const bars = waterfall(frame(size), drawn, { from, to, name: "nats" }), total = sum(rows.map(({ value }) => value));
    const names = [["c2 strong", "forward step"], ["c4 strong", "carried over, and prior"], ["c1 strong", "reversed step"], ["c3 strong", "−log p(x₀ | x₁)"]];
    const svg = legend(names, 10, 16, size.width - 20) + bars.svg + bars.across(total, "mark");
    const last = own.start + own.reached[T], sample = path === "mean" ? "" : ", a sample of it";
    const end = turned === T ? `All steps are reversed. The prior and the carried-over term add up to L${below(T)}${sample}: ${number(last)}.` : `Steps 2 to ${turned} are reversed; log q(x${below(turned)} | x₀) = ${number(own.reached[turned])} is carried over.`;
    return { svg, said: `${turned === 1 ? "No step is reversed yet." : end} The sum is ${number(total, 6)} nats.` };
  },
  // The carried-over bar follows the pointer.
  drag(model, { T }, [, y], size) {
    const at = frame(size), row = Math.floor(((y - at.top) / at.height) * (T + 2));
    return { k: Math.min(T, Math.max(1, T + 1 - row)) };
  },
};
