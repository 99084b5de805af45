// What one patch of an image attends to, in each head of a diffusion transformer's last block, by timestep.

import { box, tag, text } from "../shell/plot.js";
import { range } from "../shell/controls.js";
import { cells, places } from "../picture/cells.js";
import { shares } from "../maths/attention.js";

const SIDE = 8;
const layout = ({ width }) => {
  const wide = width > 500, side = wide ? 200 : Math.min(200, width - 20), map = wide ? 128 : Math.min(116, (width - 34) / 2);
  const top = wide ? 30 : side + 74, left = wide ? 260 : 10;
  return { picture: { left: 10, top: 30, side }, maps: places(4, 2, { left, top, side: map }, 36, map + 34) };
};
const hit = ({ left, top, side }, [x, y]) => (x >= left && x < left + side && y >= top && y < top + side ? [Math.floor((SIDE * (x - left)) / side), Math.floor((SIDE * (y - top)) / side)] : null);
const frame = ({ left, top, side }, column, row) => box(left + (side / SIDE) * column, top + (side / SIDE) * row, side / SIDE, side / SIDE, "c1 strong", { fill: "none" });

// Decodes base64 to integers from −128 to 127, one per byte
const numbers = (packed) => Int8Array.from(atob(packed), (sign) => sign.charCodeAt(0));

// The edge of the shape on the grid, as one path
const edge = (shape, { left, top, side }) => {
  const step = side / SIDE, on = (x, y) => x >= 0 && y >= 0 && x < SIDE && y < SIDE && shape[SIDE * y + x], parts = [];
  for (let y = 0; y <= SIDE; y += 1) for (let x = 0; x <= SIDE; x += 1) {
    if (on(x, y) !== on(x - 1, y) && y < SIDE) parts.push(`M${left + step * x} ${top + step * y}v${step}`);
    if (on(x, y) !== on(x, y - 1) && x < SIDE) parts.push(`M${left + step * x} ${top + step * y}h${step}`);
  }
  return tag("path", { d: parts.join(""), class: "axis", fill: "none" });
};

// The attention weights of a patch in each head, and the fraction that the shape receives, averaged over the heads
export const attentionOf = (data, { t, row, column }) => {
  const maps = shares(data.times.find((each) => each.t === t), data.heads, data.width, SIDE * (row - 1) + column - 1);
  return { maps, given: maps.reduce((sum, map) => sum + map.reduce((all, value, j) => all + (data.shape[j] ? value : 0), 0), 0) / data.heads };
};

export const lab = {
  title: "What one patch attends to",
  alt: "An image of a star on sand with a frame around one of its 64 patches, and four grids of eight by eight cells, one for each head, coloured by its attention weights.",
  height: 352,
  narrow: 560,
  controls: [
    range("t", "timestep t", { from: 100, to: 900, step: 200, value: 500, play: 4 }),
    range("row", "row", { from: 1, to: SIDE, value: 5 }),
    range("column", "column", { from: 1, to: SIDE, value: 6 }),
  ],
  setup: (data) => ({ ...data, times: data.times.map(({ t, q, k, unit }) => ({ t, q: numbers(q), k: numbers(k), unit })) }),
  draw(data, now, size) {
    const { picture, maps: grids } = layout(size), { maps } = attentionOf(data, now), inside = data.shape[SIDE * (now.row - 1) + now.column - 1];
    const { given } = attentionOf(data, now), area = data.shape.filter(Boolean).length / data.shape.length;
    const painted = cells(data.colours, 16, picture, (colour) => ({ class: "cell", style: `fill: ${colour}` })) + frame(picture, now.column - 1, now.row - 1) + text(picture.left, picture.top - 10, "the image");
    const drawn = maps.map((map, head) => {
      const most = Math.max(...map);
      return text(grids[head].left, grids[head].top - 10, `head ${head + 1}, maximum ${(100 * most).toFixed(0)} %`, { class: "name" })
        + cells(map, SIDE, grids[head], (value) => ({ class: "cell f2", "fill-opacity": Math.round((31 * value) / most) / 31 }))
        + box(grids[head].left, grids[head].top, grids[head].side, grids[head].side, "grid", { fill: "none" }) + edge(data.shape, grids[head]) + frame(grids[head], now.column - 1, now.row - 1);
    });
    const said = `At t = ${now.t}, this patch, which is ${inside ? "on the shape" : "on sand"}, pays ${(100 * given).toFixed(0)} % of its attention to the shape, averaged over the heads. The shape covers ${(100 * area).toFixed(0)} % of the patches.`;
    return { svg: painted + drawn.join(""), said };
  },
  drag(data, now, point, size) {
    const { picture, maps } = layout(size), found = [picture, ...maps].map((place) => hit(place, point)).find(Boolean);
    return found ? { column: found[0] + 1, row: found[1] + 1 } : null;
  },
};
