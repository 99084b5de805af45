"""A derivation with the symbols that tests of the proof checker use; each is declared when it is first named."""

from __future__ import annotations

from derive import Derivation, positive, unit

SYMBOLS = {
    **{name: lambda X, name=name: X.indices(name)[0] for name in ("t", "s", "n", "T")},
    **{name: lambda X, name=name: X.states(name) for name in ("x", "z")},
    **{name: lambda X, name=name: X.density(name) for name in ("q", "p")},
    **{name: lambda X, name=name: X.dummy(name) for name in ("y", "u")},
    **{name: lambda X, name=name: X.function(name, positive) for name in ("f", "w", "P")},
    **{name: lambda X, name=name: X.function(name) for name in ("g", "h")},
    **{name: lambda X, name=name: X.symbol(name) for name in ("r", "b")},
    **{name: lambda X, name=name: X.symbol(name, positive) for name in ("a", "v", "d", "k")},
    "c": lambda X: X.symbol("c", unit),
    "guide": lambda X: X.symbol("guide", latex="w"),
    "al": lambda X: X.sequence("alpha", unit),
    "ab": lambda X: X.sequence("alpha_bar", unit, start=0, first=1),
    "m": lambda X: X.sequence("m"),
    "e": lambda X: X.noise("epsilon"),
    "mc": lambda X: X.density("r_chain", latex="r", markov=True),
    "model": lambda X: X.density("p_model", latex="p", markov=True),
}


class Setting:
    def __init__(self):
        self.X = Derivation("X")

    def __getattr__(self, name):
        if name not in SYMBOLS:
            raise AttributeError(name)
        setattr(self, name, SYMBOLS[name](self.X))
        return getattr(self, name)

    def step(self, left, right, by, using=(), start=1):
        return self.X.chain(f"step {len(self.X.blocks)}", left, start=start).equals(right, by=by, using=using)
