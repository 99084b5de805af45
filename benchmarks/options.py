"""The options of a row: how long, how often, and whether the peers take part."""

from __future__ import annotations

from dataclasses import dataclass

OURS = "diffusion_lib"


@dataclass(frozen=True)
class Options:
    """``seconds`` of training, ``seeds`` for each contestant, ``rounds`` of turns; None leaves a row its own numbers.

    ``quick`` shrinks everything else, for tests; its numbers mean nothing.  ``peers=False`` leaves the peers out.
    """

    seconds: float | None = None
    seeds: int | None = None
    rounds: int | None = None
    quick: bool = False
    peers: bool = True

    def of(self, name: str, full: float, quick: float) -> float:
        """The number that was asked for, or the row's own."""
        given = getattr(self, name)
        return given if given is not None else quick if self.quick else full


def line(name: str, values: list[float], unit: str, **more: object) -> dict:
    """One contestant's result; ``values`` are those of all seeds or rounds."""
    return {"name": name, "values": values, "unit": unit, **more}


def target(text: str, value: float | None, bound: float, less: bool) -> dict:
    """``value`` should be at most (``less``) or at least ``bound``; None where it was not measured."""
    return {"text": text, "value": value, "bound": bound, "less": less}
