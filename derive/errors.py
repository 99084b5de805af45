"""The errors of the proof system; each message names the step or the argument, and says what is allowed."""

from __future__ import annotations


class DeriveError(Exception):
    """Base class of everything that this package raises on purpose."""


class ArgumentError(DeriveError, ValueError):
    """A symbol, formula or rule that cannot be used as asked; raised before a step is checked."""


class DerivationError(DeriveError):
    """A derivation step did not pass its checks."""


class Refuted(DerivationError):
    """The step is false; the message holds a counterexample."""


class Inconclusive(DerivationError):
    """The step could be neither proved nor refuted; that is a failure, never a pass."""


class VacuousHypotheses(DerivationError):
    """No point satisfies the hypotheses, so everything would follow from them."""


class Undefined(DerivationError):
    """A side of the step has no finite value in the domain."""
