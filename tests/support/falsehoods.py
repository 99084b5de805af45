"""What the attacks on the proof checker share: a register of false steps, and a derivation to try them in."""

from __future__ import annotations

from derive import Derivation, positive, unit


class Falsehoods(dict):
    """False steps by name: as a decorator, it keeps a function that tries one, which must have a name of its own."""

    def __call__(self, build):
        name = build.__name__.replace("_", "-")
        if name in self:
            raise KeyError(f"two falsehoods are named {name}")
        self[name] = build
        return build


class World:
    def __init__(self):
        self.X = X = Derivation("X")
        self.t, self.s, self.n, self.T = X.indices("t s n T")
        self.x, self.z, self.q, self.p = X.states("x"), X.states("z"), X.density("q"), X.density("p")
        self.al, self.ab = X.sequence("alpha", unit), X.sequence("alpha_bar", unit, start=0, first=1)
        self.m, self.e = X.sequence("m"), X.noise("epsilon")
        self.y, self.u = X.dummy("y"), X.dummy("u")
        self.f, self.w, self.P = X.function("f", positive), X.function("w", positive), X.function("P", positive)
        self.g, self.h = X.function("g"), X.function("h")
        self.r, self.b, self.c = X.symbol("r"), X.symbol("b"), X.symbol("c", unit)
        self.a, self.v = X.symbol("a", positive), X.symbol("v", positive)

    def st(self, left, right, by, using=()):
        return self.X.chain(f"step {len(self.X.blocks)}", left).equals(right, by=by, using=using)
