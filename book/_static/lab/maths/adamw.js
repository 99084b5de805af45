// AdamW (Loshchilov and Hutter 2019), with the defaults of torch.optim.AdamW, and the average of the weights.

export const optimizer = (count) => ({ step: 0, first: new Float64Array(count), second: new Float64Array(count) });

export const adamw = (state, weights, gradient, rate, { decay = 0.01, beta1 = 0.9, beta2 = 0.999, small = 1e-8 } = {}) => {
  state.step += 1;
  const { first, second, step } = state, size = rate / (1 - beta1 ** step), root = Math.sqrt(1 - beta2 ** step);
  for (let i = 0; i < weights.length; i++) {
    const g = gradient[i];
    first[i] += (1 - beta1) * (g - first[i]);
    second[i] = beta2 * second[i] + (1 - beta2) * g * g;
    weights[i] = weights[i] * (1 - rate * decay) - (size * first[i]) / (Math.sqrt(second[i]) / root + small);
  }
};

// A gradient that is longer than `longest` is shortened to it, in place.
export const clip = (gradient, longest) => {
  let square = 0;
  for (const g of gradient) square += g * g;
  const length = Math.sqrt(square);
  if (length > longest) for (let i = 0; i < gradient.length; i++) gradient[i] *= longest / length;
};

export const average = (mean, weights, kept) => {
  for (let i = 0; i < mean.length; i++) mean[i] += (1 - kept) * (weights[i] - mean[i]);
};
