"""What a derivation has proved, as text that another derivation can be compared with.

A statement is compared by its words: both sides, the least times, the definitions, assumptions and hypotheses that it
rests on, and how its symbols are declared.  The words are the Python text that builds the sides, in which the index
of a sum has no name of its own.  What is written by chance, such as the LaTeX of a symbol, does not count.
"""

from __future__ import annotations

from ..errors import ArgumentError
from ..language.density import Density, Distribution
from ..language.dependence import atoms, is_noise, is_state, may_alias
from ..language.expr import rebuild, walk
from ..language.functions import Function
from ..language.registry import mentions, standard_normal, standard_vector
from ..language.text import text
from ..language.times import Index, Limit, Sequence, Sum
from ..language.tree import at
from ..language.vectors import Space


def words(node) -> str:
    """The text of ``node``, where bound indices are called #1, #2, … from the outside in."""
    return text(_unnamed(node, 1))


def _unnamed(node, depth):
    if not isinstance(node, (Sum, Limit)):
        return rebuild(node, lambda child: _unnamed(child, depth))
    name = f"#{depth}"
    body = _unnamed(at(node.body, {node.symbol: Index(name)}), depth + 1)
    return Limit(body, name) if isinstance(node, Limit) else type(node)(body, name, node.low, node.high)


def statement(block) -> str:
    """A definition, an assumption or a hypothesis in words."""
    return f"{words(block.left)} {block.relation} {words(block.right)}"


def declared(thing) -> str:
    """How a symbol was declared, but for how it is written."""
    if isinstance(thing, Distribution):
        return "Markov chain" if thing.markov else "distribution"
    low, high = (end if end is not None else "∞" for end in (thing.domain.low, thing.domain.high))
    domain = f"in ({'-' if low == '∞' else ''}{low}, {high})" + "^d" * isinstance(thing.domain, Space)
    if size := getattr(thing.domain, "size", None):
        domain = f"in an alphabet of {size!r}"
    if isinstance(thing, Function):
        more = f", falls off in {thing.places} arguments" if thing.places > 1 else ""
        return f"function {domain}{more}"
    if not isinstance(thing, Sequence):
        return f"{thing.role} {domain}"
    first = "" if thing.first is None else f", first {thing.first}"
    return f"sequence of {thing.role}s {domain} from {thing.start}{first}{', backward' if thing.backward else ''}"


def symbols(*nodes) -> dict[str, str]:
    """The symbols in ``nodes``, and how each is declared; an index is not one."""
    found = {name: thing for node in nodes for part in walk(node) for name, thing, _ in mentions(part)}
    found = {name: thing for name, thing in sorted(found.items()) if thing not in (standard_normal, standard_vector)}
    return {name: declared(thing) for name, thing in found.items() if not isinstance(thing, Index)}


def is_number(node) -> bool:
    """Does this stand for a number, and for nothing that is drawn?"""
    return not (isinstance(node, Density) or is_state(node) or is_noise(node))


def closed(nodes, cited, definitions) -> list:
    """``cited``, and the definitions of all symbols in ``nodes`` and in what is found, in the order of ``definitions``.

    Distributions, states and noises are arbitrary except for what is cited; a symbol is what its definition states.
    """
    found, open_nodes = list(cited), [*nodes, *(side for block in cited for side in (block.left, block.right))]
    while open_nodes:
        for part in atoms(open_nodes.pop()):
            for block in definitions:
                if (
                    block.relation == ":="
                    and block not in found
                    and is_number(block.left)
                    and may_alias(part, block.left)
                ):
                    found.append(block)
                    open_nodes += [block.left, block.right]
    return [block for block in definitions if block in found]


def definitions(derivation) -> list:
    """The blocks of a derivation that are stated: definitions, assumptions, hypotheses."""
    return [block for block in derivation.blocks.values() if block.definition]


def rests_on(derivation, block) -> list:
    """The definitions, assumptions and hypotheses that a proved block rests on.

    A symbol that was defined on the way, and is no part of the statement nor of what it rests on, does not count: it
    abbreviates, and whatever the others are, there is a number for it.
    """
    known = definitions(derivation)
    chains = (block, *(getattr(block, part) for part in ("base", "step") if hasattr(block, part)))
    pairs = {pair for chain in chains for step in chain.steps for pair in step.goal.hypotheses}
    cited = [
        one
        for one in known
        if (one.relation == ":=" and one.left in block.rests and not is_number(one.left))
        or (one.relation == "~" and one.left in block.rests)
        or (one.relation == "=" and one.name in block.assumptions)
        or (one.relation == "<" and (one.left, one.right) in pairs)
    ]
    return closed((block.left, block.lines()[-1].right), cited, known)


def results(derivation) -> dict:
    """Everything that ``derivation`` has proved as an equality, for the file that other chapters recall from."""
    chapter = {"letter": derivation.letter, "recalls": [], "letters": {}, "definitions": {}, "results": {}}
    for block in derivation.blocks.values():
        if block.definition or block._rests.ordered:
            continue
        if origin := getattr(block, "origin", None):
            chapter["recalls"] = sorted({*chapter["recalls"], origin.letter})
            continue
        try:
            (fact,) = block.facts()
        except ArgumentError:  # an inequality, or true under a hypothesis only
            continue
        rests = rests_on(derivation, block)
        sides = [fact.left, fact.right]
        found = symbols(*sides, *(side for one in rests for side in (one.left, one.right)))
        chapter["letters"] |= found
        chapter["definitions"] |= {one.name: statement(one) for one in rests}
        chapter["results"][block.name] = {
            "tag": block.tag,
            "says": f"{words(fact.left)} = {words(fact.right)}",
            "times": dict(fact.first),
            "rests": [one.name for one in rests],
            "letters": list(found),
        }
    return chapter
