"""One stylesheet for the book, ``_static/book.css``: of the theme's, the extensions' and the book's rules those in use.

The theme's own is 400 kB, of which the pages use an eighth.  A rule stays if each name in one of its selectors, a tag,
class, identifier or attribute, is on some page or in a script.  Unused variables, all animations and icon fonts go.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import tinycss2
from sphinx.application import Sphinx

FIRST = ("basic.css", "styles/pydata-sphinx-theme.css")
DROPPED = re.compile(r"copybutton|togglebutton|thebe|sphinx-design|styles/theme\.css|^https?:")
WORD = re.compile(r"[A-Za-z_][\w-]*")  # a script may set any word that it contains
MADE = ("book.css", "card.png", "search-index.js")  # written by the build
LABORATORIES = "lab/"  # their scripts set classes; what the build makes and fetches for them lies in made and vendor
ICONS = re.compile(r"FontAwesome|Font Awesome|fa-\w+-\d")  # the letters of the icon script
LETTERS = tuple(f"fonts/source-serif-4-latin-wght-{style}.woff2" for style in ("normal", "italic"))
AT_RULES = ("media", "supports", "layer", "container")


@dataclass
class Vocabulary:
    """The names that pages and scripts use."""

    tags: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)

    def read_page(self, text: str) -> None:
        reader = HTMLParser(convert_charrefs=True)
        reader.handle_starttag = self._tag  # type: ignore[method-assign]
        reader.feed(text)

    def _tag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attributes:
            self.attributes.add(name)
            if name == "class":
                self.classes.update((value or "").split())
            elif name == "id" and value:
                self.ids.add(value)

    def read_script(self, text: str) -> None:
        words = set(WORD.findall(text))
        self.classes |= words
        self.ids |= words
        self.tags |= words
        self.attributes |= words | {f"data-{word}" for word in words}


@dataclass
class Rule:
    """A rule that stays: its head, and either declarations, name and value, or rules."""

    head: str
    body: list[tuple[str, str]] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    def __str__(self) -> str:
        said = (f"{name}:{value}" if name else value for name, value in self.body)
        inner = "".join(map(str, self.rules)) or ";".join(said)
        return f"{self.head}{{{inner}}}" if inner else ""

    def values(self) -> Iterator[str]:
        yield from (value for _, value in self.body)
        for rule in self.rules:
            yield from rule.values()

    def forget(self, used: set[str]) -> int:
        """Take away the variables that are not ``used``; how many there were."""
        before = len(self.body)
        self.body = [(name, value) for name, value in self.body if not name.startswith("--") or name in used]
        return before - len(self.body) + sum(rule.forget(used) for rule in self.rules)


def purge(css: str, vocabulary: Vocabulary) -> str:
    """``css`` without the rules that match nothing, and without the variables that are then unused."""
    kept = list(_rules(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True), vocabulary))
    forgotten = 1
    while forgotten:
        used = {name for rule in kept for value in rule.values() for name in _VARIABLE.findall(value)}
        forgotten = sum(rule.forget(used) for rule in kept)
    return "".join(map(str, kept))


_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")


def _rules(rules: list, vocabulary: Vocabulary) -> Iterator[Rule]:
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [each for each in _selectors(rule.prelude) if _matches(each, vocabulary)]
            if selectors:
                yield Rule(",".join(map(_short, selectors)), _declarations(rule.content))
        elif rule.type == "at-rule" and rule.content is not None:
            head = f"@{rule.at_keyword}{_spaces(tinycss2.serialize(rule.prelude)).rstrip()}"
            if rule.lower_at_keyword in AT_RULES:
                inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
                yield Rule(head, rules=list(_rules(inner, vocabulary)))
            elif rule.lower_at_keyword in ("font-face", "page"):  # animations are left out: nothing in the book moves
                body = _declarations(rule.content)
                if not any(ICONS.search(value) for _, value in body):
                    yield Rule(head, body)


def _spaces(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _short(selector: list) -> str:
    return _spaces(tinycss2.serialize(selector)).strip()


def _declarations(content: list) -> list[tuple[str, str]]:
    """Names and values; a nested rule has no name."""
    made = []
    for item in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if item.type == "declaration":
            value = _spaces(tinycss2.serialize(item.value)).strip() + ("!important" if item.important else "")
            made.append((item.name, value))
        elif item.type in ("qualified-rule", "at-rule"):
            made.append(("", _spaces(item.serialize())))
    return made


def _selectors(prelude: list) -> Iterator[list]:
    part: list = []
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _matches(selector: list, vocabulary: Vocabulary) -> bool:
    """Whether each name of the selector is in use; what stands in ``:is()`` must match by one of its selectors."""
    before = None
    for token in selector:
        last, before = before, token
        if token.type == "ident":
            if last is not None and last.type == "literal" and last.value == ".":
                if token.value not in vocabulary.classes:
                    return False
            elif last is not None and last.type == "literal" and last.value == ":":
                continue
            elif token.lower_value not in vocabulary.tags and token.lower_value not in ("html", "body", "from", "to"):
                return False
        elif token.type == "hash" and token.value not in vocabulary.ids:
            return False
        elif token.type == "[] block":
            name = next((each.value for each in token.content if each.type == "ident"), "")
            if name.lower() not in vocabulary.attributes:
                return False
        elif token.type == "function" and token.lower_name in ("is", "where", "has"):
            return all((_either(token, vocabulary), _matches(selector[selector.index(token) + 1 :], vocabulary)))
    return True


def _either(choice: tinycss2.ast.FunctionBlock, vocabulary: Vocabulary) -> bool:
    return any(_matches(each, vocabulary) for each in _selectors(choice.arguments))


def addresses(css: str, folder: str) -> str:
    """``css`` of a sheet in ``folder`` of ``_static``, with its addresses seen from ``_static``."""

    def moved(found: re.Match) -> str:
        path = found[2]
        return found[0] if path.startswith(("data:", "#", "/")) or not folder else f"url({folder}/{path})"

    return re.sub(r"url\(([\"']?)([^)\"']+)\1\)", moved, css)


def embed(css: str, static: Path) -> str:
    """``css`` with the letters of the text in it: text is set once, also on a slow line and from the disk."""
    for name in LETTERS:
        data = base64.b64encode((static / name).read_bytes()).decode()
        css = css.replace(f"url({name})", f"url(data:font/woff2;base64,{data})")
    return css


def sheets(app: Sphinx) -> list[str]:
    """The sheets that the pages would load, in their order: the theme's, the extensions', the book's."""
    loaded = sorted(app.builder._css_files, key=lambda sheet: sheet.priority)
    named = [str(sheet.filename).removeprefix("_static/") for sheet in loaded]
    return [name for name in dict.fromkeys([*FIRST, *named]) if not DROPPED.search(name)]


