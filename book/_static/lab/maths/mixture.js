// Data from a mixture of Gaussians Σ w_k N(μ_k, s_k² I) under noise, as in diffusion_lib/evaluate/oracle.py. A state x
// is a list of numbers, as a mean is; `kept` and `rest` are ᾱ_t and 1 − ᾱ_t.

export const mixture = (means, std, weights = means.map(() => 1 / means.length)) => ({ means, weights, std: typeof std === "number" ? means.map(() => std) : std });

// Eight blobs on a circle, the ring of diffusion_lib/data/__init__.py.
export const ring = () => mixture(Array.from({ length: 8 }, (_, k) => [Math.SQRT2 * Math.cos((k * Math.PI) / 4), Math.SQRT2 * Math.sin((k * Math.PI) / 4)]), 0.1);

// V_k, the variance of a component at t
export const spread = ({ std }, kept, rest) => std.map((s) => kept * s * s + rest);

// log of w_k N(x; √ᾱ_t μ_k, V_k I) for every k, as a function of x, which writes it `into` a list
const logJoint = (data, kept, rest) => {
  const root = Math.sqrt(kept), variance = spread(data, kept, rest);
  const base = variance.map((each, k) => Math.log(data.weights[k]) - (data.means[k].length / 2) * Math.log(2 * Math.PI * each));
  const { means } = data, n = means.length;
  return (x, logs = new Array(n)) => {
    for (let k = 0; k < n; k++) {
      let square = 0;
      for (let d = 0; d < x.length; d++) square += (x[d] - root * means[k][d]) ** 2;
      logs[k] = base[k] - square / (2 * variance[k]);
    }
    return logs;
  };
};

const largest = (list) => {
  let most = -Infinity;
  for (const each of list) if (each > most) most = each;
  return most;
};
const logSum = (logs) => {
  const most = largest(logs);
  return most + Math.log(logs.reduce((sum, each) => sum + Math.exp(each - most), 0));
};

// log q(x_t) as a function of x, for many places at one time
export const logDensityAt = (data, kept, rest) => {
  const joint = logJoint(data, kept, rest);
  return (x) => logSum(joint(x));
};
export const logDensity = (data, kept, rest, x) => logDensityAt(data, kept, rest)(x);

// q(k | x_t) of every component, as a function of x, for many places at one time; it is written `into` a list
export const classesAt = (data, kept, rest) => {
  const joint = logJoint(data, kept, rest);
  return (x, into) => {
    const shares = joint(x, into), most = largest(shares);
    let all = 0;
    for (let k = 0; k < shares.length; k++) all += shares[k] = Math.exp(shares[k] - most);
    for (let k = 0; k < shares.length; k++) shares[k] /= all;
    return shares;
  };
};
export const classes = (data, kept, rest, x) => classesAt(data, kept, rest)(x);

// ∇ log q(x_t)
export const score = (data, kept, rest, x) => {
  const root = Math.sqrt(kept), variance = spread(data, kept, rest), r = classes(data, kept, rest, x);
  return x.map((value, d) => -data.means.reduce((sum, mean, k) => sum + (r[k] * (value - root * mean[d])) / variance[k], 0));
};

// E[x_0 | x_t] by Tweedie's formula
export const tweedie = (data, kept, rest, x) => score(data, kept, rest, x).map((slope, d) => (x[d] + rest * slope) / Math.sqrt(kept));

// q(x_0 | x_t), a mixture again: by Bayes' rule, component by component
export const clean = (data, kept, rest, x) => {
  const variance = spread(data, kept, rest), weights = classes(data, kept, rest, x);
  const means = data.means.map((mean, k) => mean.map((value, d) => (rest * value + Math.sqrt(kept) * data.std[k] ** 2 * x[d]) / variance[k]));
  return mixture(means, data.std.map((s, k) => s * Math.sqrt(rest / variance[k])), weights);
};

// One number of a list, with the probabilities `weights`, by a uniform number
export const chosen = (weights, uniform) => {
  let sum = 0;
  for (let k = 0; k < weights.length; k++) {
    sum += weights[k];
    if (uniform < sum) return k;
  }
  return weights.length - 1;
};
