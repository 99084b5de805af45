r"""Links beside the lines of a derivation: a licence leads to where it is proved, a number to the block that it cites.

The links are put in when a page is rendered. The stored output, ``{\small\text{result (F.7)}}``, stays plain, because
a notebook does not know where the pages of the book are.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from diffusion_lib.symbolic.licences import LICENCES

# Licences that are facts, and the block that proves each; the others are explained in the table of the notation page.
PROVED = {
    "telescoping": "telescoping-sum",
    "linearity": "linearity-of-mean",
    "independence": "independence-variances",
    "chain rule": "chain-rule",
    "marginalisation": "marginal",
    "Bayes": "bayes-rule",
    "tower": "tower-rule",
    "Markov": "markov-property",
    "Jensen": "jensen-gap",
    "Gibbs": "gibbs",
    "Gaussian integral": "gaussian-integral",
}
EXPLAINED = ("book/notation", "licences-of-a-derivation-step")
_BESIDE = re.compile(r"(\\small)\\text\{([^{}]*)\}")
_NAMES = sorted(LICENCES, key=len, reverse=True)
_TAG = re.compile(r"\(([A-Z]+\.\d+)\)")


def link(latex: str, licence_url: Callable[[str], str], tag_url: Callable[[str], str]) -> str:
    """``latex`` of a block with each licence and each number beside its lines turned into a link."""

    def beside(found: re.Match) -> str:
        text = found[2]
        name = next((name for name in _NAMES if re.match(rf"{re.escape(name)}\b", text)), "")
        parts = [_href(licence_url(name), name)] if name else []
        cursor = len(name)
        for tag in _TAG.finditer(text, cursor):
            parts += [_text(text[cursor : tag.start()]), _href(tag_url(tag[1]), tag[0])]
            cursor = tag.end()
        return found[1] + " " + "".join([*parts, _text(text[cursor:])])

    return _BESIDE.sub(beside, latex)


def _href(url: str, text: str) -> str:
    return rf"\href{{{url}}}{{\text{{{text}}}}}" if url else _text(text)


def _text(text: str) -> str:
    return rf"\text{{{text}}}" if text else ""
