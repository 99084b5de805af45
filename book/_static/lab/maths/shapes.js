// Shapes to learn: each is where its blobs stand in the plane, and how wide they are.

import { cloud } from "./cloud.js";

const WIDTH = 0.07, MOST = 100; // blobs of a drawing

const along = (count, at) => Array.from({ length: count }, (_, i) => at(i / count));

export const shapes = {
  ring: () => cloud(along(8, (part) => [Math.SQRT2 * Math.cos(2 * Math.PI * part), Math.SQRT2 * Math.sin(2 * Math.PI * part)]), 0.1),
  grid: () => cloud(along(25, (part) => [0.7 * (Math.floor(25 * part + 1e-9) % 5 - 2), 0.7 * (Math.floor(5 * part + 1e-9) - 2)]), 0.07),
  spiral: () => cloud(along(90, (part) => {
    const phi = Math.PI * (1 + 3 * Math.sqrt(part));
    return [(2 * phi * Math.cos(phi)) / (4 * Math.PI), (2 * phi * Math.sin(phi)) / (4 * Math.PI)];
  }), WIDTH),
  heart: () => cloud(along(80, (part) => {
    const a = 2 * Math.PI * part;
    return [1.7 * Math.sin(a) ** 3, (13 * Math.cos(a) - 5 * Math.cos(2 * a) - 2 * Math.cos(3 * a) - Math.cos(4 * a) + 2) / 9];
  }), WIDTH),
};

// Strokes, lists of places, as blobs at even distances along them; at most MOST.
export const drawn = (strokes) => {
  const pieces = strokes.flatMap((stroke) => stroke.slice(1).map((to, i) => [stroke[i], to, Math.hypot(to[0] - stroke[i][0], to[1] - stroke[i][1])]));
  const spacing = Math.max(0.08, pieces.reduce((sum, [, , length]) => sum + length, 0) / (MOST / 2));
  const means = [];
  for (const stroke of strokes) {
    let left = 0;
    means.push(stroke[0]);
    for (let i = 1; i < stroke.length; i++) {
      const [from, to] = [stroke[i - 1], stroke[i]], length = Math.hypot(to[0] - from[0], to[1] - from[1]);
      for (let at = spacing - left; at <= length; at += spacing) means.push([from[0] + ((to[0] - from[0]) * at) / length, from[1] + ((to[1] - from[1]) * at) / length]);
      left = (left + length) % spacing;
    }
  }
  return cloud(means.slice(0, MOST), WIDTH);
};
