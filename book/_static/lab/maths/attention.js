// Attention of one token, from queries and keys that are kept as whole numbers times a unit.

// `q` and `k` are N rows of d numbers, `unit` what one step of the product of both is worth; the heads share the d.
export const shares = ({ q, k, unit }, heads, width, asks) => {
  const own = width / heads, n = k.length / width;
  return Array.from({ length: heads }, (_, head) => {
    const scores = Array.from({ length: n }, (_, j) => {
      let sum = 0;
      for (let c = head * own; c < (head + 1) * own; c += 1) sum += q[asks * width + c] * k[j * width + c];
      return (sum * unit) / Math.sqrt(own);
    });
    const most = Math.max(...scores), weights = scores.map((score) => Math.exp(score - most)), total = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / total);
  });
};
