"""The terms of the book: words for which the field has a better one are refused, where a reader would meet them.

``terms.yaml`` lists them with what to write instead.  They are looked for in the prose, captions, alternative texts
and printed strings of the pages, in the documents of the repository, in the texts of the laboratories, in the
docstrings and messages of the packages, and in the names that the packages export.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pagekit.yaml_file import read_yaml

from ..source.markdown import parse, tokens
from ..source.pages import Book
from . import claims

FILE = Path(__file__).with_name("terms.yaml")
PACKAGES = ("diffusion_lib", "derive", "pagekit", "models", "booktools", "benchmarks")
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md")
TITLED = {"exercise", "admonition", "dropdown"}  # directives whose argument is read; that of others is a name
SCRIPT_TEXT = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`")
PROGRAM = re.compile(r"\$\{[^{}]*\}|<[^<>]*>")  # what a script puts into a text, and the tags around it


@dataclass(frozen=True)
class Term:
    """A word, what to write instead, and the phrases in which it is right."""

    word: re.Pattern
    write: str
    allowed: re.Pattern | None

    def found(self, text: str) -> Iterator[str]:
        right = [match.span() for match in self.allowed.finditer(text)] if self.allowed else []
        for match in self.word.finditer(text):
            if not any(start <= match.start() and match.end() <= end for start, end in right):
                yield match[0]


def terms() -> list[Term]:
    """The entries of the file; the reasons of ``allowed`` are for its reader."""
    return [_term(entry) for entry in read_yaml(FILE)["refused"]]


def _term(entry: Mapping) -> Term:
    allowed = "|".join(entry.get("allowed", ()))
    return Term(re.compile(rf"(?i)\b(?:{entry['word']})\b"), entry["write"], re.compile(allowed) if allowed else None)


def problems(book: Book) -> list[str]:
    """One message for each place of each refused word."""
    refused = terms()
    return [
        f"{where}: {word!r} in {_around(text, word)!r}; write {term.write}"
        for where, text in texts(book)
        for term in refused
        for word in term.found(text)
    ]


def _around(text: str, word: str) -> str:
    at = text.find(word)
    return " ".join(text[max(at - 30, 0) : at + len(word) + 30].split())


def texts(book: Book) -> Iterator[tuple[str, str]]:
    """Where a text stands, and the text."""
    for page in book.pages.values():
        name = f"{page.name}.md"
        yield from ((name, text) for text in claims.texts(page))
        yield from ((name, found.argument) for _, found in tokens(page.text) if found and found.name in TITLED)
        for cell in page.code:
            yield name, str(cell.metadata.get("mystnb", {}).get("image", {}).get("alt", ""))
            yield from ((name, text) for text in strings(cell.source))
    for name in DOCUMENTS:
        if (book.root / name).is_file():
            for token in parse((book.root / name).read_text(encoding="utf-8")):
                yield name, claims.plain(token)
    for path in sorted((book.root / "book/_static/lab").rglob("*.js")):
        name = path.relative_to(book.root).as_posix()
        shown = (PROGRAM.sub("…", found[0]) for found in SCRIPT_TEXT.finditer(path.read_text(encoding="utf-8")))
        yield from ((name, text) for text in shown if " " in text)
    for package in PACKAGES:
        for path in sorted((book.root / package).rglob("*.py")):
            name, source = path.relative_to(book.root).as_posix(), path.read_text(encoding="utf-8")
            yield from ((name, text) for text in strings(source))
            yield from ((name, words) for words in exported(source))


def strings(source: str) -> Iterator[str]:
    """The string literals of code that are more than one word: docstrings, messages, labels."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value


def exported(source: str) -> Iterator[str]:
    """The names in ``__all__``, as words."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            for name in ast.literal_eval(node.value):
                yield re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name)
