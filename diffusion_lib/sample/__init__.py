"""The way back: samplers as functions of any denoiser, one file a family."""

from __future__ import annotations

from .ancestral import ddim, ddim_step, ddpm, ddpm_step, generators, last
from .dpm import dpm2, dpmpp, parabola, unipc
from .editing import Inpainted, invert, repaint
from .flow import FlowStep, even_times, follow, straightness
from .langevin import langevin
from .multistep_consistency import multistep_consistency
from .ode import adams_bashforth, euler, euler_step, heun, lms, lms_step, sigma
from .sde import sde
from .times import (
    equal_error_times,
    exponential_levels,
    karras_levels,
    sampling_timesteps,
    strength_timesteps,
    timesteps,
)

__all__ = [
    "FlowStep",
    "Inpainted",
    "adams_bashforth",
    "ddim",
    "ddim_step",
    "ddpm",
    "ddpm_step",
    "dpm2",
    "dpmpp",
    "equal_error_times",
    "euler",
    "euler_step",
    "even_times",
    "exponential_levels",
    "follow",
    "generators",
    "heun",
    "invert",
    "karras_levels",
    "langevin",
    "last",
    "lms",
    "lms_step",
    "multistep_consistency",
    "parabola",
    "repaint",
    "sampling_timesteps",
    "sde",
    "sigma",
    "straightness",
    "strength_timesteps",
    "timesteps",
    "unipc",
]
