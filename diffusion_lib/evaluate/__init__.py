"""How far a model is from the best: exact oracles, the bound from one table, tests of distributions, distances."""

from __future__ import annotations

from .distances import energy_distance, frechet_distance, memorisation, sliced_wasserstein
from .features import train_features
from .goodness_of_fit import LineLaw, judge, power
from .oracle import GaussianMixture
from .vlb_from_mse import expected_terms, optimal_variance

__all__ = [
    "GaussianMixture",
    "LineLaw",
    "energy_distance",
    "expected_terms",
    "frechet_distance",
    "judge",
    "memorisation",
    "optimal_variance",
    "power",
    "sliced_wasserstein",
    "train_features",
]