def own_files(app: Sphinx) -> set[str]:
    """What the book brings itself: relative to ``_static``, without the sheets, which are in ``book.css``."""
    folders = [Path(app.confdir, each) for each in app.config.html_static_path]
    folders = [each for each in folders if (each / "site.js").is_file()]  # the extensions add folders of their own
    files = [path.relative_to(folder) for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {path.as_posix() for path in files if path.suffix != ".css"} | {Path(app.config.html_favicon or "").name}


def make_sheet(app: Sphinx, error: Exception | None) -> None:
    """Write the stylesheet for what was built, and take away what no page loads any more."""
    if error is not None or app.builder.format != "html":
        return
    output, vocabulary = Path(app.outdir), Vocabulary()
    static, kept = output / "_static", own_files(app)
    for page in output.rglob("*.html"):
        if "_static" not in page.parts:
            vocabulary.read_page(page.read_text(encoding="utf-8"))
    for name in kept:
        if name.endswith(".js") and ("/" not in name or name.startswith(LABORATORIES)):
            vocabulary.read_script((static / name).read_text(encoding="utf-8"))
    css = ""
    for name in sheets(app):
        path = static / name
        if path.is_file():
            css += addresses(path.read_text(encoding="utf-8"), Path(name).parent.as_posix().removeprefix("."))
    (static / "book.css").write_text(embed(purge(css, vocabulary), static), encoding="utf-8")
    for path in sorted(static.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif not _stays(path.relative_to(static).as_posix(), kept):
            path.unlink()


def _stays(name: str, kept: set[str]) -> bool:
    return name in kept or name in MADE or name.startswith((f"{LABORATORIES}made/", f"{LABORATORIES}vendor/"))


def setup(app: Sphinx) -> None:
    app.connect("build-finished", make_sheet, priority=800)
