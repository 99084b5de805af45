"""``python -m booktools.certificates [PAGES]``: have Rocq check the steps of the book, and compare with the record.

The steps of each justification with a certificate are counted.  ``--write`` renews the record that the pages show,
``--failed`` lists the steps without a certificate, and ``--debug`` shows the statement and the script of one step,
named as in "score: score-is-noise, line 2", with what Rocq says of it.  ``--satisfiable`` says instead whether all that
a page assumes holds together: whether Rocq was shown an instance.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections import Counter
from pathlib import Path

from ..check.proofs import MISSING
from ..source.pages import Book, BookError
from ..source.steps import chapters, claims
from .check import build, explain
from .instances import Instance
from .record import Answers, Step, faults, read, record, stale, stated, write
from .satisfiable import Assumptions, derivations


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", help="names of pages, such as score; without any, all pages")
    parser.add_argument("--write", action="store_true", help="renew the record")
    parser.add_argument("--failed", action="store_true", help="list the steps without a certificate")
    parser.add_argument("--debug", metavar="STEP", help="show one step")
    parser.add_argument("--satisfiable", action="store_true", help="show instances of what the pages assume")
    parser.add_argument("--into", type=Path, default=Path("_build") / "certificates", help="where files are compiled")
    arguments = parser.parse_args()
    book = Book(Path.cwd())
    try:
        if arguments.satisfiable:
            return satisfiable(book, arguments)
        return debug(book, arguments) if arguments.debug else asked(book, arguments)
    except BookError as error:
        print(error, file=sys.stderr)
        return 1


def asked(book: Book, arguments: argparse.Namespace) -> int:
    known = read(book.root)
    found = stated(book, arguments.pages)
    if unknown := {*arguments.pages} - found.keys():
        raise BookError(
            f"no derivation on {', '.join(sorted(unknown))}; known: {', '.join(p.short for p in chapters(book))}"
        )
    if shutil.which("coqc") is None:
        print(MISSING)
        wrong = [MISSING] if os.environ.get("CI") else stale(known, found)
    else:
        fresh = record(found, Answers(book.root, arguments.into, known))
        if arguments.write:
            known = fresh if not arguments.pages else known | fresh
            write(book.root, known)
        show(fresh, arguments.failed)
        wrong = faults(known, fresh)
        if not arguments.pages and (gone := known.keys() - fresh.keys()):
            wrong.append(f"the record has steps of {', '.join(sorted(gone))}, which have none")
    print(*wrong, sep="\n", end="\n" if wrong else "", file=sys.stderr)
    return 1 if wrong else 0


def show(fresh: dict, failed: bool) -> None:
    """How many steps of each justification have a certificate."""
    entries = [(page, name, entry) for page, told in fresh.items() for name, entry in told["steps"].items()]
    every = Counter(entry["by"] for *_, entry in entries)
    good = Counter(entry["by"] for *_, entry in entries if "reason" not in entry)
    for by, count in every.most_common():
        print(f"{by:22} {good[by]:4} of {count}")
    print(f"{'all':22} {good.total():4} of {every.total()}")
    for page, name, entry in entries if failed else ():
        if "reason" in entry:
            print(f"{page}: {name} ({entry['by']}): {entry['reason']}")


def satisfiable(book: Book, arguments: argparse.Namespace) -> int:
    """For each page, whether Rocq was shown an instance in which all that it assumes holds."""
    pages = [page for page in chapters(book) if not arguments.pages or page.short in arguments.pages]
    told = [(page.short, Assumptions(each)) for page in pages for each in derivations(page)]
    instances = [Instance(each) for _, each in told]
    asked = [
        Step(page, "assumptions", "", each.statement, instance.script, seconds=120)
        for (page, each), instance in zip(told, instances, strict=True)
    ]
    answers = Answers(book.root, arguments.into, {})
    answers.ask(asked)
    proved = [answers.to(each)[0] for each in asked]
    for (page, each), instance, good in zip(told, instances, proved, strict=True):
        count = f"{len(each.said.premises)} premises about numbers, {len(each.distributions)} distributions"
        count += f", {len(each.noises)} noises"
        unknown = "".join(f"; {name} is not a Gaussian chain" for name in instance.unknown())
        print(f"{page:24} {'hold together' if good else 'not shown':14} {count}{unknown}")
    return 0 if all(proved) else 1


def debug(book: Book, arguments: argparse.Namespace) -> int:
    page, _, name = arguments.debug.partition(": ")
    goals = [goal for each in chapters(book) if each.short == page for goal in claims(each) if goal.name == name]
    if not goals:
        raise BookError(f"no step {arguments.debug!r}; name it as in 'score: score-is-noise, line 2'")
    build(book.root, arguments.into)
    print(explain(arguments.debug, goals[0], arguments.into))
    return 0


if __name__ == "__main__":
    sys.exit(main())
