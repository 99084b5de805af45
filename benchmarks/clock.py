"""CPU time of this process, and contestants that take turns fairly."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

FRACTION = 0.95  # of the time that is planned: a machine may slow down


def until(steps: Iterator, marks: Sequence[float]) -> Iterator[float]:
    """Advance ``steps`` until each of the rising ``marks``, in processor seconds of its own; yield the seconds used.

    What the caller does between two marks is not counted.  Ends early when ``steps`` ends.
    """
    used, start = 0.0, time.process_time()
    for mark in marks:
        for _ in steps:
            if used + time.process_time() - start >= mark:
                break
        used += time.process_time() - start
        yield used
        start = time.process_time()


def affordable(pilot: Iterator, seconds: float) -> int:
    """How many steps like those of ``pilot``, which is run to its end, fit into ``seconds`` of processor time."""
    next(pilot)  # the first step also allocates
    start = time.process_time()
    steps = sum(1 for _ in pilot)
    return max(20, round(FRACTION * seconds * steps / (time.process_time() - start)))


def turns(contestants: Mapping[str, Callable[[], object]], rounds: int, calls: int = 1) -> dict[str, list[float]]:
    """Let the contestants take turns, ``rounds`` times ``calls`` calls each; return processor seconds per call.

    Every round starts with another contestant, so that none always follows the same one.
    """
    order, seconds = list(contestants), {name: [] for name in contestants}
    for contestant in contestants.values():
        contestant()  # the first call also allocates and compiles
    for k in range(rounds):
        for name in order[k % len(order) :] + order[: k % len(order)]:
            start = time.process_time()
            for _ in range(calls):
                contestants[name]()
            seconds[name].append((time.process_time() - start) / calls)
    return seconds


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Quotients within each round: what slowed both in a round cancels."""
    return [a / b for a, b in zip(above, below, strict=True)]


def median(values: Sequence[float]) -> float:
    return float(statistics.median(values))
