"""axe finds nothing in search and panels, and sees planted faults; nothing moves for who asks for less motion.

What axe says of the pages themselves is asked in ``test_pages``, where they are open.
"""

from __future__ import annotations

import pytest
from browser import DRAWN, PHONE, violations, visit


@pytest.mark.parametrize("opened", ["/", "chapters"])
def test_axe_finds_nothing_in_the_search_and_in_a_panel(chromium, served, opened):
    page, _ = visit(chromium, f"{served.address}/book/vae.html", "dark", PHONE)
    if opened == "/":
        page.keyboard.press("/")
        page.locator("dialog.search input").fill("ELBO")
        page.locator("dialog.search li a").first.wait_for()
    else:
        page.locator(".open-chapters").click()
        page.locator("dialog.panel[open]").wait_for()
    assert violations(page) == []
    page.context.close()


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ('<main><h1>a</h1><img src="data:,">', "image-alt"),
        ('<main><h1>a</h1><p style="color:#bbb;background:#fff">pale</p>', "color-contrast"),
        ("<main><h1>a</h1><button></button>", "button-name"),
        ("<main><h1>a</h1><h4>b</h4>", "heading-order"),
    ],
)
def test_axe_finds_a_planted_fault(chromium, tmp_path, body, rule):
    (tmp_path / "page.html").write_text(f'<!doctype html><html lang="en"><title>t</title>{body}', encoding="utf-8")
    page, _ = visit(chromium, f"{tmp_path.as_uri()}/page.html")
    part = "colours" if rule == "color-contrast" else "layout"
    found = {asked: [each.split(":")[0] for each in violations(page, asked)] for asked in ("all", "colours", "layout")}
    assert found == {"all": [rule], "colours": [], "layout": []} | {part: [rule]}
    page.context.close()


def test_nothing_moves_for_who_asks_for_less_motion(chromium, served):
    page = chromium.new_context(reduced_motion="reduce").new_page()
    page.goto(f"{served.address}/book/first-model.html")
    page.evaluate(DRAWN)
    moving = """() => [...document.querySelectorAll("*")].map((each) => getComputedStyle(each))
        .filter((style) => style.animationName !== "none" || parseFloat(style.transitionDuration)
            || style.scrollBehavior === "smooth").length"""
    assert page.evaluate(moving) == 0
    assert page.evaluate("document.getAnimations().length") == 0
    page.context.close()
