"""Formulas and justifications of built pages: a justification opens by key and moves nothing, widths are as told."""

from __future__ import annotations

import io
import shutil

import numpy as np
import pytest
from browser import HTML, visit
from PIL import Image


def test_a_justification_opens_by_key_beside_its_line_and_closes_by_escape(chromium):
    page, _ = visit(chromium, f"{HTML.as_uri()}/book/forward-process.html")
    first, second = page.locator("details.justification").nth(0), page.locator("details.justification").nth(1)
    first.locator("summary").focus()  # which may scroll
    below = page.locator("h2").last.bounding_box()["y"]
    page.keyboard.press("Enter")
    assert first.locator(".rule").is_visible()
    assert page.locator("h2").last.bounding_box()["y"] == below, "what stands below must not move"
    second.locator("summary").click()
    assert second.locator(".rule").is_visible() and not first.locator(".rule").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("details.justification[open]").count() == 0
    assert page.evaluate("document.activeElement.textContent") == second.locator("summary").inner_text()
    page.context.close()


WIDTHS = """() => [...document.querySelectorAll("math[style]")].filter(each => each.checkVisibility()).map(each =>
    [each.getBoundingClientRect().width / parseFloat(getComputedStyle(each).fontSize),
     parseFloat(each.style.getPropertyValue("--w")), each.textContent])"""


def test_the_widths_that_pages_tell_are_those_that_are_drawn(chromium):
    page, _ = visit(chromium, f"{HTML.as_uri()}/book/variational-bound.html")
    told = page.evaluate(WIDTHS)
    assert len(told) > 20
    assert [each for each in told if not 0.9 < each[0] / each[1] < 1.04] == []
    page.context.close()


ROOT_SIGN = (
    '<p style="background: #fff"><math style="font-size: 40px; color: #000">'
    "<msqrt><mfrac><mi>a</mi><mi>b</mi></mfrac></msqrt></math></p>"
)


@pytest.mark.parametrize(("style", "attached"), [("", True), ("math { text-rendering: auto !important }", False)])
def test_a_root_sign_meets_its_bar_also_where_letters_are_moved_to_pixels(chromium, style, attached):
    """The headless shell moves them by default; without the rule of the book the sign would stand apart."""
    path = shutil.which("chromium-headless-shell")
    if path is None:
        pytest.skip("needs Debian's package `chromium-headless-shell`")
    browser = chromium.browser_type.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
    page = browser.new_page()
    page.goto(f"{HTML.as_uri()}/book/vae.html")
    page.evaluate("(html) => { document.body.innerHTML = html }", ROOT_SIGN + f"<style>{style}</style>")
    page.evaluate("document.fonts.load('40px \"Latin Modern Math\"')")
    ink = np.asarray(Image.open(io.BytesIO(page.locator("math").screenshot())).convert("L")) < 128
    columns = np.flatnonzero(ink.any(0))
    assert bool(np.diff(columns).max() == 1) == attached
    browser.close()
