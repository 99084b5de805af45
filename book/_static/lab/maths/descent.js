// A noise predictor with two weights, a and b: the optimal one for data with a heavy cluster at a and a light one at b. Its loss,
// its derivatives and plain gradient descent, as on the page sgd-vs-batch; a data point there is a number.

const kept = 0.4, heavy = 0.75, wide = 0.3; // ᾱ; weight of the heavy cluster; standard deviation of a cluster
const c = Math.sqrt(kept), lost = Math.sqrt(1 - kept), variance = kept * wide ** 2 + 1 - kept;
const gain = (c * wide ** 2) / variance, snr = kept / (1 - kept), odds = heavy / (1 - heavy);

// (ε − ε̂)² of one example and its derivatives with respect to a and b, added to `sums`.
const add = (a, b, x_0, eps, sums) => {
  const x_t = c * x_0 + lost * eps, offA = x_t - c * a, offB = x_t - c * b;
  const weight = odds / (odds + Math.exp((offA * offA - offB * offB) / (2 * variance)));
  const atA = a + gain * offA, atB = b + gain * offB, change = ((atA - atB) * weight * (1 - weight) * c) / variance;
  const error = weight * atA + (1 - weight) * atB - x_0;
  sums[0] += snr * error * error;
  sums[1] += 2 * snr * error * (weight * (1 - gain * c) + change * offA);
  sums[2] += 2 * snr * error * ((1 - weight) * (1 - gain * c) - change * offB);
};

export const lossAndGradient = (a, b, x_0, eps) => {
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
    const factor = (rate * 0.5 * (1 + Math.cos((Math.PI * step) / updates))) / size;
    a -= factor * sums[1];
    b -= factor * sums[2];
    path.push([a, b]);
  }
  return path;
};

// Random batches; a batch as large as the dataset contains every example once.
export const draw = (data, size, updates, next, normal) => {
  const x = new Float64Array(size * updates), eps = new Float64Array(size * updates), all = size === data.length;
  for (let i = 0; i < x.length; i++) {
    x[i] = data[all ? i % size : Math.floor(next() * data.length)];
    eps[i] = normal();
  }
  return { x, eps };
};
