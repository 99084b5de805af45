// The terms of the bound, and its gap above −log p, as the coefficients of the model's reverse steps change.

import { axes, circle, legend } from "../shell/plot.js";
import { choice, range } from "../shell/controls.js";
import { below } from "../shell/letters.js";
import { ends, waterfall } from "../shell/waterfall.js";
import { bestSteps, nats, sum, terms } from "../maths/chain.js";
import { evenly, schedule, visiting } from "../maths/schedule.js";

const LONGEST = 20, S = 0.3; // the standard deviation of the data, as on this page
const [FROM, TO] = [0.6, 1.3];
const factors = Array.from({ length: 71 }, (_, i) => Number((FROM + i / 100).toFixed(2)));
const fixed = (value) => value.toFixed(4).replace("-", "−");

// L_0…L_T, their sum, −log p, and the gap between the two, averaged over the data, for `c` times the optimal coefficients
export const evaluate = (chain, c, variances) => {
  const best = bestSteps(chain, S), model = { a: best.a.map((each) => c * each), v: variances === "best" ? best.v : chain.beta };
  const found = terms(chain, model, S * S), bound = sum(found), exact = nats(chain, model, S * S);
  return { terms: found, bound, exact, gap: bound - exact };
};

// The index of the lowest value; at an end of the slider the curve may decrease further.
const lowest = (table, name) => table.reduce((low, each, i) => (each[name] < table[low][name] ? i : low), 0);

const inside = (place) => place > 0 && place < factors.length - 1;
const where = (place) => (inside(place) ? `lowest at c = ${factors[place].toFixed(2)}` : `still decreases at c = ${factors[place].toFixed(2)}, where the slider ends`);

// All factors at once, so that the axes keep their scales while c moves
const sweep = (model, T, variances) => {
  const key = `${T} ${variances}`;
  if (!model.swept.has(key)) {
    const table = factors.map((c) => evaluate(model.chains[T], c, variances));
    const places = table.flatMap((each) => ends([...each.terms].reverse())), margin = (list) => 0.05 * (Math.max(...list) - Math.min(...list));
    const heights = table.flatMap(({ bound, exact }) => [bound, exact]);
    model.swept.set(key, {
      table,
      bars: { from: Math.min(...places) - margin(places), to: Math.max(...places) + margin(places), name: "nats" },
      curves: { from: Math.min(...heights) - margin(heights), to: Math.max(...heights) + margin(heights), name: "nats" },
    });
  }
  return model.swept.get(key);
};

const frames = ({ width, height }) => {
  const wide = width > 500, top = wide ? 36 : 70;
  return [
    { left: 56, top, width: wide ? width - 370 : width - 66, height: (wide ? height : height - 188) - top - 42 },
    { left: wide ? width - 260 : 46, top: wide ? 52 : height - 146, width: wide ? 250 : width - 56, height: wide ? height - 94 : 104 },
  ];
};

export const lab = {
  title: "Bound = −log p + gap",
  alt: "Left: the terms of the bound as bars, each starting where the one above it ended; below them −log p and the gap, which end at the same position. Right: the bound and −log p as functions of the factor c of the coefficients.",
  height: 420,
  narrow: 616,
  controls: [
    range("c", "factor c", { from: FROM, to: TO, step: 0.01, value: 0.85, play: 6 }),
    range("T", "steps T", { from: 3, to: LONGEST, value: 10 }),
    choice("v", "variances", [["best", "optimal"], ["beta", "fixed at β"]]),
  ],
  setup() {
    const full = schedule("linear", 1000);
    return { swept: new Map(), chains: Array.from({ length: LONGEST + 1 }, (_, T) => (T ? visiting(full, evenly(1000, T)) : null)) };
  },
  draw(model, { c, T, v }, size) {
    const { table, bars, curves } = sweep(model, T, v), now = table[factors.indexOf(c)], [at, beside] = frames(size);
    const kind = (t) => (t === T ? "f1 faint" : t ? "f1" : "f3");
    const rows = now.terms.map((value, t) => ({ value, kind: kind(t), label: `L${below(t)}` })).reverse();
    const left = waterfall(at, [...rows, { value: now.exact, kind: "f2", label: "−log p", start: 0 }, { value: now.gap, kind: "f4", label: "gap" }], bars);
    const right = axes(beside, { from: FROM, to: TO, name: "c" }, curves);
    const area = [...factors.map((each, i) => [each, table[i].bound]), ...factors.map((each, i) => [each, table[i].exact]).reverse()];
    const lines = [["bound", "c1"], ["exact", "c2"]].map(([name, colour]) => {
      const low = lowest(table, name);
      const dot = inside(low) ? circle(right.px(factors[low]), right.py(table[low][name]), 4, `${colour} f${colour[1]}`) : "";
      return right.curve(factors.map((each, i) => [each, table[i][name]]), `${colour} strong`) + dot;
    });
    const svg = legend([["c1 strong", "the bound and its terms"], ["c3 strong", "L₀"], ["c2 strong", "−log p"], ["c4 strong", "gap"]], 10, 16, size.width - 20)
      + left.svg + left.across(now.bound, "mark") + right.svg + right.curve(area, "f4 faint") + lines.join("") + right.across(c, "mark");
    return { svg, said: `c = ${c.toFixed(2)}: the bound is ${fixed(now.bound)} nats = ${fixed(now.exact)} (−log p) + ${fixed(now.gap)} (gap). Dots: the bound is ${where(lowest(table, "bound"))}, −log p ${where(lowest(table, "exact"))}.` };
  },
  // In the panel of curves, dragging moves c.
  drag(model, now, [x, y], size, began) {
    const [, beside] = frames(size);
    if (began) model.held = size.width > 500 ? x > beside.left - 20 : y > beside.top - 20;
    return model.held ? { c: FROM + ((TO - FROM) * (x - beside.left)) / beside.width } : null;
  },
};
