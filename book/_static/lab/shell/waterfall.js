// Bars below each other, each of which starts where the one above it ended.

import { axes, box, line, text } from "./plot.js";

// Where bars of these lengths begin, and where the last one ends
export const ends = (values) => values.reduce((places, value) => [...places, places[places.length - 1] + value], [0]);

// `rows` are {value, kind, label, start}; a `start` begins anew. Numbers run from `from` to `to`.
export const waterfall = (at, rows, { from, to, name }) => {
  const frame = axes(at, { from, to, name }, { from: 0, to: 1, marks: false }), tall = at.height / Math.max(1, rows.length);
  let place = 0, svg = "";
  rows.forEach(({ value, kind, label, start = place }, row) => {
    const top = at.top + tall * row, [left, right] = [Math.min(start, start + value), Math.max(start, start + value)].map(frame.px);
    svg += box(left, top + 0.15 * tall, Math.max(1, right - left), 0.7 * tall, kind);
    place = start + value;
    if (row < rows.length - 1 && rows[row + 1].start === undefined) svg += line(frame.px(place), top + 0.15 * tall, frame.px(place), top + 1.15 * tall, "grey thin");
    if (label) svg += text(at.left - 8, top + tall / 2 + 4, label, { "text-anchor": "end" });
  });
  return { ...frame, svg: frame.svg + svg, tall };
};
