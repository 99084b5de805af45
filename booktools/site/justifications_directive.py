"""Beside a line of a derivation: its justification. Opened, it says the rule, where it is proved, what is cited."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from derive.justifications import JUSTIFICATIONS

from .formulas import CITED, Beside

# Justifications that are facts, and the block that proves each; the table of the notation page explains the others.
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
STATUSES = {  # what the kernel says of a line, in a sentence
    "rule, all T": "Proved by this rule, for all T.",
    "rule": "Proved by this rule.",
    "calculus": "Proved by the rules of calculus.",
    "algebra": "Proved by algebra.",
    "definition": "Proved by writing the definition out.",
}


@dataclass(frozen=True)
class Links:
    """``justification(name)``: where it is proved, and that place's name; ``step(tag)``: a block's address."""

    justification: Callable[[str], tuple[str, str]]
    step: Callable[[str], str]


def beside_html(beside: Beside, links: Links) -> str:
    """The justification, to be opened; words that are no justification stay, with links to the blocks in them."""
    since = re.sub(r"\b([a-zA-Z])\b", r"<i>\1</i>", escape(f", {beside.since}")) if beside.since else ""
    if not beside.justification:
        return _linked(", ".join(filter(None, (beside.words, beside.unexamined))), links) + since
    opened = f'<div class="rule">{"".join(_sentences(beside, links))}</div>'
    words = escape(", ".join(filter(None, (beside.words, beside.unexamined)))) + since
    return f'<details class="licence" name="licence"><summary>{words}</summary>{opened}</details>'


def _sentences(beside: Beside, links: Links) -> list[str]:
    address, where = links.justification(beside.justification)
    proved = "Proved in" if beside.justification in PROVED else "Explained in"
    source = f'{proved} <a href="{escape(address)}">{escape(where)}</a>.' if address else ""
    status = STATUSES.get(beside.status, f"Verdict: {escape(beside.status)}." if beside.status else "")
    cited = ", ".join(_link(tag, links) for tag in beside.cited)
    rule = f"<b>{escape(beside.justification)}:</b> one may {escape(JUSTIFICATIONS[beside.justification].permits)}."
    uses = f"Uses {cited}." if cited else ""
    alone = "No counterexample search could examine this line; it rests on its proof." if beside.unexamined else ""
    return [f"<p>{told}</p>" for told in (f"{rule} {source}".strip(), status, alone, uses) if told]


def _linked(words: str, links: Links) -> str:
    return CITED.sub(lambda found: _link(found[1], links), escape(words))


def _link(tag: str, links: Links) -> str:
    return f'<a href="{escape(links.step(tag))}">({escape(tag)})</a>'
