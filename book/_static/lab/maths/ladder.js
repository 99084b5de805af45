// Annealed Langevin sampling down a ladder of noise levels, as diffusion_lib/sample/langevin.py does it, without the
// shrinking: x̃ = x_0 + σ ε is a state of the exact noise predictor where ᾱ is 1 and 1 − ᾱ is σ².

// Levels from `top` down to `bottom`, each the same part of the one above
export const levels = (top, bottom, rungs) => Array.from({ length: rungs }, (_, i) => top * (bottom / top) ** (rungs === 1 ? 0 : i / (rungs - 1)));

// All states from `start`: x̃ ← x̃ − (r/2) σ ε̂ + √r σ z, so many times (`repeats`) at each level with r = `size`. The
// last call of all gives the sample, x̃ − σ ε̂, which takes off the noise that is left. One state more than calls.
export const descend = (predictor, start, ladder, repeats, size, normal) => {
  const states = [start], eps = new Float64Array(start.length);
  ladder.forEach((sigma, rung) => {
    for (let n = 1; n <= repeats; n++) {
      const x = states[states.length - 1], final = rung === ladder.length - 1 && n === repeats;
      predictor(x, 1, sigma * sigma, eps);
      states.push(x.map((value, d) => (final ? value - sigma * eps[d] : value - (size / 2) * sigma * eps[d] + Math.sqrt(size) * sigma * normal())));
    }
  });
  return states;
};
