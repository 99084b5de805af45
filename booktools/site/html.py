"""What is wrong with the built pages: requests to other hosts, dead links, images without a text, tracebacks."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {
    "script": "src",
    "img": "src",
    "link": "href",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
}
HARMLESS_LINKS = {"canonical", "author", "index", "search", "next", "prev", "alternate"}


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.problems: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self.ids |= {values[key] for key in ("id", "name") if values.get(key)}
        address = values.get(LOADED.get(tag, "")) or ""
        if urlsplit(address).netloc and not set((values.get("rel") or "").split()) & HARMLESS_LINKS:
            self.problems.append(f"loads {address} from another host")
        if tag == "img" and not (values.get("alt") or "").strip():
            self.problems.append(f"an image has no alternative text: {address[:80]}")
        if tag == "svg" and not {"aria-label", "aria-labelledby", "aria-hidden"} & values.keys():
            self.problems.append("an inline svg has no aria-label")
        if tag == "div" and "traceback" in (values.get("class") or "").split():
            self.problems.append("a cell's traceback is on the page")
        if tag == "a" and values.get("href"):
            self.links.add(values["href"])


def problems(folder: Path) -> list[str]:
    """One message per fault in the pages under ``folder``, which starts with the page's name."""
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    if not pages:
        return [f"{folder}: no pages"]
    found = []
    for path, page in pages.items():
        name = path.relative_to(folder)
        found += [f"{name}: {problem}" for problem in page.problems]
        found += [f"{name}: dead link {link}" for link in sorted(page.links) if not _leads_somewhere(path, link, pages)]
    return found


def _leads_somewhere(path: Path, link: str, pages: dict[Path, _Page]) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    anchor = unquote(parts.fragment)
    if not anchor or target not in pages:
        return target.exists()
    return anchor in pages[target].ids
