"""The index of the book's search, ``_static/search-index.js``: the sections of all pages, without LaTeX, and synonyms.

A section is found by its heading and its page's title before its text, and by its text before its code; ``search.js``
ranks.  The index is a script, because a browser does not let a page read a file of data from the disk.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from pagekit.chapters.registry import NAME

from ..check.limits import kind
from ..source import glossary
from ..source.api import FOLDER
from ..source.pages import Book, BookError

INDEX = "_static/search-index.js"
# What explains a thing comes before what uses it, and that before the pages that list things from everywhere.
WEIGHTS = {"derivation": 1.0, "experiment": 0.85, "prose": 0.8, "list": 0.3}
REFERENCE = 0.1  # of the API: whoever asks for an idea means the chapter that explains it
WORD = re.compile(r"\w+")
INNER = {"exercise-content", "solution-content"}
_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "eta": "η", "theta": "θ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "psi": "ψ",
    "omega": "ω", "Sigma": "Σ", "Delta": "Δ", "nabla": "∇", "infty": "∞", "le": "≤", "ge": "≥", "approx": "≈",
    "to": "→", "times": "×", "cdot": "·", "sim": "~", "ldots": "…", "dots": "…", "quad": " ", "mid": "|", "log": "log",
    "exp": "exp", "mathcal": "", "mathbf": "", "mathrm": "", "text": "", "left": "", "right": "", "in": "∈", "pm": "±",
}  # fmt: skip
_ACCENTS = {"bar": "\u0304", "hat": "\u0302", "tilde": "\u0303"}


def plain(latex: str) -> str:
    """A short formula in letters, such as ᾱ_t; "" for one that only LaTeX can say."""
    text = re.sub(r"\\([,;:! ])", " ", latex)
    text = re.sub(r"\\([A-Za-z]+)", lambda found: _GREEK.get(found[1], found[0]), text)
    text = re.sub(r"\\(bar|hat|tilde)\s*\{?\s*(\w)\s*\}?", lambda found: found[2] + _ACCENTS[found[1]], text)
    text = re.sub(r"[{}]", "", text).strip()
    return "" if "\\" in text or "&" in text or len(text) > 60 else text


def is_section(node: nodes.Node) -> bool:
    """A section that has a heading; what an exercise or a solution holds belongs to the section around it."""
    return isinstance(node, nodes.section) and not INNER & set(node["ids"])


def words(node: nodes.Node) -> str:
    """What ``node`` says, without code and sections of its own."""
    if isinstance(node, (nodes.math, nodes.math_block)):
        letters = plain(node.astext()) if isinstance(node, nodes.math) else " "
        return f"{node.get('before', '')}{letters}{node.get('after', '')}"
    if isinstance(node, nodes.raw):
        return ""
    if isinstance(node, nodes.Text):
        return re.sub(r"\\\(.*?\\\)|\\\[.*?\\\]", lambda found: plain(found[0][2:-2]), str(node), flags=re.DOTALL)
    if isinstance(node, (nodes.literal_block, nodes.comment, nodes.image, nodes.title)) or is_section(node):
        return ""
    joined = "".join(map(words, node.children))
    return joined if isinstance(node, nodes.Inline) else f"{joined} "


def code(node: nodes.Node) -> Iterator[str]:
    """The code of ``node``, without what its cells printed."""
    if is_section(node) or node.get("nb_element", "") == "cell_code_output":
        return
    if isinstance(node, nodes.literal_block):
        yield node.astext()
        return
    for child in node.children:
        if isinstance(child, nodes.Element):
            yield from code(child)


def new_lines(code: str, known: set[str]) -> str:
    """The lines of ``code`` with a word that is not ``known`` yet; their words are known afterwards.

    A page repeats its names from cell to cell, and every reader downloads the index.
    """
    kept = []
    for line in code.splitlines():
        if new := set(WORD.findall(line)) - known:
            known |= new
            kept.append(line.strip())
    return "\n".join(kept)


def sections(tree: nodes.document) -> list[dict]:
    """Anchor, heading, text and new code of each section, in order; the first is the page itself."""
    found: list[dict] = []
    known: set[str] = set()
    for section in tree.findall(is_section):
        title = next((child for child in section.children if isinstance(child, nodes.title)), None)
        parts = [child for child in section.children if child is not title and not is_section(child)]
        heading = " ".join("".join(map(words, title.children)).split()) if title is not None else ""
        titles = [each for part in parts for each in part.findall(nodes.title)]  # of exercises and remarks
        said = [*map(words, parts), *("".join(map(words, each.children)) for each in titles)]
        text = " ".join(" ".join(said).split())
        cells = "\n".join(each for part in parts if isinstance(part, nodes.Element) for each in code(part))
        anchor = section["ids"][0] if found else ""
        found.append({"anchor": anchor, "heading": heading, "text": text, "code": new_lines(cells, known)})
    return found


def synonyms(book: Book) -> list[list[str]]:
    """The names of each term of the glossary that has several: a search for one finds the others."""
    return [list(names) for names in glossary.entries(book) if len(names) > 1]


def leads(book: Book, known: set[str]) -> dict[str, list[str]]:
    """Pages and sections, each with the queries that the registry leads there; ``BookError`` for an unknown section."""
    found = {}
    for name, chapter in book.chapters.items():
        for anchor, queries in {"": chapter.search, **chapter.search_sections}.items():
            address = f"book/{name}.html" + (f"#{anchor}" if anchor else "")
            if queries and address not in known:
                what = f"search_sections: {anchor} is no section of the page; has its heading changed?"
                raise BookError(f"{NAME}: {name}: {what if anchor else 'search: no page has this name'}")
            if queries:
                found[address] = list(queries)
    return found


def weight(book: Book, page: str) -> float:
    own = book.chapter(book.pages[page]).search_weight
    if page.startswith(FOLDER):
        return REFERENCE
    return WEIGHTS[kind(book, page)] if own is None else own


def _of(app: Sphinx, page: str) -> Path:
    return Path(app.doctreedir) / "search" / f"{page}.json"


def read(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Keep the sections of a page that is written; those of the others are kept from when they were."""
    if doctree is not None and pagename in app.book.pages:
        path = _of(app, pagename)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(sections(doctree)), encoding="utf-8")


def write(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    found = []
    for page in app.book.pages:
        kept = json.loads(_of(app, page).read_text(encoding="utf-8"))
        about = {"page": kept[0]["heading"], "weight": weight(app.book, page)} if kept else {}
        for each in kept:
            anchor = each.pop("anchor")
            address = f"{page}.html" + (f"#{anchor}" if anchor else "")
            name = "" if anchor else app.book.pages[page].short  # a page is found by the name of its file, too
            found.append({"id": len(found), "address": address, "name": name} | about | each)
    told = {"sections": found, "synonyms": synonyms(app.book)}
    told["leads"] = leads(app.book, {each["address"] for each in found})
    data = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    text = f"window.bookIndex = {data};\n".replace("\u2028", " ").replace("\u2029", " ")
    (Path(app.outdir) / INDEX).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", read)
    app.connect("build-finished", write)
