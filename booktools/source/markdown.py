"""MyST Markdown as block tokens: one parser for everything that looks inside a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import ClassVar

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.directives import parse_directive_text
from myst_parser.parsers.mdit import create_md_parser

from . import listing

EXTENSIONS = {"colon_fence", "deflist", "dollarmath"}  # the same as in _config.yml; a test compares
VERBATIM = {"math", "code", "code-block", "code-cell", "raw-cell", "eval-rst", "image", "bibliography"}


class _AnyDirective:
    option_spec: ClassVar = {"options": True}
    required_arguments = 0
    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True


@dataclass(frozen=True)
class Directive:
    """```` ```{name} argument ```` with its options and body; ``offset`` counts lines from the fence to the body."""

    name: str
    argument: str
    options: dict
    body: str
    offset: int


@cache
def _parser():
    return create_md_parser(MdParserConfig(enable_extensions=EXTENSIONS), RendererHTML)


def parse(text: str) -> list[Token]:
    return _parser().parse(text)


def directive(token: Token) -> Directive | None:
    """The directive that a fence is, or None for any other token."""
    if token.type not in ("fence", "colon_fence") or not token.info.startswith("{"):
        return None
    name, _, argument = token.info.strip()[1:].partition("}")
    parsed = parse_directive_text(_AnyDirective, argument.strip(), token.content, validate_options=False)
    body = "\n".join(parsed.body)
    if name == listing.DIRECTIVE:
        body = listing.written(argument.strip(), body)
    return Directive(name, " ".join(parsed.arguments), dict(parsed.options), body, 1 + parsed.body_offset)


@lru_cache(maxsize=128)  # a page is asked for by the index and by each table that it stands in; nobody changes it
def tokens(text: str) -> tuple[tuple[Token, Directive | None], ...]:
    """Every block token of ``text`` in document order, also those inside directives."""
    return tuple(_tokens(text))


def _tokens(text: str) -> Iterator[tuple[Token, Directive | None]]:
    for token in parse(text):
        found = directive(token)
        yield token, found
        if found and found.name not in VERBATIM:
            yield from _tokens(found.body)
