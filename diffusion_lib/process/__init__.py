"""The forward process: the schedule, the identities between x_0, ε, v and score, and the bound."""

from __future__ import annotations

from .bound import bits_per_dim, log_level, step_term, step_variance, vlb, weight
from .guidance import GuidedByLabel
from .identities import (
    add_noise,
    eps_from_score,
    eps_from_x_0,
    posterior,
    q_step,
    score_from_eps,
    v_from_eps,
    ve_to_vp,
    vp_to_ve,
    x_0_from_eps,
)
from .remarks import PRIOR_KL_LIMIT, diagnose
from .schedule import SCHEDULES, Schedule, cosine, linear, make_schedule, scaled_linear

__all__ = [
    "PRIOR_KL_LIMIT",
    "SCHEDULES",
    "GuidedByLabel",
    "Schedule",
    "add_noise",
    "bits_per_dim",
    "cosine",
    "diagnose",
    "eps_from_score",
    "eps_from_x_0",
    "linear",
    "log_level",
    "make_schedule",
    "posterior",
    "q_step",
    "scaled_linear",
    "score_from_eps",
    "step_term",
    "step_variance",
    "v_from_eps",
    "ve_to_vp",
    "vlb",
    "vp_to_ve",
    "weight",
    "x_0_from_eps",
]
