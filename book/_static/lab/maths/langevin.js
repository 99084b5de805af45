// Langevin dynamics, as in book/score.md and diffusion_lib/sample/langevin.py, for many chains at once.

// One Langevin step of size δ: x + (δ/2) ∇ log q(x) + √δ z. Without noise, z = 0, it is a step of gradient ascent.
export const step = (x, score, delta, z) => x.map((value, d) => value + (delta / 2) * score[d] + Math.sqrt(delta) * z[d]);

// n chains, one after the other in `start`, at one noise level: a function that returns the states after 0 … k steps,
// which are computed on demand. The score is −ε̂ / √(1 − ᾱ) of a predictor as in ddim.js; `noise(k)` is the noise
// of step k.
export const langevin = (predictor, start, kept, rest, delta, noise) => {
  const visited = [start], score = new Float64Array(start.length);
  return (k) => {
    while (visited.length <= k) {
      const x = visited[visited.length - 1];
      predictor(x, kept, rest, score);
      for (let d = 0; d < score.length; d++) score[d] /= -Math.sqrt(rest);
      visited.push(step(x, score, delta, noise(visited.length)));
    }
    return visited.slice(0, k + 1);
  };
};
