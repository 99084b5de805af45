// One Gaussian number at a time, all with two numbers: mean and variance.

export const density = (x, mean, variance) => Math.exp(-((x - mean) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);
export const logDensity = (x, mean, variance) => -((x - mean) ** 2) / (2 * variance) - Math.log(2 * Math.PI * variance) / 2;

// q(x_{t−1} | x_t, x_0) of a chain, DDPM eq. 6 and 7: the weights of x_0 and x_t in its mean, and its variance β̃_t
export const posterior = ({ beta, alphaBar, rest }, t) => ({
  ofData: (Math.sqrt(alphaBar[t - 1]) * beta[t]) / rest[t],
  ofState: (Math.sqrt(1 - beta[t]) * rest[t - 1]) / rest[t],
  variance: (beta[t] * rest[t - 1]) / rest[t],
});
