"""Bugs in the proof checker do not reach a certificate: what it then accepts, Rocq refuses.

Each bug is one change of one function, or one function that does nothing.  ``blind`` rows also switch the search for
counterexamples off, which would find what they let through.
"""

from __future__ import annotations

import importlib
import inspect
import textwrap
from dataclasses import dataclass

import pytest
import sympy as sp
from asked import goals_of
from certified import uncertified
from tables import table

from derive.errors import DeriveError
from derive.kernel import theorem
from derive.kernel.theorem import Theorem
from derive.verify.verify import ProofStatus

FALSE = table(r"""
language: define("m", m[t], rate[t - 1]); step(m[t + 1], rate[t + 1], "definition", "m")
# it goes from 1 to 2, and a positive function is taken to fall off
definitions: define("f", f(r), 1 + Phi(r)); step(I(f.prime(y), y), 0, "integration by parts")
kernel-means: step(E(x[1], q(x[1])), x[1], "linearity")
kernel-markov: step(mk(x[1] | x[0], x[2]), mk(x[1] | x[2]), "Markov")
proof-signs: step(sqrt(r**2), r, "algebra")
proof-moments: step(E(eps[1] ** 4), 1, "definition", "noise")
proof-integrals: step(I(exp(y), (y, 0, a)), exp(a), "integration")
numeric: step(E(eps[t] * x[t]), 0, "independence", "noise")
verify: step(r, r + 1, "algebra")
page: step(a * (r + b), a * r + b, "algebra")
""")


def believe(goal, *_):
    """What a broken checker answers to everything."""
    return Theorem(vars(theorem)["_SEAL"], goal, "as it says", frozenset())


@dataclass
class Bug:
    """``right`` becomes ``wrong`` in the source of a function of the module; or the function is replaced."""

    module: str
    function: str
    right: str = ""
    wrong: object = ""
    blind: bool = True
    more: tuple = ()

    def plant(self, patch):
        module = importlib.import_module(f"derive.{self.module}")
        owner, _, name = self.function.rpartition(".")
        owner = getattr(module, owner) if owner else module
        old = getattr(owner, name)
        if self.right:
            source = textwrap.dedent(inspect.getsource(old))
            assert source.count(self.right) == 1
            made: dict = {}
            exec(compile(source.replace(self.right, self.wrong), self.module, "exec"), vars(module), made)
            patch.setattr(old, "__code__", made[name].__code__)
        else:
            patch.setattr(owner, name, self.wrong)
        if self.blind:
            patch.setattr("derive.verify.verify.refute", lambda goal: ())
        for bug in self.more:
            bug.plant(patch)


def nothing(*args, **more):
    return None


def yes(*args, **more):
    return True


BUGS = {
    "language": Bug("language.tree", "at", "new.offset + node.offset", "new.offset", blind=False),
    "definitions": Bug("definitions.definable", "function", wrong=nothing),
    "kernel-means": Bug("kernel.rewrite", "all_apart", wrong=yes),
    "kernel-markov": Bug("kernel.markov", "nearest", "if early and all(", "if all("),
    "proof-signs": Bug("proof.symbolic", "chart", wrong=lambda label, *_: sp.Symbol(label, positive=True)),
    "proof-moments": Bug("proof.moments", "normal_moment", "(power - 1) * ", ""),
    "proof-integrals": Bug("proof.integrals", "definite", " - antiderivative.subs(y, low)", ""),
    "numeric": Bug(
        "numeric.refute", "_seen", "except Inconclusive", "except Exception", blind=False,
        more=(Bug("proof.moments", "apart", wrong=yes, blind=False),),
    ),
    "verify": Bug("verify.verify", "prove", wrong=believe),
    "page": Bug("page.chain", "verify", wrong=lambda goal: ProofStatus(believe(goal), ()), blind=False),
}  # fmt: skip


@pytest.mark.parametrize("name", BUGS)
def test_each_bug_lets_a_falsehood_through(name, monkeypatch):
    with pytest.raises(DeriveError):
        FALSE[name]()
    BUGS[name].plant(monkeypatch)
    FALSE[name]()


def test_none_of_them_has_a_certificate(theorems):
    asked = []
    for name, case in FALSE.items():
        with pytest.MonkeyPatch.context() as patch:
            BUGS[name].plant(patch)
            asked += goals_of(name, case)
    assert [goal.name.partition(":")[0] for goal in asked] == list(BUGS)
    assert uncertified(asked, theorems) == [goal.name for goal in asked]
