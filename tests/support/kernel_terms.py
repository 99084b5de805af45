"""Times, ranges and rewriters for tests of the kernel alone."""

from __future__ import annotations

from derive.kernel.free import Free
from derive.kernel.ranges import Ranges
from derive.kernel.rewrite import Rewriter
from derive.language.times import Index

t, s, n, T = (Index(name) for name in "tsnT")
ZERO, ONE, TWO = (Index(None, number) for number in range(3))
AT_ONE = Ranges.least({"t": 1, "s": 1, "n": 1, "T": 1})


def rewriter(*rules, stated=()):
    return Rewriter(frozenset(rules), Free(stated))
