// The signal that a schedule leaves in the mean of many pixels at T, and the brightness of samples that start from N(0, I).

import { axes, legend, number } from "../shell/plot.js";
import { check, choice, range } from "../shell/controls.js";
import { betas, shifted, tables, zeroTerminal } from "../maths/schedule.js";

const NAMES = { short: "linear, 200 steps", linear: "linear, 1000 steps", scaled_linear: "scaled linear, 1000 steps" };
const STEPS = { short: ["linear", 200], linear: ["linear", 1000], scaled_linear: ["scaled_linear", 1000] };
export const STD = 0.4; // of the brightness, which is Gaussian here
const gaussian = (x, std) => Math.exp(-(x * x) / (2 * std * std)) / (std * Math.sqrt(2 * Math.PI));

export const schedule = ({ name, zero, shift }) => {
  const [kind, T] = STEPS[name], published = tables(betas[kind](T));
  return shifted(zero ? zeroTerminal(published) : published, 2 ** shift);
};

// The fraction of the standard deviation of the brightness that an exact sampler keeps: deterministic (quiet) or stochastic (noisy).
export const kept = ({ alphaBar }, n) => {
  const a = alphaBar[alphaBar.length - 1], c = n * STD ** 2, V = a * c + 1 - a;
  return { quiet: Math.sqrt(1 / V), noisy: Math.sqrt((a * c + (1 - a) * V) / V ** 2) };
};

export const lab = {
  title: "Brightness at the end of a schedule",
  alt: "Left, the signal-to-noise ratio of a pixel and of the mean of an image over time, on a logarithmic scale. Right, the density of the brightness of the data, and the narrower densities of the samples of a deterministic and of a stochastic sampler.",
  height: 300,
  narrow: 520,
  controls: [
    range("side", "side of the image", { from: 3, to: 9, value: 3, show: (value) => `${2 ** value} pixels` }),
    choice("name", "schedule", Object.entries(NAMES)),
    check("zero", "zero terminal SNR"),
    range("shift", "shift k", { from: 0, to: 6, value: 0, show: (value) => String(2 ** value) }),
  ],
  setup() {
    return {};
  },
  draw(_, state, { width, height }) {
    const made = schedule(state), n = 4 ** state.side, { quiet, noisy } = kept(made, n), T = made.T;
    const wide = width > 500, top = wide ? 56 : 76, half = wide ? (width - 120) / 2 : width - 75, tall = (wide ? height : height / 2) - top - 40;
    const left = axes({ left: 50, top, width: half, height: tall }, { from: 0, to: T, name: "t" }, { from: 1e-6, to: 1e6, name: "SNR", log: true });
    const right = axes({ left: wide ? 90 + half : 50, top: wide ? top : height / 2 + 30, width: half, height: tall }, { from: -1.3, to: 1.3, name: "brightness" }, { from: 0, to: 3, name: "density", marks: false });
    const times = Array.from({ length: T }, (_, i) => i + 1).filter((t) => t % Math.ceil(T / 100) === 0 || t === T);
    const ratio = (factor, kind) => left.curve(times.map((t) => [t, Math.min(1e6, Math.max(1e-6, factor * made.snr[t]))]), kind);
    const points = Array.from({ length: 131 }, (_, i) => -1.3 + i / 50);
    const density = (std, kind) => right.curve(points.map((x) => [x, Math.min(3, gaussian(x, std))]), kind);
    const svg = left.svg + ratio(1, "c1") + ratio(n, "c2 strong") + left.along(1, "mark")
      + right.svg + density(STD, "c3 strong") + density(noisy * STD, "c1") + density(quiet * STD, "c2 strong")
      + legend([["c1", "pixel; stochastic sampler"], ["c2 strong", "mean; deterministic sampler"], ["c3 strong", "data"]], 40, 16, width - 50);
    const percent = (fraction) => `${Math.round(100 * fraction)} %`;
    return { svg, said: `At T the SNR is ${number(made.snr[T])} for a pixel, and for the mean of the image ${number(n * made.snr[T])}. A deterministic sampler keeps ${percent(quiet)} of the standard deviation of the brightness, a stochastic one ${percent(noisy)}.` };
  },
};
