// Three noise schedules: the signal variance at timestep t, and the noisy density and samples.

import { axes, box, legend, line, number } from "../shell/plot.js";
import { choice, range } from "../shell/controls.js";
import { gaussian } from "../maths/random.js";
import { schedule } from "../maths/schedule.js";

const T = 1000, N = 400;
const NAMES = { linear: "linear", scaled_linear: "scaled linear", cosine: "cosine" };
const modes = [[-1.4, 0.18], [1, 0.3]]; // mean and standard deviation of the two modes of the data

// The density of x_t, whose data are two modes of equal weight
export const density = (kept, rest, x) => modes.reduce((sum, [mean, std]) => {
  const variance = kept * std ** 2 + rest;
  return sum + (0.5 * Math.exp(-((x - Math.sqrt(kept) * mean) ** 2) / (2 * variance))) / Math.sqrt(2 * Math.PI * variance);
}, 0);

export const lab = {
  title: "Three noise schedules",
  alt: "Left: the signal variance ᾱ of three noise schedules over the timestep, with a line at t. Right: the density of x at timestep t, for data with two modes, and a histogram of samples.",
  height: 300,
  narrow: 520,
  controls: [
    range("t", "timestep t", { from: 1, to: T, value: 300, play: 6 }),
    choice("name", "schedule", Object.entries(NAMES)),
  ],
  setup() {
    const normal = gaussian(1), samples = Array.from({ length: N }, (_, i) => {
      const [mean, std] = modes[i % 2];
      return { x0: mean + std * normal(), eps: normal() };
    });
    return { samples, tables: Object.fromEntries(Object.keys(NAMES).map((name) => [name, schedule(name, T)])) };
  },
  draw({ samples, tables }, { t, name }, { width, height }) {
    const wide = width > 500, top = 56, half = wide ? (width - 110) / 2 : width - 65, tall = (wide ? height : height / 2) - top - 40;
    const left = axes({ left: 40, top, width: half, height: tall }, { from: 0, to: T, name: "t" }, { from: 0, to: 1, name: "ᾱ" });
    const right = axes({ left: wide ? 80 + half : 40, top: wide ? top : height / 2 + 30, width: half, height: tall }, { from: -3.5, to: 3.5, name: "x" }, { from: 0, to: 0.9, name: "density of x at timestep t", marks: false });
    const curves = Object.keys(NAMES).map((each, i) => left.curve(tables[each].alphaBar.filter((_, s) => s % 10 === 0).map((kept, s) => [10 * s, kept]), `c${i + 1}${each === name ? " strong" : ""}`));
    const kept = tables[name].alphaBar[t], rest = tables[name].rest[t];
    const places = Array.from({ length: 141 }, (_, i) => -3.5 + i / 20);
    const noised = samples.map(({ x0, eps }) => Math.sqrt(kept) * x0 + Math.sqrt(rest) * eps);
    const bars = Array.from({ length: 28 }, (_, i) => {
      const from = -3.5 + i / 4, bar = noised.filter((x) => x >= from && x < from + 0.25).length / N / 0.25;
      return box(right.px(from), right.py(Math.min(bar, 0.9)), right.px(from + 0.25) - right.px(from), right.py(0) - right.py(Math.min(bar, 0.9)), "f2 faint");
    });
    const svg = left.svg + curves.join("") + left.across(t, "mark") + right.svg + bars.join("") + right.curve(places.map((x) => [x, density(kept, rest, x)]), "c1 strong")
      + legend(Object.keys(NAMES).map((each, i) => [`c${i + 1}`, NAMES[each]]), 40, 16, width - 50);
    return { svg, said: `t = ${t}: ᾱ = ${number(kept)}, SNR = ${number(kept / rest)}. The signal's standard deviation is ${number(Math.sqrt(kept))}, the noise's ${number(Math.sqrt(rest))}.` };
  },
};
