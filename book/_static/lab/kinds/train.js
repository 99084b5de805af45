// Draw a density and train a small noise predictor on it, in the page, compared with the optimal noise predictor (the oracle).

import { axes, box, dots, number, polyline, text } from "../shell/plot.js";
import { action, check, choice } from "../shell/controls.js";
import { draws } from "../maths/cloud.js";
import { begin, bestSamples, finished, learn, prepare, SAMPLES, starts, STEPS } from "../maths/learning.js";
import { gaussian } from "../maths/random.js";
import { schedule } from "../maths/schedule.js";
import { drawn, shapes } from "../maths/shapes.js";

const LIMIT = 2.6, SLICE = 8; // of the plane; milliseconds of work in a frame
const LONGEST = 2000, QUICK = 30; // places of all strokes; blobs whose exam is made at once

// Three squares: beside each other, or on a phone the first two and the third below.
const layout = ({ width, height }) => {
  const wide = width > 500, side = wide ? (width - 84) / 3 : (width - 20) / 2, top = 26;
  const place = (left, above, across = side) => ({ left, top: above, width: across, height: side });
  const last = wide ? place(2 * side + 66, top) : { ...place(36, side + top + 46, width - 58), height: height - side - top - 88 };
  return { pad: place(2, top), learned: place(side + 14, top), last };
};
const centre = ({ left, top, width, height }) => [left + width / 2, top + height / 2, Math.min(width, height) / (2 * LIMIT)];
const shown = (x, at) => {
  const [u, v, scale] = centre(at), inside = [];
  for (let k = 0; k < x.length; k += 2) if (Math.abs(x[k]) < LIMIT && Math.abs(x[k + 1]) < LIMIT) inside.push([u + scale * x[k], v - scale * x[k + 1]]);
  return inside;
};
const frame = (at, words, kind = "plane") => {
  const [u, v, scale] = centre(at), half = scale * LIMIT;
  return box(u - half, v - half, 2 * half, 2 * half, kind) + text(u - half, v - half - 8, words, { class: "name" });
};

// What belongs to the data that are chosen now: made at the first look, and kept until they change.
const world = (model, shape) => {
  const key = shape === "drawn" ? `drawn ${model.version}` : shape;
  if (model.world?.key !== key) {
    const cloud = shape === "drawn" ? drawn(model.strokes) : shapes[shape]();
    model.world = { key, cloud, data: draws(cloud, cloud.count ? SAMPLES : 0, gaussian(7)), runs: {}, best: null };
  }
  return model.world;
};
const runOf = (model, { shape, waves }, anew = false) => {
  const now = world(model, shape), { tables, x_T } = model, frequencies = waves ? model.frequencies : [[], []];
  if (!now.cloud.count) return null;
  if (anew || !now.runs[waves]) {
    const run = (now.runs[waves] = begin(now.cloud, tables, { frequencies, x_T }));
    if (now.cloud.count <= QUICK && shape !== "drawn") finished(prepare(run));
  }
  return now.runs[waves];
};

const lossPanel = (run, at) => {
  if (!run.exam) return axes(at, { from: 0, to: STEPS, name: "training step" }, { from: 0, to: 0.5, name: "loss and its floor" }).svg;
  const { floor } = run.exam, top = Math.ceil(10 * (run.history[0][1] + floor)) / 10;
  const axis = axes(at, { from: 0, to: STEPS, name: "training step" }, { from: 0, to: top, name: "loss and its floor" });
  const curve = run.history.map(([step, excess]) => [step, floor + excess]), end = curve[curve.length - 1];
  return axis.svg + axis.along(floor, "mark") + axis.curve(curve, "c2 strong") + dots([[axis.px(end[0]), axis.py(end[1])]], "c2 large");
};

