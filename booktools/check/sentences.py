r"""Formulas in sentences: each is a case, a definition, a quotation, a computed number, or repeats a checked line.

Only the proof checker renders display mathematics.  A formula inside a sentence is typed by hand; one that *claims*
something must not stand there by itself.  Looked at are the inline formulas of the prose and of the captions that hold
a relation (=, ≈, ≤, →, …) or are made of several letters.  Harmless by their form are

- a **case**: a letter and its value after a word such as “at”, “for”, “with” (``At $t = 1$``);
- a **number**: what a cell computed follows, as in ``$c =$ {value}`c-bound` ``;
- a formula without a relation that stands in a line of a block of its own page: it is spoken about, not claimed.

Everything else is entered in the registry of chapters, under ``sentences`` of its page, once for each formula:

- ``case``: a value or range of a parameter that the form does not show;
- ``definition``: what a letter stands for, where the text introduces it, or what is put into a mean or a density;
- ``quotation``: what a paper, a program or a beginner writes, told as theirs;
- ``checked``: a claim, with the name of the block that states it.  The formula must be shown in that block; if it has a
  relation, each of its sides must be a side of the block's lines.  The sentence repeats what was checked, and no more;
- ``measured``: a claim that a cell of the page tests by numbers, with a piece of that cell, which raises if it fails.

An entry that stands nowhere on its page is reported as well.  What the register cannot know is whether a person was
honest: “case” and “definition” are for what is true because it is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markdown_it.token import Token

from pagekit.chapters.registry import NAME

from ..source.index import marks, rows_of, stored_outputs
from ..source.markdown import parse, tokens
from ..source.pages import Book, Page
from .latex import RELATION, is_compound, repeats, squeeze, stands_in

KINDS = ("case", "definition", "quotation", "checked", "measured")
LETTER = r"\\?[a-zA-Z]+(?:\\[a-z]+)?(?:_(?:\w|\{[^{}]*\}))?"
CASE = re.compile(rf"{LETTER}\s*=\s*(?:-?\d[\d.,]*|{LETTER})")
WORDS = re.compile(r"(?i)\b(?:at|for|with|from|to|near|unless|put|set|let|about|between)\s*$")
Blocks = Mapping[str, tuple[str, list[str]]]  # by name: the page's name, the LaTeX of each line


@dataclass(frozen=True)
class Sentence:
    """An inline formula, the text before it, and the name of the role that follows directly."""

    formula: str
    before: str
    role: str

    @property
    def is_case(self) -> bool:
        """A letter and its value, where the sentence says in which case it speaks."""
        return bool(CASE.fullmatch(self.formula) and WORDS.search(self.before))

    @property
    def is_number(self) -> bool:
        """The right side is what a cell computed."""
        return self.role == "value" and not RELATION.split(self.formula)[-1]


def sentences(page: Page) -> Iterator[Sentence]:
    """The inline formulas with a relation, or of several letters, in the prose and in the captions of a page."""
    for token, _ in tokens(page.text):
        yield from _inside(token)
    for cell in page.code:
        for token in parse(cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "")):
            yield from _inside(token)


def _inside(token: Token) -> Iterator[Sentence]:
    children = [child for child in token.children or [] if child.type not in ("em_open", "em_close")]
    before = ""
    for place, child in enumerate(children):
        formula = " ".join(child.content.split())
        math = child.type == "math_inline" or (child.type == "myst_role" and child.meta["name"] == "math")
        if math and (RELATION.search(formula) or is_compound(formula)):
            after = [c for c in children[place + 1 : place + 3] if c.type != "text" or c.content.strip()][:1]
            role = after[0].meta["name"] if after and after[0].type == "myst_role" else ""
            yield Sentence(formula, before, role)
        before = before + (child.content or " ") if child.type in ("text", "softbreak") else "…"


def _line(page: Page, sentence: Sentence) -> int:
    """Where the formula stands first; a token inside a directive does not know its line."""
    pattern = "[$`]" + r"\s+".join(map(re.escape, sentence.formula.split())) + "[$`]"
    found = re.search(pattern, page.text)
    return page.text.count("\n", 0, found.start()) + 1 if found else 1


def lines_of(mark: dict) -> list[str]:
    """The LaTeX of a block's lines, from its output's metadata."""
    return [f"{row['left']} {row['relation']} {row['right']}" for row in rows_of(mark)]


def problems(book: Book) -> list[str]:
    """One message for each formula of a sentence that nothing vouches for, and for each stale entry of the register."""
    blocks = {
        mark["name"]: (name, lines_of(mark))
        for name, shown in stored_outputs(book).items()
        for mark, _ in marks(shown)
        if "tag" in mark
    }
    return [
        fault for page in book.pages.values() for fault in page_problems(page, book.chapter(page).sentences, blocks)
    ]


def page_problems(page: Page, entries: Mapping, blocks: Blocks) -> Iterator[str]:
    """The same for one page; ``entries`` are those of the registry under ``sentences``."""
    listed = {formula for kind in KINDS for formula in entries.get(kind) or ()}
    own = [lines for name, lines in blocks.values() if name == page.name]
    where, used = f"{NAME}: {page.entry}: sentences:", set()
    for sentence in sentences(page):
        used.add(sentence.formula)
        shown = not RELATION.search(sentence.formula) and any(stands_in(sentence.formula, lines) for lines in own)
        if not (sentence.formula in listed or sentence.is_case or sentence.is_number or shown):
            yield (
                f"{page.name}.md:{_line(page, sentence)}: nothing checks ${sentence.formula}$; state it as a step "
                f"(`chain`) and refer to it with {{step}}, quote a number with {{value}}, or enter it in {NAME} "
                f"under sentences of {page.entry}: {', '.join(KINDS)}"
            )
    yield from (f"{where} {kind!r} is no kind; use {', '.join(KINDS)}" for kind in entries if kind not in KINDS)
    yield from (f"{where} ${formula}$ stands nowhere on the page; take it out" for formula in sorted(listed - used))
    for formula, name in (entries.get("checked") or {}).items():
        if name not in blocks:
            yield f"{where} ${formula}$ is said to be checked by {name!r}, which no notebook shows"
        elif not repeats(formula, blocks[name][1]):
            yield f"{where} ${formula}$ is not what {name!r} shows; repeat what stands there"
    code = [cell.source for cell in page.code if "raise ArithmeticError" in cell.source]
    for formula, piece in (entries.get("measured") or {}).items():
        if not any(squeeze(piece) in squeeze(source) for source in code):
            yield f"{where} no cell that raises ArithmeticError holds {piece!r}, which is said to test ${formula}$"
