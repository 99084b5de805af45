"""``python -m booktools.check.measure``: what each built page asks of a reader, and which limits it does not keep.

Every page of ``_build/html`` is opened in Chromium, 1280 × 900 and 390 × 844, from a host on this machine that
compresses as real ones do.  ``--write`` stores the numbers that no machine's speed changes, for the page ``cost``;
it also runs the tests that view the pages, those that changed, and stores which pages passed as they are.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..source.pages import Book, BookError, report
from . import views
from .limits import STORED, broken, kind, pending, rules, stored
from .serve import Host, host

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
# The shell without windows opens a page in a third of the time, and has otherwise: letters as they are designed, not
# moved to pixels, and how far below the window pictures are loaded.
FLAGS += ["--font-render-hinting=none"]
FLAGS += ["--blink-settings=lazyLoadingImageMarginPxUnknown=1250,lazyLoadingImageMarginPx4G=1250"]
DESK, PHONE = (1280, 900), (390, 844)
SHIFTS = """new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shifted = (window.shifted ?? 0) + entry.value;
}).observe({ type: "layout-shift", buffered: true })"""
STANDS = """() => document.fonts.ready
    .then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
    .then(() => performance.now())"""
LOOK = (Path(__file__).parent / "measure.js").read_text(encoding="utf-8")
COLUMNS = {
    "kind": "kind", "height": "px", "code": "code", "first_figure": "1st fig", "figures": "figures",
    "sideways": "sideways", "overflowing": "overflow", "kilobytes": "kB", "shift": "shift",
    "blocking": "blocking", "ms": "ms",
}  # fmt: skip


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser, the lightest of this machine; ``BookError`` if it has none."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        raise BookError("no chromium: nothing can be measured; install Debian's package `chromium-headless-shell`")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def opened(browser: Browser, served: Host, name: str, size: tuple[int, int]) -> tuple[Page, dict]:
    """A page in a window of ``size``, loaded for the first time, and what that was like.

    What a worker keeps afterwards for a reader without a network is not counted: ``test_offline`` limits it.
    """
    before, window = served.sent, {"width": size[0], "height": size[1]}
    page = browser.new_context(viewport=window, service_workers="block").new_page()
    page.add_init_script(SHIFTS)
    page.goto(f"{served.address}/{name}.html")
    stands = page.evaluate(STANDS)
    page.wait_for_load_state("networkidle")
    return page, {"bytes": served.sent - before, "shift": page.evaluate("window.shifted ?? 0"), "ms": stands}


def measure(browser: Browser, served: Host, book: Book, name: str) -> dict:
    """The row of a page: two first visits, and then what is seen of it on desk and phone."""
    page, phone = opened(browser, served, name, PHONE)
    page.context.close()
    page, desk = opened(browser, served, name, DESK)
    page.reload()  # with its letters at hand: on a slow machine the first visit shows those that stand in for them
    page.evaluate(STANDS)
    seen = page.evaluate(f"({LOOK})(false)")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.evaluate(STANDS)
    narrow = page.evaluate(f"({LOOK})(true)")
    page.context.close()
    return {
        "kind": kind(book, name),
        "height": round(seen["height"], -2),
        "code": round(seen["code"], 3),
        "first_figure": None if seen["first_figure"] is None else round(seen["first_figure"], -1),
        "figures": seen["figures"],
        "sideways": seen["sideways"],
        "overflowing": narrow["overflowing"],
        "kilobytes": round(max(desk["bytes"], phone["bytes"]) / 1000),
        "shift": round(max(desk["shift"], phone["shift"]), 2),
        "blocking": seen["blocking"],
        "ms": round(max(desk["ms"], phone["ms"])),
    }


def table(rows: dict[str, dict]) -> str:
    """The rows as text."""
    lines = [["page", *COLUMNS.values()]]
    for name, row in rows.items():
        shown = row | {"code": f"{row['code']:.1%}"}
        lines.append([Path(name).name, *("–" if shown[key] is None else str(shown[key]) for key in COLUMNS)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def judged(name: str, row: dict) -> list[str]:
    """What is wrong with a page: limits that it does not keep, and pending ones that it keeps already."""
    found = broken(row)
    wrong = [f"{name}: {words}" for limit, words in found.items() if limit not in pending(name)]
    kept = sorted(pending(name) - found.keys())
    return wrong + [
        f"{name}: keeps {limit} now: take it from `pending` in booktools/check/limits.yaml" for limit in kept
    ]


def stable(row: dict) -> dict:
    """The part of a row that does not depend on the machine's speed."""
    return {name: value for name, value in row.items() if name != "ms"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", help="names such as vae; all pages if none is given")
    parser.add_argument("--write", action="store_true", help=f"store numbers and views in {STORED.name}")
    arguments = parser.parse_args()

    def work(book: Book) -> list[str]:
        names = [name for name, page in book.pages.items() if not arguments.pages or page.short in arguments.pages]
        with chromium() as browser, host(book.root / "_build" / "html") as served:
            rows = {name: measure(browser, served, book, name) for name in names}
        print(table(rows))
        slow = [f"{name}: {row['ms']} ms" for name, row in rows.items() if row["ms"] > rules()["milliseconds"]]
        print("Text and formulas stand later than they should (on this machine): " + (", ".join(slow) or "nowhere"))
        wrong = {name: judged(name, row) for name, row in rows.items()}
        found = [words for each in wrong.values() for words in each]
        if arguments.write:
            hashes = {name: {views.KEY: views.digest(name)} for name in names if not wrong[name]}
            if not views.passed(hashes):
                hashes = {name: kept for name, kept in hashes.items() if views.unchanged(name)}
                found.append(f"a view failed, as told above; {STORED.name} names no page that changed as viewed")
            known = stored() | {name: stable(row) | hashes.get(name, {}) for name, row in rows.items()}
            kept = {name: known[name] for name in book.pages if name in known}
            STORED.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        return found

    return report(work, Path())


if __name__ == "__main__":
    sys.exit(main())