const stop = (model) => {
  if (!model.going) return;
  model.going.button.textContent = "Train";
  model.going = null;
};
const start = (model, tools, button) => {
  const run = runOf(model, tools.state(), runOf(model, tools.state())?.step === STEPS);
  if (!run) return;
  const work = (run.work ??= learn(run)), going = { button };
  model.going = going;
  button.textContent = "Stop";
  const go = () => {
    if (model.going !== going) return;
    if (runOf(model, tools.state()) !== run) { stop(model); return; } // the data have changed
    const seen = run.samples, looks = run.history.length, until = performance.now() + SLICE;
    let over = false;
    while (!over && performance.now() < until) over = work.next().done;
    if (over) stop(model);
    if (over || run.samples !== seen || run.history.length !== looks) tools.redraw();
    if (!over) requestAnimationFrame(go);
  };
  requestAnimationFrame(go);
};

export const lab = {
  title: "Draw a density and train a network on it",
  alt: "Left, the data: points that the reader may draw. In the middle, samples of a network that learns them. Right, its loss and the floor of the loss, or samples of the oracle.",
  height: 276,
  narrow: 420,
  controls: [
    action("train", "Train"),
    action("clear", "Draw your own"),
    choice("shape", "data", [["ring", "ring"], ["grid", "grid"], ["spiral", "spiral"], ["heart", "heart"], ["drawn", "your drawing"]]),
    check("waves", "Fourier features of the point", true),
    choice("beside", "beside", [["loss", "the loss"], ["best", "the oracle's samples"]]),
  ],
  setup({ frequencies }) {
    return { tables: schedule("linear", 1000), frequencies, x_T: starts(), strokes: [], version: 0, world: null, going: null };
  },
  draw(model, state, size) {
    const { pad, learned, last } = layout(size), now = world(model, state.shape), run = runOf(model, state);
    const [u, v, scale] = centre(pad), strokes = state.shape === "drawn" ? model.strokes : [];
    const svg = frame(pad, "data: draw here", "plane pad") + frame(learned, "samples of the network")
      + strokes.map((stroke) => polyline(stroke.map(([a, b]) => [u + scale * a, v - scale * b]), "c1 thin")).join("")
      + dots(shown(now.data, pad), "c1 small");
    if (!run) {
      return { svg, said: "Draw with the mouse or a finger in the left square, then press Train." };
    }
    let right = "";
    if (state.beside === "loss") right = lossPanel(run, last);
    else {
      now.best ??= bestSamples(now.cloud, model.tables, model.x_T);
      right = frame(last, "samples of the oracle") + dots(shown(now.best, last), "c3 small");
    }
    const known = svg + dots(shown(run.samples, learned), "c2 small") + right;
    if (!run.exam) return { svg: known, said: "The network has not been trained yet: press Train." };
    const { floor } = run.exam, excess = run.history[run.history.length - 1][1];
    const said = `Step ${run.history[run.history.length - 1][0]} of ${STEPS}: the loss is ${number(floor + excess)}, and its floor is ${number(floor)}. The excess loss is ${number((100 * excess) / floor, 2)} % of the floor.`;
    return { svg: known, said };
  },
  pad(size) {
    const { left, top, width } = layout(size).pad;
    return { left, top, side: width };
  },
  drag(model, state, [x, y], size, began) {
    const [u, v, scale] = centre(layout(size).pad), place = [(x - u) / scale, (v - y) / scale], half = LIMIT - 0.02;
    const inside = Math.abs(place[0]) < LIMIT && Math.abs(place[1]) < LIMIT;
    if (began) {
      model.drawing = inside;
      if (!inside) return null;
      if (state.shape !== "drawn") model.strokes = [];
      model.strokes.push([]);
    }
    if (!model.drawing) return null;
    const kept = place.map((each) => Math.min(Math.max(each, -half), half)), stroke = model.strokes[model.strokes.length - 1], before = stroke[stroke.length - 1];
    if (before && Math.hypot(kept[0] - before[0], kept[1] - before[1]) < 0.03) return null;
    if (model.strokes.reduce((sum, each) => sum + each.length, 0) > LONGEST) return null;
    stroke.push(kept);
    model.version += 1;
    return { shape: "drawn" };
  },
  act(name, model, tools, button) {
    if (name === "clear") {
      model.strokes = [];
      model.version += 1;
      tools.set({ shape: "drawn" });
    } else if (model.going) stop(model);
    else start(model, tools, button);
  },
};
