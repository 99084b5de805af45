// Φ, the distribution function of N(0, 1), to fifteen digits (Hart 1968, as West 2005 writes it), and with it GELU.

const ROOT = Math.sqrt(2 * Math.PI);

// Φ(x), given e^{−x²/2}, which who asks mostly needs as well.
const below = (x, bell) => {
  const a = Math.abs(x);
  let tail = 0;
  if (a < 7.07106781186547) {
    const top = ((((((0.0352624965998911 * a + 0.700383064443688) * a + 6.37396220353165) * a + 33.912866078383) * a + 112.079291497871) * a + 221.213596169931) * a + 220.206867912376);
    const bottom = (((((((0.0883883476483184 * a + 1.75566716318264) * a + 16.064177579207) * a + 86.7807322029461) * a + 296.564248779674) * a + 637.333633378831) * a + 793.826512519948) * a + 440.413735824752);
    tail = (bell * top) / bottom;
  } else if (a < 37) {
    tail = bell / (a + 1 / (a + 2 / (a + 3 / (a + 4 / (a + 0.65))))) / 2.506628274631;
  }
  return x > 0 ? 1 - tail : tail;
};

export const normalBelow = (x) => below(x, Math.exp(-0.5 * x * x));

// GELU(x) = x Φ(x) of each number, and its slope Φ(x) + x φ(x), into `out` and `slope`.
export const gelu = (given, out, slope, count) => {
  for (let i = 0; i < count; i++) {
    const x = given[i], bell = Math.exp(-0.5 * x * x), share = below(x, bell);
    out[i] = x * share;
    slope[i] = share + (x * bell) / ROOT;
  }
};
