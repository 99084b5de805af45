"""Beside a line of a derivation: its justification. Opened, it says the rule, where it is proved, what is cited."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from derive.justifications import JUSTIFICATIONS
from pagekit.certificates import SPACES

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
EXPLAINED = ("book/notation", "justifications-of-a-derivation-step")
CERTIFIED = "book/proofs"
STATUSES = {  # how the proof checker derives a line
    "rule, all T": "by this rule, for all T",
    "rule": "by this rule",
    "calculus": "by the rules of calculus",
    "algebra": "by algebra",
    "definition": "by writing the definition out",
}
CHECKED = '<span class="rocq" title="Checked by Rocq" aria-label="checked by Rocq">✓</span>'
UNCHECKED = '<span class="rocq open" title="Not checked by Rocq" aria-label="not checked by Rocq">○</span>'


@dataclass(frozen=True)
class Links:
    """``justification(name)``: where it is proved, and that place's name; ``step(tag)``: a block's address.

    ``proofs`` is the address of the page that says what Rocq has checked, or nothing.
    """

    justification: Callable[[str], tuple[str, str]]
    step: Callable[[str], str]
    proofs: str = ""


def beside_html(beside: Beside, links: Links) -> str:
    """The justification, to be opened; words that are no justification stay, with links to the blocks in them."""
    since = re.sub(r"\b([a-zA-Z])\b", r"<i>\1</i>", escape(f", {beside.since}")) if beside.since else ""
    if not beside.justification:
        return _linked(", ".join(filter(None, (beside.words, beside.unexamined))), links) + since
    opened = f'<div class="rule">{"".join(_sentences(beside, links))}</div>'
    mark = "" if beside.certificate is None else " " + (CHECKED if beside.certificate.checked else UNCHECKED)
    words = escape(", ".join(filter(None, (beside.words, beside.unexamined)))) + since + mark
    return f'<details class="justification" name="justification"><summary>{words}</summary>{opened}</details>'


def _sentences(beside: Beside, links: Links) -> list[str]:
    address, where = links.justification(beside.justification)
    proved = "Proved in" if beside.justification in PROVED else "Explained in"
    source = f'{proved} <a href="{escape(address)}">{escape(where)}</a>.' if address else ""
    cited = ", ".join(_link(tag, links) for tag in beside.cited)
    rule = f"<b>{escape(beside.justification)}:</b> one may {escape(JUSTIFICATIONS[beside.justification].permits)}."
    uses = f"Uses {cited}." if cited else ""
    alone = "No counterexample search could examine this line." if beside.unexamined else ""
    return [f"<p>{told}</p>" for told in (f"{rule} {source}".strip(), _status(beside, links), alone, uses) if told]


def _status(beside: Beside, links: Links) -> str:
    """Who says that the line holds: Rocq, or the proof checker of the book alone, which does not make it proved."""
    how = STATUSES.get(beside.status or beside.justification, "by this rule")
    if beside.certificate is None:
        return f"Derived {how}." if beside.status else ""
    rocq = f'<a href="{escape(links.proofs)}">Rocq</a>' if links.proofs else "Rocq"
    if not beside.certificate.checked:
        return f"Derived {how} by the book’s proof checker. {rocq} has not checked this step."
    return f"Proved {how}, and checked by {rocq}, {SPACES[beside.certificate.space]}."


def _linked(words: str, links: Links) -> str:
    return CITED.sub(lambda found: _link(found[1], links), escape(words))


def _link(tag: str, links: Links) -> str:
    return f'<a href="{escape(links.step(tag))}">({escape(tag)})</a>'
