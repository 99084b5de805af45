// For which z the errors of a multistep method decay: the dot is the negated product of step length and derivative,
// and guidance increases the derivative.

import { axes, circle, line, number, text } from "../shell/plot.js";
import { choice, range } from "../shell/controls.js";
import { growth, limit, rim, solution } from "../maths/multistep.js";

const DERIVATIVE = 6; // of the noise prediction at g = 1, along the whole trajectory
const FROM = -2.5, TO = 0.4, UP = 1.2, SEEN = 2;

export const product = (g, steps) => (-DERIVATIVE * g) / steps;

// The points of a solution until it leaves the figure, with the point where it does
const inside = (x) => {
  const last = x.findIndex((value) => Math.abs(value) > SEEN), shown = x.slice(0, last < 0 ? x.length : last).map((value, n) => [n, value]);
  if (last > 0) {
    const edge = Math.sign(x[last]) * SEEN, part = (edge - x[last - 1]) / (x[last] - x[last - 1]);
    shown.push([last - 1 + part, edge]);
  }
  return shown;
};

const frames = (width, height) => {
  const wide = width > 500, tall = (wide ? height : height / 2) - 66, across = Math.min(width - 56, (tall * (TO - FROM)) / (2 * UP));
  return { wide, left: { left: 40, top: 26, width: across, height: tall }, right: wide ? { left: across + 90, top: 26, width: width - across - 114, height: tall } : { left: 40, top: height / 2 + 26, width: width - 56, height: tall } };
};
const view = (at) => axes(at, { from: FROM, to: TO, name: "z, real part" }, { from: -UP, to: UP, name: "imaginary part" });

export const lab = {
  title: "Stability of orders 1 to 4 under guidance",
  alt: "Left, the regions of stability of orders 1 to 4 in the plane of z, with a dot on the real axis. Right, the method's solution over the steps, which decays while the dot is inside the region of the chosen order.",
  height: 260,
  narrow: 500,
  controls: [
    choice("order", "order", [["1", "1"], ["2", "2"], ["3", "3"], ["4", "4"]], "4"),
    range("g", "scale g", { from: 0, to: 8, step: 0.1, value: 4, play: 8 }),
    range("steps", "steps", { from: 20, to: 100, value: 50 }),
  ],
  setup: () => ({ rims: [1, 2, 3, 4].map((order) => rim(order)) }),
  draw({ rims }, { order: chosen, g, steps }, { width, height }) {
    const order = Number(chosen), z = product(g, steps), at = frames(width, height), plane = view(at.left), grown = growth(order, [z, 0]);
    const regions = rims.map((each, i) => plane.curve(each, `c${i + 1}${i + 1 === order ? " strong" : " thin"}`)).join("");
    const ends = [1, 2, 3, 4].map((each) => line(plane.px(limit(each)), plane.py(0) - 4, plane.px(limit(each)), plane.py(0) + 4, `c${each}${each === order ? " strong" : ""}`) + text(plane.px(limit(each)) - 5, plane.py(0) - 8, each, { "text-anchor": "end" })).join("");
    const chart = axes(at.right, { from: 0, to: steps, name: "step" }, { from: -SEEN, to: SEEN, name: "error, 1 at first" });
    const x = solution(order, z, steps), path = inside(x), kind = `c${order}`;
    const svg = plane.svg + line(plane.px(FROM), plane.py(0), plane.px(TO), plane.py(0), "axis") + regions + ends + circle(plane.px(z), plane.py(0), 6, `f${order}`)
      + chart.svg + chart.along(0, "axis") + chart.curve(path, kind) + chart.dots(path.slice(0, steps + 1), `small ${kind}`)
      + (grown > 1 + 1e-9 && path.length <= steps ? text(at.right.left + at.right.width - 4, at.right.top + 14, "grows without bound", { "text-anchor": "end" }) : "");
    const where = grown > 1 + 1e-9 ? "outside" : z < 0 ? "inside or on the boundary of" : "at the end of";
    return { svg, said: `z = −6 · ${g} / ${steps} = ${number(z)}, ${where} the stability interval of order ${order}, which extends from ${number(limit(order))} to 0. In the long run, each step multiplies an error by ${number(grown)}.` };
  },
  drag(model, { steps }, [x], { width, height }) {
    const { left, width: across } = frames(width, height).left;
    if (x > left + across + 20 && width > 500) return null;
    const z = FROM + ((TO - FROM) * (x - left)) / across;
    return { g: Math.max(0, (-z * steps) / DERIVATIVE) };
  },
};
