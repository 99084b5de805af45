"""How a set of states is written as a label: equal sets, by adjacent runs, have equal labels at every time."""

from __future__ import annotations

from ..kernel.states import run
from ..language.times import Index


def label(parts, time) -> str:
    """The label of a set of states; ``time`` says what an index stands for, a number or an index."""
    runs = [(thing.name, as_index(time(low)), as_index(time(high))) for thing, low, high in map(run, parts)]
    runs = [one for one in runs if not (one[1].symbol == one[2].symbol and one[2].offset < one[1].offset)]
    while joined(runs):
        pass
    return ", ".join(sorted(f"{thing}[{low}:{high}]" for thing, low, high in runs))


def as_index(value) -> Index:
    return value if isinstance(value, Index) else Index(None, value)


def joined(runs) -> bool:
    """Join one pair of runs of which the second begins where the first ends."""
    for one in runs:
        for other in runs:
            if one is not other and one[0] == other[0] and one[2] + 1 == other[1]:
                runs.remove(one), runs.remove(other), runs.append((one[0], one[1], other[2]))
                return True
    return False
