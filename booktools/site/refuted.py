"""The report about a false step, as paragraphs: in a notebook it is one long text, broken at a fixed width."""

from __future__ import annotations

import re

from docutils import nodes

STORED = "refuted, as it must be:"
PARTS = re.compile(
    r"^(?P<word>refuted, as it must be): (?P<step>step '.+?', \w+ '.+?'): (?P<goal>.+?) "
    r"(?P<where>(is false|does not follow from what it cites: it fails) at .+?: left is .+?); (?P<remedy>.+)$"
)


def paragraphs(text: str) -> list[nodes.paragraph]:
    """The goal as code, then where it fails, then which step it was; an unknown text stays one paragraph."""
    text = " ".join(text.split())
    found = PARTS.match(text)
    if not found:
        return [nodes.paragraph("", text)]
    goal = nodes.paragraph("", "", nodes.Text(f"{_sentence(found['word'])}: "), nodes.literal("", found["goal"]))
    where = nodes.paragraph("", found["where"] + ".")
    step = nodes.paragraph("", _sentence(f"{found['step']}; {found['remedy']}."), classes=["step"])
    return [goal, where, step]


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def show(tree: nodes.document) -> None:
    """Replace every such output of a cell."""
    for block in list(tree.findall(nodes.literal_block)):
        if block.astext().startswith(STORED) and "output" in block["classes"]:
            block.replace_self(nodes.container("", *paragraphs(block.astext()), classes=["refuted"]))
