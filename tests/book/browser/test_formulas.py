"""Formulas and licences of the built pages: links to steps arrive, licences open in place, widths are as told."""

from __future__ import annotations

import re

from browser import DESK, DRAWN, HTML, PAGES, PHONE, visit

OPENED = """() => [...document.querySelectorAll("details.licence")].filter(each => {
    each.open = true;  // which closes the one before
    const rule = each.querySelector(".rule"), box = rule.getBoundingClientRect();
    const fold = each.parentElement.closest("details:not([open])");
    const column = each.closest(".bd-article").getBoundingClientRect();
    const legible = box.width > 150 && box.left >= column.left && box.right <= column.right + 1;
    return !fold && !(legible && rule.innerText.includes("one may"));
}).map(each => each.textContent)"""


def test_links_to_steps_arrive_in_view_and_every_licence_opens_in_place(chromium):
    """That each link has its anchor is seen by the build, for every page; here it is followed."""
    seen = arrived = 0
    for name in PAGES:
        text = (HTML / name).read_text(encoding="utf-8")
        last = re.findall(r'id="(eq-[^"]+)"', text)[-1:]  # all steps of a page are found alike: the one farthest down
        if not last and 'class="licence"' not in text:
            continue
        page, _ = visit(chromium, f"{HTML.as_uri()}/{name}" + "".join(f"#{anchor}" for anchor in last))
        for anchor in last:
            page.wait_for_function("scrollY > 0")
            assert 0 < page.locator(f'[id="{anchor}"]').bounding_box()["y"] < DESK[1], page.url
            arrived += 1
        page.evaluate("document.querySelectorAll('details.solution').forEach(each => { each.open = true })")
        for width, height in (DESK, PHONE):
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(DRAWN)
            assert page.evaluate(OPENED) == [], (name, width)
        seen += page.locator("details.licence").count()
        page.context.close()
    assert seen > 300 and arrived > 10


def test_a_licence_opens_by_key_beside_its_line_and_closes_by_escape(chromium):
    page, _ = visit(chromium, f"{HTML.as_uri()}/book/forward-process.html")
    first, second = page.locator("details.licence").nth(0), page.locator("details.licence").nth(1)
    first.locator("summary").focus()  # which may scroll
    below = page.locator("h2").last.bounding_box()["y"]
    page.keyboard.press("Enter")
    assert first.locator(".rule").is_visible()
    assert page.locator("h2").last.bounding_box()["y"] == below, "what stands below must not move"
    second.locator("summary").click()
    assert second.locator(".rule").is_visible() and not first.locator(".rule").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("details.licence[open]").count() == 0
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
