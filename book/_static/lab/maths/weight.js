// The weight of each time in a loss, as the weight of the squared error of the noise (diffusion_lib/process/bound.py).

const rules = {
  simple: () => 1,
  x_0: (snr) => 1 / snr,
  v: (snr, kept) => 1 / kept,
  truncated_snr: (snr) => Math.max(snr, 1) / snr,
  min_snr: (snr, kept, gamma) => Math.min(snr, gamma) / snr,
};

// The bound's own, with the true variance of a step; that of the first step is 0, and the second's stands in.
const bound = ({ beta, alphaBar, rest }) => beta.map((step, t) => {
  if (t === 0) return 0;
  const at = t === 1 && beta.length > 2 ? 2 : t, variance = at === 1 ? beta[1] : (beta[at] * rest[at - 1]) / rest[at];
  return (step * step) / (2 * variance * (1 - step) * rest[t]);
});

// w_0 … w_T; slot 0 is 0.
export const weights = (tables, kind, gamma = 5) => (kind === "vlb" ? bound(tables) : tables.snr.map((snr, t) => (t === 0 ? 0 : rules[kind](snr, tables.alphaBar[t], gamma))));

// What is left of E (ε − ε̂)² at best, for data on a line that are blobs [share, mean, deviation]: the variance of ε that
// x_t leaves open, averaged over x_t by the trapezoidal rule (irreducible_loss of diffusion_lib/evaluate/oracle.py).
export const floorOnLine = (blobs, kept, rest) => {
  const parts = blobs.map(([share, mean, deviation]) => ({ share, place: Math.sqrt(kept) * mean, own: kept * deviation ** 2, variance: kept * deviation ** 2 + rest }));
  let total = 0, all = 0;
  for (let i = -112; i <= 112; i++) {
    const z = i / 16, node = Math.exp((-z * z) / 2);
    all += node;
    for (const from of parts) {
      const x = from.place + Math.sqrt(from.variance) * z;
      let sum = 0, mean = 0, square = 0;
      for (const { share, place, own, variance } of parts) {
        const near = (share * Math.exp(-((x - place) ** 2) / (2 * variance))) / Math.sqrt(variance), said = (Math.sqrt(rest) * (x - place)) / variance;
        sum += near;
        mean += near * said;
        square += near * (said * said + own / variance);
      }
      total += from.share * node * (square / sum - (mean / sum) ** 2);
    }
  }
  return total / all;
};

// The share of each time in Σ_t w_t L_t, and the sums of the shares up to it.
export const shares = (weight, error) => {
  const terms = weight.map((w, t) => w * error[t]), total = terms.reduce((a, b) => a + b, 0), share = terms.map((term) => term / total), upTo = [];
  share.reduce((sum, each, t) => (upTo[t] = sum + each), 0);
  return { share, upTo, half: upTo.findIndex((sum) => sum >= 0.5) };
};
