"""``python -m booktools.lab.preview KIND``: one laboratory on a page of its own, to look at while one writes it."""

from __future__ import annotations

import argparse
from pathlib import Path
from urllib.parse import parse_qsl

from . import data
from .bundle import SHELL, laboratory, scripts
from .directive import FOLDER, render

SHEETS = ("frame.css", "site.css", "lab.css")
THEME = (
    'document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";'
)


def page(kind: str, begins: dict[str, str]) -> str:
    """The whole page, which loads nothing."""
    drawn = render([(kind, begins)])[0]
    if "error" in drawn:
        raise SystemExit(drawn["error"])
    style = "\n".join((FOLDER.parent / name).read_text(encoding="utf-8") for name in SHEETS)
    mounts = f'const block = document.querySelector(".lab"); block.lab = bookLabs.{kind}(block);'
    made = scripts(FOLDER, {"shell": SHELL, kind: laboratory(FOLDER, kind, data.live(kind))})
    run = "".join(f"<script>{each}</script>\n" for each in (*made.values(), mounts))
    title = f'<p class="lab-title">{drawn["title"]}</p>'
    block = f'<div class="lab" id="lab-{kind}" data-kind="{kind}">{title}{drawn["html"]}</div>'
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>{style}</style>'
    head += f"<script>{THEME}</script>"
    body = f'<article class="bd-article" style="max-width: 46rem; margin: 1rem auto; padding: 0 1rem">{block}</article>'
    return f"<!DOCTYPE html><html>{head}<body>{body}\n{run}</body></html>"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind")
    parser.add_argument("--begins", default="", help="values to begin with, such as t=400&name=cosine")
    arguments = parser.parse_args()
    path = Path("_build", "lab", f"{arguments.kind}.html")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(arguments.kind, dict(parse_qsl(arguments.begins))), encoding="utf-8")
    print(path.resolve())


if __name__ == "__main__":
    main()
