// Walks along the score, as in book/score.md and diffusion_lib/sample/langevin.py, for many walkers at once.

// One Langevin step of size δ: x + (δ/2) ∇ log q(x) + √δ z. Without noise, z = 0, it climbs.
export const step = (x, slope, delta, z) => x.map((value, d) => value + (delta / 2) * slope[d] + Math.sqrt(delta) * z[d]);

// A walk of n walkers, one after the other in `start`, at one noise level: a function that gives the states after 0 … k
// steps, made when they are asked for. The score is −ε̂ / √(1 − ᾱ) of a predictor as in ddim.js; `noise(k)` is what is
// added in step k.
export const walk = (predictor, start, kept, rest, delta, noise) => {
  const visited = [start], slope = new Float64Array(start.length);
  return (k) => {
    while (visited.length <= k) {
      const x = visited[visited.length - 1];
      predictor(x, kept, rest, slope);
      for (let d = 0; d < slope.length; d++) slope[d] /= -Math.sqrt(rest);
      visited.push(step(x, slope, delta, noise(visited.length)));
    }
    return visited.slice(0, k + 1);
  };
};
