"""The API reference, and the links to it: where a chapter first names a function that it imports, the name is a link.

The pages in ``book/api`` say with the directives of autodoc which objects they describe.  Docstrings are prose with
formulas in plain letters, not reStructuredText: ``as_rst`` keeps them from being read as markup.  An indented block,
such as a formula or a table, stays as it is written.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections import Counter
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..source.api import FOLDER, Entry, imported
from ..source.pages import Book

ROOT = Path(__file__).parents[2]
LINKED = ("diffusion_lib.", "models.")  # the packages whose names are links in a chapter
_CALLED = re.compile(r"(?:\w+\.)*(\w+)(?:\(.*\))?", re.DOTALL)
_LITERAL = re.compile(r"(``.+?``)", re.DOTALL)
_MARKUP = re.compile(r"([\\*`|_])")
# A letter with its index: x_t, ᾱ_{t−1}.
_INDEX = re.compile(r"(?<!\w)([^\W\d_]|[∇∂∏∑∫])([\u0300-\u036f′²³]*)_(?:\{([^{}`\n]+)\}|([^\W²³]+))")
_ALIGNED = re.compile(r"\S {3,}\S|={3,}")
_SIGNATURE = re.compile(r'<dt class="sig .*?</dt>', re.DOTALL)
_PRIVATE = re.compile(r", _\w+: [^,()]*")


def as_rst(lines: list[str]) -> list[str]:
    """A docstring as reStructuredText that reads the same."""
    made: list[str] = []
    for blank, group in groupby(lines, lambda line: not line.strip()):
        block = list(group)
        if blank:
            made += block
        elif any(line.startswith(" ") or _ALIGNED.search(line) for line in block):
            made += ["::", "", *(f"    {line}" for line in block)]
        else:
            made += _escaped("\n".join(block)).split("\n")
    return made


def _escaped(text: str) -> str:
    parts = _LITERAL.split(text)
    return "".join(part if place % 2 else _with_indices(part) for place, part in enumerate(parts))


def _with_indices(text: str) -> str:
    """The letters of formulas with their indices set lower, and everything else as plain text."""
    made, end = "", 0
    for found in _INDEX.finditer(text):
        index = _MARKUP.sub(r"\\\1", found[3] or found[4])
        made += _MARKUP.sub(r"\\\1", text[end : found.start()]) + f"{found[1]}{found[2]}\\ :sub:`{index}`\\ "
        end = found.end()
    return made + _MARKUP.sub(r"\\\1", text[end:])


def read_docstring(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = as_rst(lines)


def read_signature(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """The signature without private arguments."""
    return signature and _PRIVATE.sub("", signature), returned


def skip_member(app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """The fields of a named tuple have no description of their own."""
    return True if str(getattr(obj, "__doc__", "")).startswith("Alias for field") else None


def unlink_bare_types(app: Sphinx, tree: nodes.document) -> None:
    """An annotation that autodoc could not look up is a bare name, and the first class of that name may be another."""
    for each in list(tree.findall(addnodes.pending_xref)):
        if (each["refdomain"], each["reftype"]) == ("py", "class") and "." not in each["reftarget"]:
            each.replace_self(nodes.Text(each["reftarget"]))


@cache
def _repository() -> str:
    book = Book(ROOT)
    return f"{book.repository}/blob/{book.branch}"


def link_source(domain: str, info: dict[str, str]) -> str | None:
    """Where the lines of an object stand in the repository, for ``sphinx.ext.linkcode``; None for a table."""
    found: Any = sys.modules.get(info["module"])
    for part in info["fullname"].split("."):
        found = getattr(found, part, None)
    try:
        path = Path(inspect.getsourcefile(inspect.unwrap(found)) or "").resolve().relative_to(ROOT)
        lines, first = inspect.getsourcelines(found)
    except (TypeError, ValueError, OSError):
        return None
    return f"{_repository()}/{path.as_posix()}#L{first}-L{first + len(lines) - 1}"


class LinkNames(SphinxPostTransform):
    """In a chapter the first mention of each imported name becomes a link; on a page of the reference, every one."""

    default_priority = 400
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        page = self.app.book.pages.get(self.env.docname)
        if page is None:
            return
        known, reference = self.app.book_index.api, page.name.startswith(FOLDER)
        if reference:
            count = Counter(entry.name for entry in known.values())
            own = {entry.name: entry for entry in known.values() if entry.page == page}
            names = {entry.name: entry for entry in known.values() if count[entry.name] == 1} | own
        else:
            names = {name: entry for name, entry in imported(page, known).items() if entry.full.startswith(LINKED)}
        for literal in list(self.document.findall(nodes.literal)):
            called = _CALLED.fullmatch(literal.astext())
            entry = names.get(called[1]) if called else None
            if entry is None or not _free(literal, entry):
                continue
            address = self.app.builder.get_relative_uri(self.env.docname, entry.page.name)
            link = nodes.reference("", "", internal=True, refuri=f"{address}#{entry.full}", classes=["api"])
            literal.replace_self(link)
            link += literal
            if not reference:
                del names[called[1]]


def _free(literal: nodes.literal, entry: Entry) -> bool:
    """Whether the name may become a link: not in another link, not in a heading, and not in its own description."""
    node: Any = literal
    while node is not None:
        own = isinstance(node, addnodes.desc) and any(entry.full in each.get("ids", ()) for each in node[:1])
        if own or isinstance(node, (nodes.reference, nodes.title)):
            return False
        node = node.parent
    return True


def fill(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Arguments on lines of their own; Sphinx makes them a list without terms, which no screen reader can announce."""
    if pagename.startswith(FOLDER) and "body" in context:
        context["body"] = _SIGNATURE.sub(_as_lines, context["body"])


def _as_lines(found: re.Match[str]) -> str:
    text = found[0]
    for tag, name in (("dl", "parameters"), ("dd", "parameter")):
        text = text.replace(f"<{tag}>", f'<span class="{name}">').replace(f"</{tag}>", "</span>")
    return text


def configure(app: Sphinx, config: Config) -> None:
    config.linkcode_resolve = link_source


def setup(app: Sphinx) -> None:
    app.add_post_transform(LinkNames)
    app.connect("config-inited", configure)
    app.connect("doctree-read", unlink_bare_types)
    app.connect("html-page-context", fill)
    app.connect("autodoc-process-docstring", read_docstring)
    app.connect("autodoc-process-signature", read_signature)
    app.connect("autodoc-skip-member", skip_member)
