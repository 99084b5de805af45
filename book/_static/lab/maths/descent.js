// A noise predictor with two weights, a and b: the best one for data that are a heavy clump at a and a light one at b. Its loss,
// its slopes and plain descents, as on the page sgd-vs-batch; a data point there is a number on a line.

const kept = 0.4, heavy = 0.75, wide = 0.3; // ᾱ; the share of the heavy clump; the deviation of a clump
const c = Math.sqrt(kept), lost = Math.sqrt(1 - kept), variance = kept * wide ** 2 + 1 - kept;
const pull = (c * wide ** 2) / variance, snr = kept / (1 - kept), odds = heavy / (1 - heavy);

// (ε − ε̂)² of one example and its slopes in a and b, added to `sums`.
const add = (a, b, x_0, eps, sums) => {
  const x_t = c * x_0 + lost * eps, offA = x_t - c * a, offB = x_t - c * b;
  const share = odds / (odds + Math.exp((offA * offA - offB * offB) / (2 * variance)));
  const atA = a + pull * offA, atB = b + pull * offB, turn = ((atA - atB) * share * (1 - share) * c) / variance;
  const miss = share * atA + (1 - share) * atB - x_0;
  sums[0] += snr * miss * miss;
  sums[1] += 2 * snr * miss * (share * (1 - pull * c) + turn * offA);
  sums[2] += 2 * snr * miss * ((1 - share) * (1 - pull * c) - turn * offB);
};

export const lossAndSlopes = (a, b, x_0, eps) => {
  const sums = [0, 0, 0];
  add(a, b, x_0, eps, sums);
  return sums;
};

// The weights before the first update and after each; the rate falls to 0 along a cosine. `drawn` holds the examples of
// one batch after the other, x_0 and eps, `size` of them in each.
export const descend = (start, updates, rate, size, { x, eps }) => {
  const path = [start], sums = [0, 0, 0];
  let [a, b] = start;
  for (let step = 0; step < updates; step++) {
    sums.fill(0);
    for (let i = step * size; i < (step + 1) * size; i++) add(a, b, x[i], eps[i], sums);
    const long = (rate * 0.5 * (1 + Math.cos((Math.PI * step) / updates))) / size;
    a -= long * sums[1];
    b -= long * sums[2];
    path.push([a, b]);
  }
  return path;
};

// Batches by chance; a batch as large as the data is all of them, once each.
export const draw = (data, size, updates, next, normal) => {
  const x = new Float64Array(size * updates), eps = new Float64Array(size * updates), all = size === data.length;
  for (let i = 0; i < x.length; i++) {
    x[i] = data[all ? i % size : Math.floor(next() * data.length)];
    eps[i] = normal();
  }
  return { x, eps };
};
