"""The form of a generated falsehood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class False_:
    """``build(w)`` states the step; ``because`` states why it is false, where no number shows it."""

    name: str
    build: Callable
    because: str = ""


def step(name, sides, by, using=(), because="") -> False_:
    """A false step: ``sides(w)`` is its left and right side, and may define what it needs."""

    def build(w):
        left, right = sides(w)
        w.step(left, right, by, using)

    return False_(f"{name} by {by}", build, because)


def chain_law(w):
    """A law that is declared to be a Markov chain."""
    return w.X.density("chain", markov=True)
