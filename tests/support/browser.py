"""What the tests in a browser share: the built pages, and how one is opened."""

from __future__ import annotations

import pytest
from root import ROOT

from booktools.check import views
from booktools.check.measure import DESK
from booktools.source.pages import Book

HTML = ROOT / "_build" / "html"
PAGES = [f"{name}.html" for name in Book(ROOT).pages]
# Those that have passed as they are built now are in `make test-full` only.
EACH = [
    pytest.param(page, marks=pytest.mark.viewed) if views.unchanged(page.removesuffix(".html")) else page
    for page in PAGES
]
PHONE = (390, 844)
DONE = "() => document.fonts.ready.then(() => true)"
AXE = (ROOT / "tests" / "support" / "axe" / "axe.min.js").read_text(encoding="utf-8")
JUDGE = """(rules) => axe.run(document, { resultTypes: ["violations"], rules })
    .then((found) => found.violations.flatMap((each) => each.nodes.map(
        (node) => `${each.id}: ${node.target} ${node.html.slice(0, 120)}`)))"""
COLOURS = {"color-contrast", "link-in-text-block"}  # the rules of axe that ask for colours
BLOCKED = "Service Worker registration blocked by Playwright"  # test_offline is about that worker
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def visit(browser, address, theme="light", size=DESK):
    """Open a page, wait for its fonts; return the page, and what it asked for and complained about."""
    shape = {"width": size[0], "height": size[1]}
    page = browser.new_context(viewport=shape, color_scheme=theme, service_workers="block").new_page()
    heard = []
    page.on("request", lambda request: heard.append(("request", request.url)))
    page.on("console", lambda note: BLOCKED in note.text or heard.append((note.type, note.text)))
    page.on("pageerror", lambda error: heard.append(("error", str(error))))
    page.goto(address)
    page.evaluate(DONE)
    return page, heard


def violations(page, asked: str = "all") -> list[str]:
    """What axe finds wrong with the page as it is: in "all", its "colours" or its "layout", which is all but these."""
    page.evaluate(AXE)
    known = page.evaluate("axe.getRules().map((each) => each.ruleId)")
    off = {"all": set(), "colours": set(known) - COLOURS, "layout": COLOURS}[asked]
    return page.evaluate(JUDGE, {rule: {"enabled": False} for rule in off})
