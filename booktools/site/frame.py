"""The frame of a page: what ``templates/layout.html`` asks for, in place of the theme's own frame and its scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

MATHS = "fonts/latin-modern-math.woff2"  # a page with formulas asks for it at once
SCRIPTS = re.compile(r"site\.js")  # what a page runs, of all that would be loaded
WORDS = {".ipynb": "Download the notebook", ".md": "Download the text"}


def only_one_search(app: Sphinx) -> None:
    """The book has a search of its own, ``booktools/site/search.py``; Sphinx makes no page and no index for another."""
    app.builder.search = False


def no_index(app: Sphinx, config: Config) -> None:
    config.html_use_index = False


def copies(context: dict) -> list[tuple[str, str]]:
    """Where else the page can be read: on Colab, as a notebook, as text; addresses and words."""
    found = []
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []) if isinstance(group, dict) else []:
            address = button.get("url", "")
            if "colab" in address:  # its address ends with the notebook's
                found.append((address, "Open in Colab"))
            else:
                found += [(address, words) for end, words in WORDS.items() if address.endswith(end)]
    return found


def chapters(toctree: Callable[..., object]) -> str:
    """The list of chapters; the theme calls the parts headings, and they would stand before the page's own."""
    made = str(toctree(startdepth=0, kind="sidebar", maxdepth=4, collapse=False, includehidden=True, titles_only=True))
    made = re.sub(r'<p[^>]*class="caption"[^>]*>', '<p class="caption">', made)
    return made.replace('href="#"', 'href="#" aria-current="page"')


def fill(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    contents = context["generate_toc_html"]() if doctree is not None and "generate_toc_html" in context else ""
    loaded = sorted(context.get("script_files", []), key=lambda script: getattr(script, "priority", 500))
    scripts = [each for each in loaded if SCRIPTS.search(_told(each))]
    context["slim"] = SimpleNamespace(
        fonts=[MATHS] if "<math" in context.get("body", "") else [],
        scripts=scripts,
        copies=copies(context),
        contents=str(contents or ""),
        chapters=chapters,
        folds='<details class="how' in context.get("body", ""),
    )


def _told(script: object) -> str:
    return f"{getattr(script, 'filename', script)} {getattr(script, 'attributes', {}).get('body', '')}"


def setup(app: Sphinx) -> None:
    app.connect("config-inited", no_index)
    app.connect("builder-inited", only_one_search)
    app.connect("html-page-context", fill, priority=700)  # after the buttons have their addresses
