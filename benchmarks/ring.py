"""How far from the best possible predictor: the excess of L_simple over the Bayes floor on the ring, at equal seconds.

The floor is exact (``oracle.GaussianMixture``).  The excess E ‖ε̂ − ε*‖² is measured directly, over all times alike, on
20,000 fresh points that are the same for all.  Each contestant has its own seeds; training alone is timed.
"""

from __future__ import annotations

import torch

from diffusion_lib.data import sample_density
from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.process.identities import add_noise

from .clock import median, until
from .options import OURS, Options, line, target
from .recipes import SCHEDULE, SmallDiffusionDDPM, Tiny1000, Tiny1000Batch512, contestants

SECONDS, SEEDS, POINTS = 8.0, 5, 20_000


class Judge:
    """Noisy points at every time, and what the optimal noise predictor says of them."""

    def __init__(self, points: int) -> None:
        x_0, self.t = sample_density("ring", points, seed=1001), torch.arange(points) % SCHEDULE.T + 1
        eps = torch.randn(x_0.shape, generator=torch.Generator().manual_seed(1002))
        self.x_t = add_noise(SCHEDULE, x_0, self.t, eps)
        distribution = GaussianMixture.named("ring")
        self.best = distribution.noise_predictor(SCHEDULE)(self.x_t, self.t)
        middles = [t for t in range(1, SCHEDULE.T + 1) if t % 10 in (5, 6)]  # of tens; the floor is smooth in t
        self.floor = sum(distribution.irreducible_loss(SCHEDULE, t).loss for t in middles) / len(middles)

    @torch.no_grad()
    def __call__(self, predictor) -> float:
        """The excess in percent of the floor."""
        return 100 * float((predictor(self.x_t, self.t) - self.best).square().mean()) / self.floor


def measure(options: Options) -> dict:
    recipes = contestants(options.peers, SmallDiffusionDDPM, Tiny1000, Tiny1000Batch512)
    seconds, seeds = options.of("seconds", SECONDS, 0.3), int(options.of("seeds", SEEDS, 1))
    data, judge = sample_density("ring", POINTS, seed=1000), Judge(2000 if options.quick else POINTS)
    excess = {recipe.name: [] for recipe in recipes}
    used, steps = {recipe.name: [] for recipe in recipes}, {recipe.name: [] for recipe in recipes}
    for seed in range(seeds):
        for recipe in recipes:
            contestant, done = recipe(data, seed, seconds), []
            used[recipe.name] += until((done.append(1) for _ in contestant.steps()), [seconds])
            steps[recipe.name].append(len(done))
            excess[recipe.name].append(judge(contestant.predictor()))
    ours = median(excess[OURS])
    others = [median(values) for name, values in excess.items() if name != OURS]
    return {
        "title": "Excess of the loss over the Bayes floor, ring",
        "conditions": {"seconds": seconds, "seeds": seeds, "points": POINTS, "floor": judge.floor},
        "recipes": {recipe.name: recipe.source for recipe in recipes},
        "lines": [
            line(name, values, "% of the floor", seconds=used[name], steps=steps[name])
            for name, values in excess.items()
        ],
        "targets": [
            target("ring: excess in percent of the floor", ours, 0.3, less=True),
            target("ring: the best peer's excess over ours", min(others) / ours if others else None, 10, less=False),
        ],
    }
