"""Every noise process by its name: what a command line offers, and what a stored configuration is rebuilt from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ConfigError, check_choice
from ..registry import PROCESSES, SCHEDULES
from .continuous import ContinuousProcess
from .derived_schedules import shifted, zero_terminal_snr
from .schedule import Schedule

# functions of another schedule
DERIVED_SCHEDULES: dict[str, Callable[..., Schedule]] = {"zero_terminal_snr": zero_terminal_snr, "shifted": shifted}


def make_process(name: str) -> ContinuousProcess:
    """Return the continuous-time process called ``name``, a key of ``PROCESSES``, with its published values."""
    return PROCESSES[check_choice("process", name, PROCESSES)]()


def make_schedule(name: str, T: int = 1000) -> Schedule:
    """Return the schedule called ``name``, a key of ``SCHEDULES``, with T steps and its published values."""
    return SCHEDULES[check_choice("schedule", name, SCHEDULES)](T)


def schedule_from_config(config: dict[str, Any]) -> Schedule:
    """Rebuild the schedule that ``config`` describes, bit for bit.

    Raises ``ConfigError`` for an unknown name, and for arguments that its function does not take.
    """
    arguments = dict(config)
    if "of" in arguments:  # made from another schedule
        make = DERIVED_SCHEDULES[check_choice("schedule name", arguments.pop("name", None), DERIVED_SCHEDULES)]
        arguments = {"schedule": schedule_from_config(arguments.pop("of")), **arguments}
    elif "betas" in arguments:
        make = Schedule.from_betas
    else:
        make = SCHEDULES[check_choice("schedule name", arguments.pop("name", None), SCHEDULES)].function
    try:
        return make(**arguments)
    except TypeError as error:
        raise ConfigError(f"schedule config must hold the arguments of {make.__name__}, got {config}") from error
