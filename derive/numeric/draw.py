"""Random rational points of a domain; the same seed always gives the same point, so a witness can be reproduced."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import lru_cache

from ..language.expr import Interval


@lru_cache(maxsize=2**15)  # a model asks for the same numbers at each of its states
def draw(seed: str, domain: Interval) -> Fraction:
    """Return a random rational of ``domain``; the same seed always gives the same number."""
    rng = random.Random(seed)  # seeding by text does not depend on the hash seed
    part = Fraction(rng.randrange(3, 94), 97)
    if domain.low is None and domain.high is None:
        return rng.choice((-1, 1)) * Fraction(rng.randrange(10, 180), 89)
    if domain.high is None:
        return domain.low + 3 * part
    return domain.high - 3 * part if domain.low is None else domain.low + (domain.high - domain.low) * part
