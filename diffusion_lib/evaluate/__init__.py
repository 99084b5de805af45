"""How far a model is from the optimum: exact oracles, the bound from a table of errors, and distances."""

from __future__ import annotations

from .distances import energy_distance, frechet_distance, log_ratios, memorisation, sliced_wasserstein
from .features import train_features
from .gaussian_chain import GaussianChain, best_steps
from .likelihood import LogDensity, log_density
from .optimal import state_variance
from .oracle import GaussianMixture
from .vlb import optimal_variance, vlb_from_mse

__all__ = [
    "GaussianChain",
    "GaussianMixture",
    "LogDensity",
    "best_steps",
    "energy_distance",
    "frechet_distance",
    "log_density",
    "log_ratios",
    "memorisation",
    "optimal_variance",
    "sliced_wasserstein",
    "state_variance",
    "train_features",
    "vlb_from_mse",
]
