"""Beside a line of a derivation: its licence. Opened, it says the rule, where it is proved, what is cited."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from derive.justifications import LICENCES

from .formulas import CITED, Beside

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
VERDICTS = {  # what the kernel says of a line, in a sentence
    "rule, all T": "Proved by this rule, for all T.",
    "rule": "Proved by this rule.",
    "calculus": "Proved by the rules of calculus.",
    "algebra": "Proved by algebra.",
    "definition": "Proved by writing the definition out.",
}


@dataclass(frozen=True)
class Links:
    """``licence(name)`` is where a licence is proved, and that place's name; ``step(tag)`` is a block's address."""

    licence: Callable[[str], tuple[str, str]]
    step: Callable[[str], str]


def beside_html(beside: Beside, links: Links) -> str:
    """The licence, to be opened; words that are no licence stay, with links to the blocks in them."""
    since = re.sub(r"\b([a-zA-Z])\b", r"<i>\1</i>", escape(f", {beside.since}")) if beside.since else ""
    if not beside.licence:
        return _linked(beside.words, links) + since
    opened = f'<div class="rule">{"".join(_sentences(beside, links))}</div>'
    words = escape(beside.words) + since
    return f'<details class="licence" name="licence"><summary>{words}</summary>{opened}</details>'


def _sentences(beside: Beside, links: Links) -> list[str]:
    address, where = links.licence(beside.licence)
    proved = "Proved in" if beside.licence in PROVED else "Explained in"
    source = f'{proved} <a href="{escape(address)}">{escape(where)}</a>.' if address else ""
    verdict = VERDICTS.get(beside.verdict, f"Verdict: {escape(beside.verdict)}." if beside.verdict else "")
    cited = ", ".join(_link(tag, links) for tag in beside.cited)
    rule = f"<b>{escape(beside.licence)}:</b> one may {escape(LICENCES[beside.licence].permits)}."
    uses = f"Uses {cited}." if cited else ""
    return [f"<p>{told}</p>" for told in (f"{rule} {source}".strip(), verdict, uses) if told]


def _linked(words: str, links: Links) -> str:
    return CITED.sub(lambda found: _link(found[1], links), escape(words))


def _link(tag: str, links: Links) -> str:
    return f'<a href="{escape(links.step(tag))}">({escape(tag)})</a>'
