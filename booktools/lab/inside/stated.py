"""A reader states a line of their own: by which inference rule does it follow, and if by none, does it fail anywhere?

Without a rule named, every rule that may justify an equality is tried, alone and with all definitions and results of
the page.  A line that none of them gives is called false only if a counterexample satisfies all definitions of the
page; otherwise it is undecided, since it may take several steps.
"""

from __future__ import annotations

import contextlib
import copy

from derive.errors import ArgumentError, DerivationError
from derive.justifications import justification
from derive.kernel.theorem import prove
from derive.page.chain import Chain
from derive.page.definition import Definition
from derive.page.render import latex
from derive.proof.timeout import timeout
from derive.verify.verify import named
from diffusion_lib.errors import ConfigError

from .counterexample import UNDECIDED, counterexample, settled
from .lines import opened, reader_of, said_of
from .rules import OFFERED

SECONDS = 5  # of processor time for one rule
ORDER = ("passes", "refuted", "undecided", "refused")  # which answer counts, where derivations of a page differ
EARLIEST = (1, 2)  # a line that means nothing at t = 1 may begin at t = 2


def state(page: str, text: str, by: str = "") -> dict:
    """What is known of ``left = right``: the rule that gives it, a counterexample, or neither.

    ``by`` names the one rule to use; "" tries all of them.
    """
    sides = _sides(text)
    found = []
    for derivation in opened(page).values():  # a page may use one letter in two derivations
        found.append(_in_one(derivation, sides, by))
        if found[-1]["kind"] == "passes":
            break
    return min(found, key=lambda told: ORDER.index(told["kind"]))


def _in_one(derivation, sides, by):
    """What is known of a line in the letters of one derivation of the page."""
    reader = reader_of(derivation)
    try:
        left, right = map(reader, sides)
    except (ArgumentError, ConfigError) as error:
        return {"kind": "refused", "message": str(error)}
    told = _by_one(derivation, left, right, by) if by else _by_any(derivation, left, right)
    if by and told["kind"] != "passes":
        told["permits"] = justification(by).permits
    return told | {"latex": f"{latex(left)} = {latex(right)}"}


def _by_one(derivation, left, right, by):
    for way in _ways(derivation, by):
        told, start = _checked(derivation, left, right, *way)
        if told["kind"] == "passes":
            return told
    if told["kind"] == "refused":
        return told
    return settled(derivation, left, right, by, start)


def _by_any(derivation, left, right):
    """The first rule that proves the line and whose search finds no counterexample."""
    told, start = _checked(derivation, left, right, "algebra", "", [])
    if told["kind"] in ("passes", "refused"):
        return told
    for rule in sorted(OFFERED, key="result".__eq__):  # a rule says more than a result that is cited
        for way in _ways(derivation, rule) if rule != "algebra" else ():
            if _provable(derivation, left, right, way):
                told, _ = _checked(derivation, left, right, *way)
                if told["kind"] == "passes":
                    return told
    if found := counterexample(derivation, left, right, start):
        return {"kind": "refuted", "message": found}
    message = f"None of the {len(OFFERED)} rules gives this line in one step. {UNDECIDED}"
    return {"kind": "undecided", "message": message}


def _provable(derivation, left, right, way) -> bool:
    """Does the kernel reach the line by this rule?  The search for counterexamples comes after that."""
    rule, _, using = way
    for start in EARLIEST:
        with contextlib.suppress(DerivationError, ConfigError):
            goal, _ = Chain(copy.copy(derivation), "your line", left, start=start).goal(left, right, rule, using)
            with named(goal), timeout(SECONDS):
                prove(goal)
            return True
    return False


def _checked(derivation, left, right, rule, kind, using):
    """What the checker says of a line by one rule, and the first time from which that is said."""
    for start in EARLIEST:
        chain = Chain(copy.copy(derivation), "your line", left, start=start)
        told = said_of(lambda chain=chain: chain.equals(right, rule, using), True)
        if told["kind"] != "refused":
            break
    if told["kind"] == "passes":
        word = chain.steps[-1].word
        told["beside"] = rule + (f", with all {kind} of this page" if using else f" · {word}" * (word != rule))
        told["beside"] += f", from the time {chain.start} on" * (chain.start > 1)
    return told, start


def _ways(derivation, rule):
    """A rule alone, and with all that it may cite: what that is, and the names of these blocks."""
    if justification(rule).name == "result":
        names = [name for name, block in derivation.blocks.items() if _is_equality(block)]
        return [(rule, "results", names)] if names else []
    blocks = derivation.blocks.items()
    names = [name for name, block in blocks if isinstance(block, Definition) and block.relation != "<"]
    if rule == "definition":
        return [(rule, "definitions", names)]
    return [(rule, "", [])] + [(rule, "definitions", names)] * (rule != "algebra" and bool(names))


def _is_equality(block):
    if isinstance(block, Definition) or getattr(block, "hypothesis", None) is not None:
        return False
    with contextlib.suppress(ConfigError, DerivationError):
        return bool(block.facts())
    return False


def _sides(text):
    depth, places = 0, []
    for place, sign in enumerate(text):
        depth += (sign in "([") - (sign in ")]")
        if sign == "=" and depth == 0:
            places.append(place)
    if len(places) != 1:
        raise ConfigError("A line has one sign =, with something on both sides.")
    return text[: places[0]], text[places[0] + 1 :]
