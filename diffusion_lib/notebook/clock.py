"""The time of a call, for a sweep that records it; the book's own runs read no clock, and so repeat byte by byte."""

from __future__ import annotations

import time
from statistics import median


def microseconds(update, batch, calls=40, tries=15):
    """Processor time of an update: the median of some tries."""
    found = []
    for _ in range(tries):
        began = time.process_time()
        for _ in range(calls):
            update(batch)
        found.append(1e6 * (time.process_time() - began) / calls)
    return median(found)
