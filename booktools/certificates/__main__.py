"""``python -m booktools.certificates [pages] [--by JUSTIFICATION] [--debug STEP]``: ask Rocq about the book's steps.

Without options: how many steps of each justification have a certificate.  ``--debug`` shows statement, script and what
Rocq says of one step, named as in "score: score-is-noise, line 2".
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from ..crosscheck.collect import chapters, steps
from ..source.pages import Book
from .certificate import certificate
from .check import build, check, explain


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*")
    parser.add_argument("--by", action="append", default=[])
    parser.add_argument("--debug", action="append", default=[])
    parser.add_argument("--into", type=Path, default=Path("_build") / "certificates")
    parser.add_argument("--failed", action="store_true", help="list the steps without a certificate")
    arguments = parser.parse_args()
    build(Path.cwd(), arguments.into)
    asked, done, lost = Counter(), Counter(), []
    for page in chapters(Book(Path.cwd())):
        if arguments.pages and page.short not in arguments.pages:
            continue
        goals = [(f"{page.short}: {goal.name}", goal) for goal in steps(page)]
        if arguments.by:
            goals = [(name, goal) for name, goal in goals if goal.justification.name in arguments.by]
        for name, goal in goals:
            if name in arguments.debug:
                print(explain(name, goal, arguments.into))
        if arguments.debug or not goals:
            continue
        texts = []
        for name, goal in goals:
            by = goal.justification.name
            asked[by] += 1
            try:
                texts.append((name, by, *certificate(goal)))
            except Exception as error:  # nothing is lost: the step stays without a certificate
                lost.append(f"{name} ({by}): {type(error).__name__} {error}")
        for (name, by, *_), good in zip(texts, check(page.short, texts, arguments.into), strict=True):
            done[by] += good
            if not good:
                lost.append(f"{name} ({by})")
    for by, count in asked.most_common():
        print(f"{by:22} {done[by]:4} of {count}")
    print(f"{'all':22} {sum(done.values()):4} of {sum(asked.values())}")
    if arguments.failed:
        print("\n".join(lost))


if __name__ == "__main__":
    main()
