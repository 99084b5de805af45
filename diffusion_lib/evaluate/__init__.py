"""How far a model is from the best: exact oracles, the bound from one table, tests of distributions, distances."""

from __future__ import annotations

from .distances import energy_distance, frechet_distance, log_ratios, memorisation, sliced_wasserstein
from .features import train_features
from .gaussian_chain import GaussianChain, best_steps
from .likelihood import LogDensity, log_density
from .line_distribution import LineDistribution, goodness_of_fit, power
from .optimal import state_variance
from .oracle import GaussianMixture
from .vlb import optimal_variance, vlb_from_mse

__all__ = [
    "GaussianChain",
    "GaussianMixture",
    "LineDistribution",
    "LogDensity",
    "best_steps",
    "energy_distance",
    "frechet_distance",
    "goodness_of_fit",
    "log_density",
    "log_ratios",
    "memorisation",
    "optimal_variance",
    "power",
    "sliced_wasserstein",
    "state_variance",
    "train_features",
    "vlb_from_mse",
]
