"""The forward process: schedules and paths, the identities between x_0, ε, v, velocity and score, and the bound."""

from __future__ import annotations

from .bound import bits_per_dim, vlb
from .diagnostics import diagnose
from .guidance import GuidedByLabel
from .identities import add_noise, eps_from_x_0, posterior, q_step, score_from_eps, v_from_eps, x_0_from_eps
from .path import Path
from .predictor import NoisePredictor
from .registry import SCHEDULES, make_schedule, schedule_from_config
from .schedule import Schedule, cosine, linear, scaled_linear

__all__ = [
    "SCHEDULES",
    "GuidedByLabel",
    "NoisePredictor",
    "Path",
    "Schedule",
    "add_noise",
    "bits_per_dim",
    "cosine",
    "diagnose",
    "eps_from_x_0",
    "linear",
    "make_schedule",
    "posterior",
    "q_step",
    "scaled_linear",
    "schedule_from_config",
    "score_from_eps",
    "v_from_eps",
    "vlb",
    "x_0_from_eps",
]
