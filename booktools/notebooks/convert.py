"""MyST Markdown to the plain Markdown that Jupyter and Colab show: no directive, no role, the book's own numbers.

The text is edited in place: what is not MyST stays as written.  Whatever this module does not know is an error that
names file and line; a reader never meets raw MyST.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from markdown_it.token import Token

from ..source import listing, solutions
from ..source.index import NUMBERED, Index
from ..source.markdown import Directive, directive, parse
from ..source.pages import BookError, Page
from .roles import Roles

QUOTED = {
    *("note", "tip", "hint", "important", "warning", "caution", "attention", "danger", "error", "seealso"),
    *("admonition", "margin", "sidebar"),
}
FOLDED = {"dropdown": "Details", "toggle": "Details", "solution": "Solution"}
GATES = {"exercise-end"}


class Converter:
    """Converts the text of one page; ``values`` are the page's computed values by name."""

    def __init__(self, index: Index, page: Page, values: Mapping[str, str]) -> None:
        self.index, self.page = index, page
        self.roles = Roles(index, page, values)

    def convert(self, text: str, line: int) -> str:
        """Plain Markdown for ``text``, which starts at ``line`` (from 0) of the page's file."""
        starts = [0]
        for row in text.splitlines(keepends=True):
            starts.append(starts[-1] + len(row))
        edits: list[tuple[int, int, str]] = []
        cursor = 0
        for token in parse(text):
            if token.map is None:
                continue
            begin, end = starts[token.map[0]], starts[min(token.map[1], len(starts) - 1)]
            try:
                if token.type == "inline":
                    cursor = self.roles.edit(token, text, max(cursor, begin), edits)
                elif (plain := self._block(token, line + token.map[0])) is not None:
                    edits.append((begin, end, _with_prefix(plain, text[begin:end])))
            except BookError as error:
                raise self._located(error, line + token.map[0]) from None
        for begin, end, plain in sorted(edits, reverse=True):
            text = text[:begin] + plain + text[end:]
        return text.strip("\n")

    def caption(self, cell_metadata: dict, line: int) -> str:
        """The caption under a code cell's figure, or an empty string."""
        text = cell_metadata.get("mystnb", {}).get("figure", {}).get("caption", "")
        return text and self._caption(text, line)

    def _located(self, error: BookError, line: int) -> BookError:
        where = f"{self.page.name}.md:"
        return error if str(error).startswith(where) else BookError(f"{where}{line + 1}: {error}")

    def _block(self, token: Token, line: int) -> str | None:
        """What replaces a block; None keeps it, an empty string removes it."""
        if token.type in ("myst_target", "myst_line_comment"):
            return ""
        if token.type in ("math_block", "math_block_label"):
            return self._math(token.content, token.info)
        found = directive(token)
        return self._directive(found, line) if found else None

    def _directive(self, found: Directive, line: int) -> str:
        body = self.convert(found.body, line + found.offset)
        name, title = found.name, self._inline(found.argument, line)
        folded = "dropdown" in str(found.options.get("class", "")).split()
        number = self.index.displayed.get((self.page.name, found.body), "")
        if name == "math":
            return self._math(found.body, found.options.get("label", ""))
        if name in ("code", "code-block"):
            return f"```{found.argument}\n{found.body}\n```"
        if name in ("figure", "image"):
            picture = f"![{found.options.get('alt', '')}]({self.roles.address(found.argument)})"
            return picture + (f"\n\n{self._caption(found.body, line + found.offset)}" if found.body.strip() else "")
        if name == "table":
            return f"{body}\n\n**{number}.** *{title}*"
        if name == solutions.START:
            return solutions.mark(name, f"Solution to {self.roles.number(found.argument)}")
        if name == solutions.END:
            return solutions.mark(name)
        if name == listing.DIRECTIVE:
            return body
        if name in GATES:
            return ""
        if name == "lab":
            place = f"{self.index.book.site}/{self.page.name}.html#lab-{found.argument}"
            return _quote(f"In the built page, live: <{place}>", body)
        if name in NUMBERED or name.startswith("prf:"):
            return _quote(
                f"{number or name.removeprefix('prf:').capitalize()}" + (f" ({title})" if title else ""), body
            )
        if name in FOLDED:
            title = f"Solution to {self.roles.number(found.argument)}" if name == "solution" else title
            return solutions.folded(title or FOLDED[name], body)
        if name in QUOTED:
            if (
                name != "admonition" and title
            ):  # an admonition other than this one takes no title, MyST joins it to the body
                title, body = "", f"{title}\n{body}".strip()
            title = title or ("" if name in ("margin", "sidebar") else name.capitalize().replace("Seealso", "See also"))
            return solutions.folded(title, body) if folded else _quote(title, body)
        raise BookError(
            f"the notebook view does not know the directive {{{name}}}; teach booktools/notebooks/convert.py or drop it"
        )

    def _inline(self, text: str, line: int) -> str:
        return self.convert(text, line) if text else ""

    def _caption(self, text: str, line: int) -> str:
        number = self.index.displayed.get((self.page.name, text), "")
        return (f"**{number}.** " if number else "") + self.convert(text, line)

    def _math(self, content: str, label: str) -> str:
        content = content.strip()
        if r"\\" in content and r"\begin{" not in content:
            content = f"\\begin{{split}}\n{content}\n\\end{{split}}"
        tag = f" \\tag{{{self.index.find('equations', label).text.strip('()')}}}" if label else ""
        return f"$$\n{content}{tag}\n$$"


def _quote(title: str, body: str) -> str:
    lines = ([f"**{title}**", ""] if title else []) + body.split("\n")
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _with_prefix(plain: str, source: str) -> str:
    """Indent or quote ``plain`` as the block that it replaces was, and keep the block's last line end."""
    prefix = re.match(r"[ >]*(?:(?:[-*+]|\d+[.)])\s+)?[ >]*", source)[0]
    lines = plain.split("\n") if plain else []
    later = re.sub(r"[^>\s]", " ", prefix)
    text = "\n".join((prefix if i == 0 else later) + row if row or ">" in later else row for i, row in enumerate(lines))
    return text + ("\n" if plain and source.endswith("\n") else "")
