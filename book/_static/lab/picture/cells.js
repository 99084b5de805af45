// Numbers of the places of a picture as a square of cells, and where several such squares lie.

import { tag } from "../shell/plot.js";

const short = (value) => Math.round(100 * value) / 100;

// `values` are h rows; `shade(value)` says how a cell looks, as values for SVG. Cells that look alike are one element.
export const cells = (values, h, { left, top, side }, shade) => {
  const w = values.length / h, across = short(side / w), down = short(side / h), alike = new Map();
  values.forEach((value, i) => {
    const look = JSON.stringify(shade(value)), place = `M${short(left + (side / w) * (i % w))} ${short(top + (side / h) * Math.floor(i / w))}`;
    alike.set(look, `${alike.get(look) ?? ""}${place}h${across}v${down}h${-across}z`);
  });
  return Array.from(alike, ([look, d]) => tag("path", { d, ...JSON.parse(look) })).join("");
};

// Places of `n` squares in rows of `row`, `gap` pixels apart; a row takes `tall` pixels.
export const places = (n, row, { left, top, side }, gap, tall) => Array.from({ length: n }, (_, i) => ({ left: left + (side + gap) * (i % row), top: top + tall * Math.floor(i / row), side }));
