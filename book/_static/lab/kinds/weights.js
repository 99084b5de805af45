// Which timesteps contribute to a loss: the fraction of each in the loss of the optimal noise predictor, or of a network with equal errors.

import { axes, box, legend, text } from "../shell/plot.js";
import { choice, range } from "../shell/controls.js";
import { schedule } from "../maths/schedule.js";
import { floorOnLine, shares, weights } from "../maths/weight.js";

const T = 1000, BANDS = 10;
export const MODES = [[0.6, -0.8, 0.3], [0.4, 1.2, 0.2]]; // the data: weight, mean and standard deviation of two modes on the line
const LOSSES = { simple: "simple", vlb: "the bound", x_0: "x₀", v: "v", truncated_snr: "truncated SNR", min_snr: "min-SNR" };
const SCHEDULES = [["linear", "linear"], ["scaled_linear", "scaled linear"], ["cosine", "cosine"]];
const percent = (part) => (part < 0.001 ? "less than 0.1 %" : `${(100 * part).toFixed(part < 0.095 ? 1 : 0)} %`);

// The errors of the optimal noise predictor under a schedule take some milliseconds, and are kept.
const tablesOf = (model, name) => {
  if (!model.tables[name]) {
    const tables = schedule(name, T);
    const best = tables.alphaBar.map((kept, t) => (t === 0 ? 0 : floorOnLine(MODES, kept, tables.rest[t])));
    model.tables[name] = { ...tables, errors: { best, alike: best.map((_, t) => (t === 0 ? 0 : 1)) } };
  }
  return model.tables[name];
};

export const lab = {
  title: "Which timesteps contribute to a loss",
  alt: "Left: the fraction of the loss that comes from the timesteps up to t, for six losses. Right: ten bars, the fraction that comes from each tenth of the timesteps.",
  height: 320,
  narrow: 530,
  controls: [
    choice("loss", "loss", Object.entries(LOSSES)),
    range("gamma", "γ of min-SNR", { from: 0.2, to: 20, step: 0.2, value: 5 }),
    choice("name", "schedule", SCHEDULES),
    choice("error", "errors", [["best", "of the optimal predictor"], ["alike", "equal at all timesteps"]]),
  ],
  setup: () => ({ tables: {} }),
  draw(model, { loss, gamma, name, error }, { width, height }) {
    const tables = tablesOf(model, name), wide = width > 500, top = 60;
    const across = wide ? (width - 120) / 2 : width - 60, tall = wide ? height - top - 42 : (height - top) / 2 - 56;
    const left = axes({ left: 44, top, width: across, height: tall }, { from: 0, to: T, name: "t" }, { from: 0, to: 100, name: "% of the loss, up to t" });
    const found = Object.fromEntries(Object.keys(LOSSES).map((each) => [each, shares(weights(tables, each, gamma), tables.errors[error])]));
    const kinds = (each) => (each === loss ? "c2 strong" : "grey thin");
    const curves = Object.keys(LOSSES).filter((each) => each !== loss).concat(loss).map((each) => left.curve(found[each].upTo.map((sum, t) => [t, 100 * sum]).filter((_, t) => t % 5 === 0 || t < 30), kinds(each)));
    const { upTo, half } = found[loss], band = (k) => upTo[(k * T) / BANDS] - upTo[((k - 1) * T) / BANDS];
    const bands = Array.from({ length: BANDS }, (_, k) => band(k + 1)), most = Math.max(0.2, Math.ceil(10 * Math.max(...bands)) / 10);
    const right = axes({ left: wide ? across + 96 : 44, top: wide ? top : top + tall + 70, width: across, height: tall }, { from: 0, to: T, name: "t" }, { from: 0, to: 100 * most, name: "% of the loss, by tenths of the timesteps" });
    const bars = bands.map((part, k) => {
      const [from, to] = [right.px(k * 100 + 8), right.px(k * 100 + 92)];
      return box(from, right.py(100 * part), to - from, right.py(0) - right.py(100 * part), "f2");
    });
    const marks = left.across(half, "mark") + left.along(50, "mark") + text(left.px(half) + (half > 0.7 * T ? -5 : 5), left.py(6), `half: t = ${half}`, { "text-anchor": half > 0.7 * T ? "end" : "start" });
    const svg = legend([["c2 strong", LOSSES[loss]], ["grey thin", "the other five losses"]], 44, 16, width - 60) + left.svg + curves.join("") + marks + right.svg + bars.join("");
    const said = `Half of the loss comes from the timesteps up to t = ${half}. The first tenth of the timesteps contributes ${percent(bands[0])}, and the last tenth ${percent(bands[BANDS - 1])}.`;
    return { svg, said };
  },
};
