"""Signals to stop: collected, so that a step is finished and saved before the process obeys."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

STOP = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGUSR1") if hasattr(signal, name)]


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Collect SIGTERM and SIGINT instead of obeying them; whoever trains looks after each step."""
    received: list[int] = []
    with handled(STOP, lambda number, frame: received.append(number)):
        yield received


@contextmanager
def handled(numbers: Iterable[int], handler: Callable[[int, object], object]) -> Iterator[None]:
    """Let ``handler`` answer the signals, and afterwards whoever did before."""
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
