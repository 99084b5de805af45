"""``{minutes}`here` ``: how long a chapter takes, as "14 minutes to read, 1 to run on two cores."

Reading: a minute for each 200 words of text and captions, and 8 seconds for each line of a displayed formula, be it
typed or printed by a derivation; code, exercise numbers and images count nothing.  Running: the clock of the
chapter's last run, from ``notebooks/X.cost.json``.  Both are rounded up to whole minutes, so that they seldom change.
With a chapter's name, as in ``{minutes}`first-model` ``, the words fit into a list: "14 to read, 1 to run".  A path of
the introduction, as in ``{minutes}`path: theory` ``, takes what its chapters take together, read in hours.
"""

from __future__ import annotations

import math
import re

from pagekit.chapters.registry import NAME, registry

from ..source.index import Index, marks
from ..source.markdown import tokens
from ..source.pages import BookError, Page
from . import cost

WORDS_A_MINUTE = 200
SECONDS_A_LINE = 8
HERE, PATH = "here", "path:"
_WORD = re.compile(r"[^\W\d_]{2,}|\d[\d.,]*|\ba\b", re.IGNORECASE)
_ROLE = re.compile(r"\{[\w:]+\}`+[^`]*`+|\$[^$]*\$|`[^`]*`")  # counts as one word


def words(page: Page) -> int:
    """The words of the page's text, headings and captions; a formula in a sentence counts as one."""
    texts = [cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "") for cell in page.code]
    texts += [token.content for token, _ in tokens(page.text) if token.type == "inline"]
    return sum(len(_WORD.findall(_ROLE.sub(" formula ", text))) for text in texts)


def lines(index: Index, page: Page) -> int:
    """The lines of the page's displayed formulas: those typed, and those that its derivations printed."""
    typed = [token.content for token, _ in tokens(page.text) if token.type.startswith("math_block")]
    typed += [found.body for _, found in tokens(page.text) if found and found.name == "math"]
    printed = [
        out["data"].get("text/latex", "") for mark, out in marks(index.outputs.get(page.name, [])) if "tag" in mark
    ]
    return sum(1 + len(re.findall(r"\\\\|\\cr\b", formula)) for formula in typed + printed)


def reading(index: Index, page: Page) -> int:
    return max(1, math.ceil(words(page) / WORDS_A_MINUTE + lines(index, page) * SECONDS_A_LINE / 60))


def running(page: Page) -> int | None:
    """Minutes on the clock, or None for a page without code or one that was never measured."""
    row = cost.read(page) if page.is_notebook else None
    return math.ceil(row["seconds"] / 60) if row else None


def chapters(index: Index, page: Page, content: str) -> list[Page]:
    """The chapters that the role's ``content`` names, seen from ``page``."""
    if content == HERE:
        return [page]
    if not content.startswith(PATH):
        return [index.book.resolve(page, content)]
    path = content.removeprefix(PATH).strip()
    paths = registry().paths
    if path not in paths:
        raise BookError(f"no path {path!r} in {NAME}; there are {', '.join(paths)}")
    return [index.book.resolve(page, f"/book/{name}") for name in paths[path]]


def told(index: Index, page: Page, content: str) -> str:
    """The words for the role's ``content``, seen from ``page``: a sentence for itself, a few words for another."""
    named = chapters(index, page, content)
    read = sum(reading(index, chapter) for chapter in named)
    run = sum(running(chapter) or 0 for chapter in named)
    if content.startswith(PATH):
        return f"{math.ceil(read / 60)} hour{'s' * (read > 60)} to read, {run} minutes to run"
    if content != HERE:
        return f"{read} to read" + (f", {run} to run" if run else "")
    return f"{read} minute{'s' * (read > 1)} to read" + (f", {run} to run on two cores." if run else ".")
