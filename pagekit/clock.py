"""The time of a call, for a sweep that records it; the book's own runs read no clock, and so repeat byte by byte."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from statistics import median


def microseconds(
    update: Callable[[int], object], batches: Iterable[int], calls: int = 40, tries: int = 15
) -> list[float]:
    """CPU time of an update with each size of batch: the median of some tries.

    In each try the sizes take turns, so that what slows the machine down for a while slows all of them.
    """
    found: dict[int, list[float]] = {batch: [] for batch in batches}
    for _ in range(tries):
        for batch, times in found.items():
            began = time.process_time()
            for _ in range(calls):
                update(batch)
            times.append(1e6 * (time.process_time() - began) / calls)
    return [median(times) for times in found.values()]
