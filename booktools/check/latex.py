r"""LaTeX compared as text: whether a typed formula stands in a block that the proof checker rendered.

Nothing is proved here.  Spaces, brackets, and the three ways to write a fraction are taken away; what is left must be
the same letters in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

RELATION = re.compile(
    r"\s*(:=|=|≈|≤|≥|<|>|\\(?:approx|leq?|geq?|neq?|ll|gg|equiv|propto|sim|to|rightarrow|mapsto)(?![a-zA-Z]))\s*"
)
SPACE = re.compile(r"\\[,;! ]|\\q?quad|\\(?:left|right|[bB]igg?[lr]?)(?![a-zA-Z])|\\vphantom\{[^{}]*\}|[~&\s]")
DECORATION = re.compile(r"_\{[^{}]*\}|_\w|\^\{?\(?\d\)?\}?|\([^()]*\\mid[^()]*\)|\\(?:tilde|hat|bar|math\w+|text)\b")
OPERATOR = re.compile(r"[-+/]|\\[td]?frac|\\sqrt|\\log|\\ln|\\exp|\\Phi|\^|\\,|\\cdot")
NO_LETTER = re.compile(
    r"\\(?:[td]?frac|sqrt|log|ln|exp|Phi|mid|lVert|rVert|cdot|times|quad|[bB]igg?[lr]?)(?![a-zA-Z])|\\,"
)


def is_compound(formula: str) -> bool:
    """Whether a formula is made of several letters by an operation; an index or a square makes none."""
    bare = DECORATION.sub("", formula)
    return bool(OPERATOR.search(bare)) and len(re.findall(r"\\?[a-zA-Z]+", NO_LETTER.sub(" ", bare))) >= 2


@cache
def squeeze(latex: str) -> str:
    """LaTeX without spaces and brackets, fractions with a slash."""
    latex = SPACE.sub("", latex)
    while found := re.search(r"\\[td]?frac", latex):
        over, end = _group(latex, found.end())
        under, end = _group(latex, end)
        latex = f"{latex[: found.start()]}{over}/{under}{latex[end:]}"
    return re.sub(r"[{}()\[\]]", "", latex).strip(".,")


def _group(latex: str, start: int) -> tuple[str, int]:
    """The argument of a command that begins at ``start``, and where it ends."""
    if latex[start : start + 1] != "{":
        piece = re.match(r"\\[a-zA-Z]+|.?", latex[start:])[0]
        return piece, start + len(piece)
    depth = 0
    for place in range(start, len(latex)):
        depth += (latex[place] == "{") - (latex[place] == "}")
        if depth == 0:
            return latex[start + 1 : place], place + 1
    return latex[start + 1 :], len(latex)


def stands_in(formula: str, lines: Sequence[str]) -> bool:
    """Whether a formula is a piece of a block's lines."""
    return any(squeeze(formula) in squeeze(line) for line in lines)


def repeats(formula: str, lines: Sequence[str]) -> bool:
    """Whether a block shows what a formula says.

    Without a relation, it must stand there.  With one, each side must be a side of the lines, and the relations must
    be those between the two: equality where all are equal, an inequality in the same direction.
    """
    said = RELATION.split(formula)
    if len(said) == 1:
        return stands_in(formula, lines)
    parts = RELATION.split(" ".join(lines).replace(":=", "="))
    shown, between = [squeeze(part) for part in parts[::2]], parts[1::2]
    places = [shown.index(side) if side in shown else -1 for side in map(squeeze, said[::2])]
    for first, last, relation in zip(places, places[1:], said[1::2], strict=False):
        crossed = {*between[min(first, last) : max(first, last)]} - {"="}
        if min(first, last) < 0 or crossed != {relation} - {"="} or (crossed and first > last):
            return False
    return True
