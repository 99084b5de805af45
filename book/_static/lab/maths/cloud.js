// Data that are blobs in the plane, all alike and of one width: what noise makes of them is known in closed form, and so
// are the optimal noise predictor and the loss that no noise predictor undercuts (diffusion_lib/evaluate/oracle.py).

// `means` is a list of pairs, `std` the deviation of each blob.
export const cloud = (means, std) => ({ means: Float64Array.from(means.flat()), std, count: means.length });

// E[ε | x_t] into `out`, if it is given, for n points x at the levels kept = ᾱ_t and rest = 1 − ᾱ_t, arrays by point;
// `spread`, if it is given, becomes the variance of ε that x_t leaves open, per dimension.
export const bestNoise = ({ means, std, count }, x, kept, rest, n, out, spread = null) => {
  const near = new Float64Array(count);
  for (let b = 0; b < n; b++) {
    const shrunk = Math.sqrt(kept[b]), variance = kept[b] * std * std + rest[b], noise = Math.sqrt(rest[b]) / variance;
    let least = Infinity, sum = 0, u = 0, v = 0, square = 0;
    for (let k = 0; k < count; k++) {
      const du = x[2 * b] - shrunk * means[2 * k], dv = x[2 * b + 1] - shrunk * means[2 * k + 1];
      near[k] = (du * du + dv * dv) / (2 * variance);
      if (near[k] < least) least = near[k];
    }
    for (let k = 0; k < count; k++) {
      if (near[k] > least + 40) continue; // its share is below e⁻⁴⁰
      const share = Math.exp(least - near[k]), du = x[2 * b] - shrunk * means[2 * k], dv = x[2 * b + 1] - shrunk * means[2 * k + 1];
      sum += share;
      u += share * du;
      v += share * dv;
      square += share * (du * du + dv * dv);
    }
    u *= noise / sum;
    v *= noise / sum;
    if (out) { out[2 * b] = u; out[2 * b + 1] = v; }
    if (spread) spread[b] = (kept[b] * std * std) / variance + ((noise * noise * square) / sum - u * u - v * v) / 2;
  }
};

// n draws of the data; blob i serves the draws i, i + count, …, or, with `next`, each draw its own by chance.
export const draws = ({ means, std, count }, n, normal, next = null) => {
  const x = new Float64Array(2 * n);
  for (let b = 0; b < n; b++) {
    const k = next ? Math.floor(next() * count) : b % count;
    x[2 * b] = means[2 * k] + std * normal();
    x[2 * b + 1] = means[2 * k + 1] + std * normal();
  }
  return x;
};
