// The tables of a schedule over t = 0…T, as in diffusion_lib/process/schedule.py: β, ᾱ, 1 − ᾱ, SNR.
// 1 − ᾱ_t comes from the sum of ln(1 − β), which keeps the digits that a subtraction would lose where ᾱ is near 1.

const ramp = (power, T, start, end) => Array.from({ length: T }, (_, i) => {
  const part = T === 1 ? 0 : i / (T - 1);
  return (start ** (1 / power) * (1 - part) + end ** (1 / power) * part) ** power;
});

const cosine = (T, s = 0.008, largest = 0.999) => {
  const f = Array.from({ length: T + 1 }, (_, t) => Math.cos((((t / T + s) / (1 + s)) * Math.PI) / 2) ** 2);
  return Array.from({ length: T }, (_, i) => Math.min(1 - f[i + 1] / f[i], largest));
};

export const betas = {
  linear: (T) => ramp(1, T, 1e-4, 0.02),
  scaled_linear: (T) => ramp(2, T, 0.00085, 0.012),
  cosine: (T) => cosine(T),
};

// β_1…β_T to tables whose slot 0 is the clean data.
export const tables = (given) => {
  const T = given.length, beta = [0, ...given], alphaBar = [1], rest = [0];
  let sum = 0;
  for (let t = 1; t <= T; t++) {
    alphaBar.push(alphaBar[t - 1] * (1 - beta[t]));
    sum += Math.log1p(-beta[t]);
    rest.push(Math.abs(Math.expm1(sum)));
  }
  return { T, beta, alphaBar, rest, snr: alphaBar.map((kept, t) => kept / rest[t]) };
};

export const schedule = (name, T = 1000) => tables(betas[name](T));

// The chain that visits only some times 0 = t_0 < t_1 < … of a schedule is a diffusion too; its β is 1 − ᾱ_t / ᾱ_s.
export const visiting = ({ beta }, times) => tables(times.slice(1).map((t, i) => {
  let sum = 0;
  for (let s = times[i] + 1; s <= t; s++) sum += Math.log1p(-beta[s]);
  return -Math.expm1(sum);
}));

// `steps` long steps through all times of a schedule, as even as whole numbers allow
export const evenly = (T, steps) => Array.from({ length: steps + 1 }, (_, i) => Math.round((i * T) / steps));

// As in diffusion_lib/process/derived_schedules.py: √ᾱ shifted and scaled such that the last is 0 and the first stays,
export const zeroTerminal = ({ T, beta, alphaBar }) => {
  const root = alphaBar.map(Math.sqrt);
  return tables(beta.slice(1).map((own, i) => {
    const fall = i + 1 === T ? 1 : (root[i] * own) / (1 + Math.sqrt(1 - own)) / (root[i] - root[T]);
    return i === 0 ? own : fall * (2 - fall);
  }));
};

// and every SNR divided by k².
export const shifted = ({ beta, alphaBar, rest }, k) => tables(beta.slice(1).map((own, i) => (k * k * own) / (alphaBar[i + 1] + k * k * rest[i + 1])));
