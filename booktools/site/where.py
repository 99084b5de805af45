"""What stands around a page: the line that says where one is, and the switch that shows and hides all code."""

from __future__ import annotations

from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from ..source.pages import Book

# Runs while the page is being read, so that code that was shown stays shown before anything is painted.
SHOW = """<script>
(() => {
  try { if (localStorage.getItem("code") !== "shown") return; } catch { return; }
  document.documentElement.dataset.code = "shown";
  const open = () => document.querySelectorAll("details.how:not([open])").forEach((fold) => { fold.open = true; });
  const watch = new MutationObserver(open);
  watch.observe(document.documentElement, { childList: true, subtree: true });
  addEventListener("DOMContentLoaded", () => { open(); watch.disconnect(); });
})();
</script>
"""


def line(book: Book, page: str) -> str:
    """Part, and which chapter of how many; nothing for a page of no part."""
    for part, chapters in book.parts.items():
        if page in chapters:
            place = f"chapter {chapters.index(page) + 1} of {len(chapters)}" if len(chapters) > 1 else ""
            return " · ".join(filter(None, (escape(part), place)))
    return ""


def add_templates(app: Sphinx, config: Config) -> None:
    config.templates_path.append(str(Path(__file__).parent / "templates"))


def add_line(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    context["metatags"] = context.get("metatags", "") + SHOW
    if doctree is not None and "body" in context and (told := line(app.book, pagename)):
        context["body"] = f'<p class="where">{told}</p>\n{context["body"]}'


def setup(app: Sphinx) -> None:
    app.connect("config-inited", add_templates)
    app.connect("html-page-context", add_line)
