// Lines of one height in a table of heights on an even grid, as pairs of ends: each cell is cut by a straight line.

const cell = (z, level, corners) => {
  const ends = [];
  for (let k = 0; k < 4; k++) {
    const [i, j] = corners[k], [p, q] = corners[(k + 1) % 4], one = z[i][j] - level, two = z[p][q] - level;
    if (one < 0 === two < 0) continue;
    const part = one / (one - two);
    ends.push([i + part * (p - i), j + part * (q - j)]);
  }
  return ends;
};

// [[[i, j], [i, j]], …] in steps of the grid; z[i][j] is the height at i along the first axis.
export const contour = (z, level) => {
  const pieces = [];
  for (let i = 0; i + 1 < z.length; i++) {
    for (let j = 0; j + 1 < z[0].length; j++) {
      const ends = cell(z, level, [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]]);
      for (let k = 0; k + 1 < ends.length; k += 2) pieces.push([ends[k], ends[k + 1]]);
    }
  }
  return pieces;
};
