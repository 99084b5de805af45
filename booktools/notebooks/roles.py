"""What stands inside a line of MyST: roles, links and images, as plain Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping

from markdown_it.token import Token
from pybtex.database import Entry

from ..source.index import Index, Target
from ..source.pages import BookError, Page
from . import minutes

WITH_TARGET = re.compile(r"(?s)(.+?)\s*<([^<>]+)>")  # text <target>


class Roles:
    def __init__(self, index: Index, page: Page, values: Mapping[str, str]) -> None:
        self.index, self.page, self.values = index, page, values

    def edit(self, token: Token, text: str, cursor: int, edits: list[tuple[int, int, str]]) -> int:
        """Append the edits that one inline token asks for; the pieces are looked for from ``cursor`` on, in order."""
        for child in token.children or []:
            pattern, plain = self._piece(child)
            if pattern is None:
                continue
            match = re.compile(pattern).search(text, cursor)
            if match is None:
                raise BookError(
                    f"cannot find {child.content or child.attrs!r} again in the source; write it on one line"
                )
            cursor = match.end()
            if plain is not None:
                edits.append((match.start(), match.end(), plain(match) if callable(plain) else plain))
        return cursor

    def _piece(self, child: Token) -> tuple[str | None, str | Callable[[re.Match], str] | None]:
        """A regular expression for how ``child`` is written, and its replacement (None keeps it)."""
        content = r"\s+".join(map(re.escape, re.split(r"\s+", child.content)))
        if child.type == "code_inline":
            return rf"{child.markup}\s?{content}\s?{child.markup}", None
        if child.type == "myst_role":
            name = child.meta["name"]
            return rf"\{{{re.escape(name)}\}}(`+){content}\1", self._role(name, child.content)
        if child.type == "link_open" and child.markup != "autolink":
            return self._link(child.attrs["href"])
        if child.type == "image" and not child.attrs["src"].startswith(("https:", "data:")):
            source = child.attrs["src"]
            return rf"\]\({re.escape(source)}", f"]({self.address(source)}"
        return None, None

    def _role(self, name: str, content: str) -> str:
        match = WITH_TARGET.fullmatch(content)
        text, label = (match[1], match[2]) if match else ("", content)
        if name == "eq":
            return self._to(self.index.find("equations", label))
        if name == "step":
            return self._to(self.index.find("steps", label))
        if name == "numref":
            target = self.index.find("numbers", label)
            return self._to(
                target, text.replace("%s", target.text.split()[-1]).replace("{number}", target.text.split()[-1])
            )
        if name in ("ref", "prf:ref"):
            table = "numbers" if label.lower() in self.index.numbers else "titles"
            return self._to(self.index.find(table, label), text)
        if name == "doc":
            page = self.index.book.resolve(self.page, label)
            return self._to(Target(page, self.index.title(page)), text)
        if name == "value":
            return self.index.value(self.page, content, self.values)
        if name == "minutes":
            return minutes.told(self.index, self.page, content)
        if name.split(":")[0] == "cite":
            return self._cite(content.split(","), parenthetical=not name.endswith(":t"))
        if name == "math":
            return f"${content}$"
        if name in ("sub", "sup", "kbd"):
            return f"<{name}>{html.escape(content)}</{name}>"
        if name.split(":")[0] == "py":
            return f"`{text or label.lstrip('~')}`"
        if name in ("term", "abbr"):
            return text or label
        raise BookError(
            f"the notebook view does not know the role {{{name}}}; teach booktools/notebooks/roles.py or drop it"
        )

    def number(self, label: str) -> str:
        return self._to(self.index.find("numbers", label))

    def address(self, path: str) -> str:
        """The address of a file in the repository, named relative to the page."""
        file = self.page.source.parent / path
        if not file.is_file():
            raise BookError(f"no file {path!r} beside the page")
        return self.index.book.raw(file)

    def _to(self, target: Target, text: str = "") -> str:
        """Words for a target; a link to the published page unless it is on this one."""
        if target.page == self.page:
            return text or target.text
        anchor = f"#{target.anchor}" if target.anchor else ""
        return f"[{text or target.text}]({self.index.book.site}/{target.page.name}.html{anchor})"

    def _link(self, href: str) -> tuple[str | None, Callable[[re.Match], str] | None]:
        path, _, anchor = href.partition("#")
        if re.match(r"https?:|mailto:", href):
            return None, None
        if path.endswith(".md") and not anchor:
            page = self.index.book.resolve(self.page, path)
            address = f"({self.index.book.site}/{page.name}.html"
            return (
                rf"\[?\]\({re.escape(href)}",
                lambda match: match[0].split("(")[0].replace("[]", f"[{self.index.title(page)}]") + address,
            )
        raise BookError(f"the notebook view cannot follow the link {href!r}; use {{doc}}, {{ref}} or an https address")

    def _cite(self, keys: list[str], parenthetical: bool) -> str:
        entries = []
        for key in map(str.strip, keys):
            if key not in self.index.references.entries:
                raise BookError(f"no entry {key!r} in {self.index.book.config['bibtex_bibfiles'][0]}")
            entries.append(self.index.references.entries[key])
        form = "[{}, {}]({})" if parenthetical else "[{} ({})]({})"
        entries.sort(
            key=lambda entry: ([person.last_names for person in entry.persons["author"]], entry.fields["year"])
        )
        cited = "; ".join(form.format(_authors(entry), entry.fields["year"], entry.fields["url"]) for entry in entries)
        return f"({cited})" if parenthetical else cited


def _authors(entry: Entry) -> str:
    names = [" ".join(person.last_names) for person in entry.persons["author"]]
    return names[0] if len(names) == 1 else f"{names[0]} and {names[1]}" if len(names) == 2 else f"{names[0]} et al."
