"""The forward process: schedules and paths, the identities between x_0, ε, v, velocity and score, and the bound."""

from __future__ import annotations

from .bound import bits_per_dim, log_level, step_term, step_variance, vlb, weight
from .derived_schedules import shifted, zero_terminal_snr
from .diagnostics import PRIOR_KL_LIMIT, diagnose
from .guidance import GuidedByLabel
from .hybrid import hybrid_loss, interpolated_variance, variance_loss
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
from .path import PATHS, Path, Process, from_schedule
from .registry import SCHEDULES, make_schedule, schedule_from_config
from .schedule import Schedule, cosine, linear, scaled_linear
from .velocity import (
    eps_from_velocity,
    score_from_velocity,
    v_from_velocity,
    velocity_from_eps,
    velocity_from_score,
    velocity_from_v,
    velocity_from_x_0,
    velocity_of_pair,
    x_0_from_velocity,
)

__all__ = [
    "PATHS",
    "PRIOR_KL_LIMIT",
    "SCHEDULES",
    "GuidedByLabel",
    "Path",
    "Process",
    "Schedule",
    "add_noise",
    "bits_per_dim",
    "cosine",
    "diagnose",
    "eps_from_score",
    "eps_from_velocity",
    "eps_from_x_0",
    "from_schedule",
    "hybrid_loss",
    "interpolated_variance",
    "linear",
    "log_level",
    "make_schedule",
    "posterior",
    "q_step",
    "scaled_linear",
    "schedule_from_config",
    "score_from_eps",
    "score_from_velocity",
    "shifted",
    "step_term",
    "step_variance",
    "v_from_eps",
    "v_from_velocity",
    "variance_loss",
    "ve_to_vp",
    "velocity_from_eps",
    "velocity_from_score",
    "velocity_from_v",
    "velocity_from_x_0",
    "velocity_of_pair",
    "vlb",
    "vp_to_ve",
    "weight",
    "x_0_from_eps",
    "x_0_from_velocity",
    "zero_terminal_snr",
]
