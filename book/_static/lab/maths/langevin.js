// Walks along the score, as in book/score.md and diffusion_lib/sample/langevin.py.

// One Langevin step of size δ: x + (δ/2) ∇ log q(x) + √δ z. Without noise, z = 0, it climbs.
export const step = (x, slope, delta, z) => x.map((value, d) => value + (delta / 2) * slope[d] + Math.sqrt(delta) * z[d]);

// The states of one walk, the first included; `score` is a function of x, `normal` a source of noise or null.
export const walk = (x, score, steps, delta, normal) => {
  const visited = [x];
  for (let n = 0; n < steps; n++) {
    x = step(x, score(x), delta, normal ? x.map(() => normal()) : x.map(() => 0));
    visited.push(x);
  }
  return visited;
};
