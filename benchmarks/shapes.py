"""How soon the samples are good: sliced Wasserstein distance to the data, over its floor between two data sets.

10,000 samples against 10,000 points, 128 directions.  The floor is the mean over ten independent pairs of data sets.
The floor itself scatters, so that a perfect sampler scores between about 0.9 and 1.4; "good" is a median over seeds of
at most 1.5.  Ours trains from scratch for every budget, since its learning rate falls to 0 at the end; a peer's rate is
constant, so one run is looked at along the way.  Sampling is not timed.
"""

from __future__ import annotations

import torch

from diffusion_lib.data import DENSITIES, sample_density
from diffusion_lib.evaluate.distances import sliced_wasserstein, sliced_wasserstein_floor

from .clock import median, until
from .options import OURS, Options, line, target
from .recipes import Ours, SmallDiffusion, Tiny, contestants

SECONDS, SEEDS, POINTS, GOOD = 16.0, 5, 10_000, 1.5
COMPARED = ("checkerboard", "moons")
EARLIER, LATER = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1), (1 / 8, 1 / 4, 1 / 2, 1, 2)  # budgets, in units of ``seconds``


def measure(options: Options) -> dict:
    recipes = contestants(options.peers, SmallDiffusion, Tiny)
    seconds, seeds = options.of("seconds", SECONDS, 0.2), int(options.of("seeds", SEEDS, 1))
    n = 300 if options.quick else POINTS
    densities = COMPARED if options.quick else tuple(DENSITIES)
    judges = {name: Judge(name, n) for name in densities}
    lines, reached = [], {}
    for name in densities:
        present = recipes if name in COMPARED else recipes[:1]
        scores = {recipe: {budget: [] for budget in _budgets(recipe, name, seconds)} for recipe in present}
        for seed in range(seeds):
            for recipe, table in scores.items():
                for budget, score in _scores(recipe, judges[name], list(table), seed):
                    table[budget].append(score)
        for recipe, table in scores.items():
            reached[name, recipe.name] = next((b for b, values in table.items() if median(values) <= GOOD), None)
            lines += [
                line(recipe.name, values, "× floor", density=name, seconds=budget) for budget, values in table.items()
            ]
    return {
        "title": "Distance of samples to the data over its floor",
        "conditions": {"seconds": seconds, "seeds": seeds, "samples": n, "good": GOOD},
        "recipes": {recipe.name: recipe.source for recipe in recipes},
        "floors": {name: judge.floor for name, judge in judges.items()},
        "lines": lines,
        "reached": [{"density": d, "name": r, "seconds": s} for (d, r), s in reached.items()],
        "targets": [_worst(lines, seconds), *_sooner(reached, recipes, densities, seconds)],
    }


class Judge:
    """Data to train on, data to compare with, and the floor of the distance, for one density."""

    def __init__(self, name: str, n: int) -> None:
        self.train, self.held_out = sample_density(name, 20_000, seed=2000), sample_density(name, n, seed=2001)
        self.floor = sliced_wasserstein_floor(lambda seed: sample_density(name, n, seed=seed), pairs=10, seed=2002)

    def __call__(self, contestant, seed: int) -> float:
        """The distance of a contestant's samples over the floor; infinite samples are as bad as can be."""
        x_T = torch.randn(self.held_out.shape, generator=torch.Generator().manual_seed(3000 + seed))
        with torch.no_grad():
            x_0 = contestant.sample(x_T)
        return sliced_wasserstein(x_0.nan_to_num(1e6, 1e6, -1e6), self.held_out) / self.floor


def _budgets(recipe: type, density: str, seconds: float) -> list[float]:
    if recipe is not Ours:
        return [part * seconds for part in LATER]
    return [part * seconds for part in EARLIER] if density in COMPARED else [seconds]


def _scores(recipe: type, judge: Judge, budgets: list[float], seed: int):
    if recipe is Ours:
        for budget in budgets:
            contestant = recipe(judge.train, seed, budget)
            next(until(contestant.steps(), [budget]))
            yield budget, judge(contestant, seed)
        return
    contestant = recipe(judge.train, seed, budgets[-1])
    for budget, _ in zip(budgets, until(contestant.steps(), budgets), strict=True):
        yield budget, judge(contestant, seed)


def _worst(lines: list[dict], seconds: float) -> dict:
    """Within 16 s on every density: for each the best of its budgets, of these the largest."""
    best = {}
    for row in lines:
        if row["name"] == OURS:
            best[row["density"]] = min(best.get(row["density"], float("inf")), median(row["values"]))
    return target(
        f"distance of samples over its floor within {seconds:g} s, worst density", max(best.values()), GOOD, True
    )


def _sooner(reached: dict, recipes: tuple, densities: tuple, seconds: float):
    """How many times sooner than the soonest peer; a peer that never gets there counts with its last look."""
    for name in COMPARED:
        ours, value = reached.get((name, OURS)), None
        if name in densities and ours and len(recipes) > 1:
            peers = [reached[name, recipe.name] for recipe in recipes[1:]]
            value = min(time or LATER[-1] * seconds for time in peers) / ours
        yield target(
            f"samples good at least so many times sooner than the soonest peer's, {name}", value, 4, less=False
        )
