"""The forward process: noise processes, the identities between x_0, ε, v, velocity and score, and the bound."""

from __future__ import annotations

from .bound import bits_per_dim, vlb
from .continuous import ContinuousProcess
from .diagnostics import diagnose
from .guidance import GuidedByLabel
from .identities import add_noise, eps_from_x_0, posterior, score_from_eps, v_from_eps, x_0_from_eps
from .noise_process import NoiseProcess
from .predictor import NoisePredictor
from .registry import SCHEDULES, make_process, make_schedule, schedule_from_config
from .schedule import Schedule, cosine, linear

__all__ = [
    "SCHEDULES",
    "ContinuousProcess",
    "GuidedByLabel",
    "NoisePredictor",
    "NoiseProcess",
    "Schedule",
    "add_noise",
    "bits_per_dim",
    "cosine",
    "diagnose",
    "eps_from_x_0",
    "linear",
    "make_process",
    "make_schedule",
    "posterior",
    "schedule_from_config",
    "score_from_eps",
    "v_from_eps",
    "vlb",
    "x_0_from_eps",
]
