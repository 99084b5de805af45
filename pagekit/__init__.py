"""What a page does and what is done with it: set-up, checks, figures, re-runs, sweeps, exercises."""

from __future__ import annotations

from .page import boolean, check_parameters, choice, finish, integer, measured, multiple, real, setup, text, value

__all__ = [
    "boolean",
    "check_parameters",
    "choice",
    "finish",
    "integer",
    "measured",
    "multiple",
    "real",
    "setup",
    "text",
    "value",
]
