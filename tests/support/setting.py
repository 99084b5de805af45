"""A derivation with the symbols that tests of the proof checker use, each declared when it is first named."""

from __future__ import annotations

from derive import Derivation, Normal, positive, standard_normal, unit

SYMBOLS = {
    **{name: lambda w, name=name: w.X.states(name) for name in ("x", "z")},
    **{name: lambda w, name=name: w.X.density(name) for name in ("q", "p")},
    **{name: lambda w, name=name: w.X.dummy(name) for name in ("y", "u", "zeta")},
    **{name: lambda w, name=name: w.X.function(name, positive) for name in ("f", "w", "P")},
    **{name: lambda w, name=name: w.X.function(name) for name in ("g", "h", "net", "mu")},
    **{name: lambda w, name=name: w.X.symbol(name) for name in ("r", "b")},
    **{name: lambda w, name=name: w.X.symbol(name, positive) for name in ("a", "v", "d", "k")},
    **{name: lambda w, name=name: w.X.sequence(name) for name in ("m", "hat")},
    "c": lambda w: w.X.symbol("c", unit),
    "guide": lambda w: w.X.symbol("guide", latex="w"),
    "al": lambda w: w.X.sequence("alpha", unit),
    "ab": lambda w: w.X.sequence("alpha_bar", unit, start=0, first=1),
    "bar": lambda w: w.X.sequence("alpha_bar", unit, start=0),
    "rate": lambda w: w.X.sequence("rate", positive, start=0),
    "sigma": lambda w: w.X.sequence("sigma", positive),
    "label": lambda w: w.X.states("y_label", latex="y"),
    "normal": lambda w: Normal(w.y, w.r, w.v),
    "e": lambda w: w.X.noise("epsilon"),
    "mc": lambda w: w.X.density("r_chain", latex="r", markov=True),
    "mk": lambda w: w.X.density("k", markov=True),
    "model": lambda w: w.X.density("p_model", latex="p", markov=True),
}


class Setting:
    symbols = SYMBOLS

    def __init__(self):
        self.X = Derivation("X")
        self.t, self.s, self.n, self.T = self.X.indices("t s n T")

    def __getattr__(self, name):
        if name not in self.symbols:
            raise AttributeError(name)
        setattr(self, name, self.symbols[name](self))
        return getattr(self, name)

    @property
    def eps(self):
        """The noise, as standard normal draws."""
        if "noise" not in self.X.blocks:
            self.X.define("noise", self.e[self.t], standard_normal)
        return self.e

    def step(self, left, right, by, using=(), start=1):
        return self.X.chain(f"step {len(self.X.blocks)}", left, start=start).equals(right, by=by, using=using)
