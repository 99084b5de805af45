"""A reader changes a line of a derivation, or states one: the proof checker treats it like those of the chapters.

A chapter's own cells state its blocks again; they were checked when the book was made, so here they are taken as they
stand, in a second or two.  From the line that was changed on, everything is checked, with what stood before that block.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import SimpleNamespace

import derive.page.chain as chains
import derive.page.derivation as derivations
import derive.page.induction as inductions
import derive.page.recall as recalls
from derive.errors import ArgumentError, DerivationError, Inconclusive, Refuted
from derive.language.registry import mentions, standard_normal
from derive.page.chain import Chain
from derive.page.definition import Definition
from derive.page.derivation import Derivation
from derive.page.render import latex
from diffusion_lib.errors import check_choice

from .counterexample import settled
from .notation import Notation, written

COUNT = ".summary()"


@dataclass
class Now:
    checking: bool = False


NOW = Now()


def _prepare():
    """Steps are taken as they stand, but while a reader's line is checked."""

    def unless_checked(module, name, instead):
        real = getattr(module, name)
        setattr(module, name, lambda *given, **named: (real if NOW.checking else instead)(*given, **named))

    unless_checked(chains, "verify", _taken)
    for module in (inductions, recalls):
        unless_checked(module, "search_by_definitions", lambda goal: ())
    unless_checked(chains, "non_negative", lambda goal, gap, strict: _taken(goal, chains.SIGNS[strict]))
    Chain.proved = lambda *given: True  # what was taken is no theorem
    for name in ("non_negative", "verify"):
        unless_checked(derivations, name, lambda *given, **named: None)
    unless_checked(inductions, "by_induction", lambda goal, *given: _taken(goal).theorem)
    chains.chained = inductions.chained = lambda theorems: (theorems[0].goal.left, theorems[-1].goal.right)
    derivations.Canary = lambda *given: None  # states something false
    Derivation._witness = lambda *given: None
    _remember(Chain, "equals", lambda right, by, using=(): ("=", by, using, None))
    _remember(Chain, "at_most", lambda bound, gap, using=(): ("≤", "", using, gap))
    _remember(Chain, "below", lambda bound, gap, using=(): ("<", "", using, gap))


def _taken(goal, how=""):
    theorem = SimpleNamespace(goal=goal, left=goal.left, right=goal.right, how=how, rests=frozenset())
    return SimpleNamespace(theorem=theorem, searches=("taken",))


def _remember(kind, name, call):
    real = getattr(kind, name)

    def remembering(self, *given, **named):
        made = real(self, *given, **named)
        self._calls = (*getattr(self, "_calls", ()), call(*given, **named))
        return made

    setattr(kind, name, remembering)


_prepare()


@lru_cache(maxsize=2)
def opened(page: str) -> dict[str, Derivation]:
    """The derivations of a page by their letter, stated again from its cells."""
    chapters = json.loads((files(__package__) / "chapters.json").read_text(encoding="utf-8"))
    cells = chapters[check_choice("page", page, chapters)]
    names: dict = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for number, source in enumerate(cells, 1):
            tree = ast.parse(source)
            tree.body = [node for node in tree.body if not ast.unparse(node).endswith(COUNT)]
            exec(compile(tree, f"{page}, cell {number}", "exec"), names)
    return {one.letter: one for one in names.values() if isinstance(one, Derivation)}


def _block(page, tag):
    for derivation in opened(page).values():
        for block in derivation.blocks.values():
            if block.tag == tag:
                return derivation, block
    raise ArgumentError(f"There is no block ({tag}) on this page.")


def show(page: str, tag: str) -> dict:
    """The lines of a block as texts, each with its relation and its justification."""
    _, block = _block(page, tag)
    if not isinstance(block, Chain):
        raise ArgumentError("This block concludes from others; break a line of those.")
    lines = [
        {"relation": one.relation, "text": written(one.right), "beside": one.justification} for one in block.lines()
    ]
    return {"kind": "shown", "left": written(block.left), "lines": lines}


def check(page: str, tag: str, changed: dict[str, str]) -> dict:
    """What the proof checker says of a block in which some lines, by number, are replaced."""
    derivation, block = _block(page, tag)
    if not isinstance(block, Chain):
        raise ArgumentError("This block concludes from others; break a line of those.")
    reader = reader_of(derivation)
    new = {int(number): reader(text) for number, text in changed.items()}
    first = min(new, default=len(block._calls))
    chain = Chain(_before(derivation, block), block.name, block.left, block.hypothesis, block.start)
    told = []
    for number, (step, call) in enumerate(zip(block.steps, block._calls, strict=True)):
        right = new.get(number, step.right)
        said = said_of(lambda call=call, right=right: _again(chain, call, right), number >= first)
        if said["kind"] == "refuted" and call[0] == "=":
            said = settled(derivation, chain.right, right, call[1], chain.start)
        told.append(said | {"line": number, "latex": latex(right), "changed": number in new})
        if said["kind"] != "passes":
            break
        told[-1]["beside"] = chain.steps[-1].shown
        told[-1]["checked"] = number >= first
    return {"kind": told[-1]["kind"] if told else "passes", "lines": told}


def reader_of(derivation):
    return Notation({"standard_normal": standard_normal} | derivation.what)


def _before(derivation, block):
    """The derivation as it was when ``block`` was stated."""
    before = copy.copy(derivation)
    before._blocks = {}
    for name, one in derivation.blocks.items():
        if one is block:
            break
        before._blocks[name] = one
    known = [one for one in before.blocks.values() if isinstance(one, Definition)]
    before.defined = {letters: thing for one in known for _, thing, letters in mentions(one.left)}
    return before


def _again(chain, call, right):
    relation, by, using, gap = call
    if relation == "=":
        chain.equals(right, by=by, using=using)
    else:
        (chain.at_most if relation == "≤" else chain.below)(right, gap=gap, using=using)


def said_of(act, checking) -> dict:
    NOW.checking = checking
    try:
        act()
    except Refuted as error:
        return {"kind": "refuted", "message": str(error)}
    except Inconclusive as error:
        return {"kind": "undecided", "message": str(error)}
    except (DerivationError, ArgumentError) as error:
        return {"kind": "refused", "message": str(error)}
    finally:
        NOW.checking = False
    return {"kind": "passes"}
