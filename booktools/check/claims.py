r"""Numbers and comparisons in prose and captions: each comes from a cell, is set by the code, or is quoted.

A **number** with decimals, a percentage, or a count such as “28 of 60” that is typed into a sentence can go stale.  It
is computed by a cell and quoted by {value}, or

- it is the number of a section, an equation, a table or a version (``Section 3.2``);
- it stands as a literal in the code of its page, which thus sets it;
- it is entered in the registry of chapters, under ``claims`` of its page: as ``cited`` with the key of a source that
  the page cites, or as ``set`` with the reason why no cell computes it.

A **caption** that compares (“falls faster than”) describes the figure of one run.  The claim is tested by a cell that
raises ``ArithmeticError``, calls ``measured`` with bounds, or calls a function of the page that does: by the cell of
the figure, or by those that hold the pieces of code (one, or a list) entered under ``captions``.  Or a block of the
page proves it, entered as ``step NAME``.  A caption that only says how to read the figure (“lower is better”), or what
was put into it, is entered as ``reading``.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping

from markdown_it.token import Token

from pagekit.chapters.registry import NAME

from ..source.index import Outputs, marks, stored_outputs
from ..source.markdown import parse, tokens
from ..source.pages import Book, Cell, Page
from .latex import squeeze

NUMBER = re.compile(
    r"(?<![\w.,$/–-])(?:\d+ of (?:the )?\d+|\d+(?:,\d{3})*(?:\.\d+)?[\s\u00a0]?%|\d*\.\d+)(?![\w])(?!\.\d)"
)
PLACE = re.compile(
    r"(?i)(?:sections?|chapters?|appendi(?:x|ces)|equations?|eqs?\.|tables?|figures?|figs?\.|theorems?|lemmas?|"
    r"algorithms?|propositions?|python|pytorch|version|diffusers|stable diffusion|CC BY|§+)[\s\u00a0]*"
    r"(?:[A-Z]?\d[\d.]*(?:\s*(?:,|and|to|or|–)\s*)+)*$"
)
COMPARES = re.compile(
    r"(?i)\b(?:more|less|fewer|better|worse|closer|nearer|larger|smaller|higher|lower|faster|slower|twice|half|than|"
    r"nearly|almost|most|least|rises?|falls?|grows?|shrinks?)\b"
)
READS = re.compile(r"(?i)lower is better|higher is better|the lower the better|at least|at most|more or less|or more")
KINDS = ("cited", "set", "captions")


def texts(page: Page) -> Iterator[str]:
    """The prose of a page, a paragraph at a time, with code, formulas, roles and diagrams taken out."""
    found = list(tokens(page.text))
    drawn = [parse(inside.body) for _, inside in found if inside and inside.name == "diagram"]
    contents = {token.content for diagram in drawn for token in diagram}
    for token, _ in found:
        yield "" if token.content in contents else plain(token)
    for cell in page.code:
        for token in parse(_caption(cell)):
            yield plain(token)


def plain(token: Token) -> str:
    if token.type != "inline":
        return ""
    kept = {"text": lambda child: child.content, "softbreak": lambda _: " "}
    return "".join(kept.get(child.type, lambda _: "…")(child) for child in token.children or [])


def _caption(cell: Cell) -> str:
    return cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "")


def typed(page: Page) -> Iterator[str]:
    """The numbers that are typed into the prose and the captions of a page, and that its code does not set."""
    known = {number for cell in page.code for number in literals(cell.source)}
    for text in texts(page):
        for found in NUMBER.finditer(text):
            number = " ".join(found[0].split())
            if not PLACE.search(text[: found.start()]) and number.lstrip("0") not in known:
                yield number


def literals(source: str) -> set[str]:
    """The numbers in code, as they are written, without a leading zero."""
    kinds = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.string.lstrip("0") for token in kinds if token.type == tokenize.NUMBER}


def comparing(page: Page) -> Iterator[tuple[str, Cell]]:
    """The figures whose captions compare, and the cells that draw them."""
    for cell in page.code:
        caption = " ".join(map(plain, parse(_caption(cell))))
        if COMPARES.search(READS.sub("", caption)):
            yield cell.metadata["mystnb"]["figure"].get("name", ""), cell


def tests(page: Page) -> list[str]:
    """The code of the cells that fail where their numbers no longer support what is said."""
    checkers: set[str] = set()
    found = []
    for cell in page.code:
        tree = ast.parse(cell.source)
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        checkers |= {function.name for function in functions if _fails(function, checkers)}
        if _fails(tree, checkers):
            found.append(cell.source)
    return found


def _fails(tree: ast.AST, checkers: set[str]) -> bool:
    """Does it raise ArithmeticError, bound what is measured, or call a function that does?"""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and "ArithmeticError" in ast.unparse(node):
            return True
        if isinstance(node, ast.Call):
            name, bounded = getattr(node.func, "id", ""), len(node.args) + len(node.keywords) > 2
            if name in checkers or (name == "measured" and bounded):
                return True
    return False


def problems(book: Book) -> list[str]:
    """One message for each number and comparison that nothing vouches for, and for each stale entry of the register."""
    shown, found = stored_outputs(book), []
    for page in book.pages.values():
        found += page_problems(page, book.chapter(page).claims, shown.get(page.name, []))
    return found


def page_problems(page: Page, entries: Mapping, outputs: Outputs) -> Iterator[str]:
    """The same for one page; ``entries`` are those of the registry under ``claims``."""
    where, numbers = f"{NAME}: {page.entry}: claims:", list(dict.fromkeys(typed(page)))
    register = f"{NAME} under claims of {page.entry}"
    cited, given, captions = (entries.get(kind) or {} for kind in KINDS)
    yield from (f"{where} {kind!r} is not a kind; use {', '.join(KINDS)}" for kind in entries if kind not in KINDS)
    for number in numbers:
        if number not in cited and number not in given:
            yield f"{page.name}.md: nothing computes {number!r}; quote it with {{value}}, or enter it in {register}"
    yield from (f"{where} {number!r} is not on the page; remove it" for number in {*cited, *given} - {*numbers})
    yield from (f"{where} {key!r} is not cited on the page" for key in cited.values() if key not in page.text)
    failing, drawn = tests(page), dict(comparing(page))
    pieces = [squeeze(source) for source in failing]
    steps = {f"step {mark['name']}" for mark, _ in marks(outputs) if "tag" in mark}
    for name, cell in drawn.items():
        entry = captions.get(name)
        if entry is None and cell.source not in failing:
            yield f"{page.name}.md: no cell tests what the caption of {name!r} compares; enter its test in {register}"
        for piece in entry if isinstance(entry, list) else [entry]:
            if piece not in {None, "reading", *steps} and not any(squeeze(piece) in test for test in pieces):
                yield f"{where} no cell that can fail holds {piece!r}, which is said to test the caption of {name!r}"
    yield from (f"{where} the caption of {name!r} compares nothing; remove it" for name in captions.keys() - drawn)
