"""``python -m booktools.crosscheck``: let Rocq and Maxima decide the steps about numbers, and print a table.

The exit status is 1 if one of them contradicts a step, 2 if a program is missing.  When all chapters were asked,
``pagekit/crosscheck.json`` is written.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from ..source.pages import Book
from . import ask
from .collect import chapters, steps
from .questions import questions
from .report import RECORD, record, table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapters", nargs="*", help="the chapters to ask about, such as vae; all, if none is named")
    parser.add_argument("--root", type=Path, default=Path(), help="the directory that holds _config.yml")
    parser.add_argument("--folder", type=Path, default=Path("_build/crosscheck"), help="where the .v files are written")
    given = parser.parse_args()
    missing = [name for name, there in ask.present().items() if not there]
    if missing:
        print(f"not installed: {', '.join(missing)}; on Debian: apt-get install maxima coq", file=sys.stderr)
        return 2
    begun = time.monotonic()
    pages = [page for page in chapters(Book(given.root)) if not given.chapters or page.short in given.chapters]
    goals = {page.short: steps(page) for page in pages}
    asked = [question for chapter, found in goals.items() for question in questions(chapter, found)]
    given.folder.mkdir(parents=True, exist_ok=True)
    result = record(goals, asked, ask.rocq(asked, given.folder), ask.maxima(asked))
    print(table(result))
    print(f"{time.monotonic() - begun:.0f} s")
    if not given.chapters:
        RECORD.write_text(result.to_json(), encoding="utf-8")
    return 1 if result.contradicted else 0


if __name__ == "__main__":
    sys.exit(main())
