// A square piece of the plane of two-dimensional data, with the origin in its middle and no marks on its sides.

import { box, polyline, text } from "./plot.js";

// `at` = {left, top, side} in pixels; the square reaches from −limit to limit both ways.
export const plane = ({ left, top, side }, limit, name = "") => {
  const scale = side / (2 * limit);
  const x = (value) => left + side / 2 + scale * value, y = (value) => top + side / 2 - scale * value;
  const inside = ([a, b]) => Math.abs(a) <= limit && Math.abs(b) <= limit;
  return {
    x, y, scale, inside,
    place: ([a, b]) => [x(a), y(b)],
    value: ([px, py]) => [(px - left - side / 2) / scale, (top + side / 2 - py) / scale],
    svg: box(left, top, side, side, "grid", { fill: "none" }) + (name ? text(left, top - 8, name, { class: "name" }) : ""),
  };
};

// Small arrows of one length (pixels), each with its middle at a place and along a direction that points up for y > 0.
export const arrows = (pairs, length, kind) => polyline(pairs.flatMap(([[x, y], [dx, dy]]) => {
  const size = Math.hypot(dx, dy);
  if (!(size > 0)) return [];
  const u = (length / 2) * (dx / size), v = (-length / 2) * (dy / size), tip = [x + u, y + v], gap = [NaN, NaN];
  const wing = (side) => [x + 0.3 * u - 0.45 * side * v, y + 0.3 * v + 0.45 * side * u];
  return [[x - u, y - v], tip, gap, wing(1), tip, wing(-1), gap];
}), kind);
