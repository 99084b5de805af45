"""Sliders, the switch for code, panels and menus, used by mouse and keys, with and without a script."""

from __future__ import annotations

import re

import pytest
from browser import DONE, DRAWN, HTML, PAGES, PHONE, visit


def test_every_slider_shows_one_picture_and_follows_the_keyboard_and_the_mouse(chromium):
    names = [name for name in PAGES if '<figure class="frames' in (HTML / name).read_text(encoding="utf-8")]
    assert names
    for name in names:
        page, _ = visit(chromium, f"{HTML.as_uri()}/{name}", size=PHONE)
        for slider in page.locator("figure.frames").all():
            frames, knob = slider.locator(".frames-frame").all(), slider.locator("input[type=range]")
            knob.focus()
            for shown in range(len(frames)):
                assert [frame.is_visible() for frame in frames] == [frame == shown for frame in range(len(frames))]
                assert knob.get_attribute("aria-valuetext") == frames[shown].locator("span").inner_text(), name
                page.keyboard.press("ArrowRight")
            page.keyboard.press("Home")
            knob.scroll_into_view_if_needed()
            box = knob.bounding_box()
            half = box["height"] / 4  # of the thumb, whose middle moves between the two ends
            at = [box["x"] + half + share * (box["width"] - 2 * half) for share in (0, 0.7)]
            page.mouse.move(at[0], middle := box["y"] + box["height"] / 2)
            page.mouse.down()
            page.mouse.move(at[1], middle, steps=5)
            page.mouse.up()
            wanted = round(0.7 * (len(frames) - 1))
            assert [frame.is_visible() for frame in frames].index(True) == wanted, name
        page.context.close()


def test_a_slider_works_without_a_script(chromium):
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto(f"{HTML.as_uri()}/book/first-model.html")
    slider = page.locator("figure.frames").first
    slider.locator(".frames-input").nth(2).check()
    assert slider.locator(".frames-frame").nth(2).is_visible()
    assert page.locator("details.how summary").first.is_visible() and page.locator(".code-switch").is_hidden()
    page.context.close()


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_one_switch_shows_all_code_and_is_remembered_before_the_page_is_painted(chromium, serve, scheme):
    origin = serve(HTML) if scheme == "http" else HTML.as_uri()
    page, heard = visit(chromium, f"{origin}/book/forward-process.html")
    folds, switch = page.locator("details.how"), page.locator(".code-switch")
    assert folds.count() > 20 and page.locator("details.how[open]").count() == 0
    assert (switch.inner_text(), switch.get_attribute("aria-pressed")) == ("Show all code", "false")
    switch.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.how[open]").count() == folds.count()
    assert (switch.inner_text(), switch.get_attribute("aria-pressed")) == ("Hide all code", "true")
    other = page.context.new_page()  # a page's process may learn a moment later what another one has stored
    for each in (other, page):
        each.goto(f"{origin}/book/intro.html")
        each.wait_for_function("localStorage.getItem('code') === 'shown'")
    page.add_init_script(
        "new PerformanceObserver(list => list.getEntries().forEach(each => window.shifted = (window.shifted || 0)"
        " + each.value)).observe({ type: 'layout-shift', buffered: true })"
    )
    page.goto(f"{origin}/book/first-model.html")
    page.evaluate(DONE)
    page.evaluate(DRAWN)
    assert page.locator("details.how:not([open])").count() == 0 and switch.get_attribute("aria-pressed") == "true"
    assert page.evaluate("window.shifted || 0") <= 0.05
    switch.click()
    page.reload()
    assert page.locator("details.how[open]").count() == 0
    assert [text for kind, text in heard if kind == "error"] == []
    page.context.close()


def test_the_switch_works_where_nothing_can_be_remembered(chromium):
    page = chromium.new_context().new_page()
    heard = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw Error('forbidden') } })")
    page.goto(f"{HTML.as_uri()}/book/intro.html")
    page.locator(".code-switch").click()
    assert page.locator("details.how:not([open])").count() == 0
    assert [text for text in heard if "site.js" in text] == []
    page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_the_menu_offers_each_way_to_run_a_page_once_and_means_it(name):
    text = (HTML / name).read_text(encoding="utf-8")
    menu = re.search(r'<details class="menu">.*?</details>', text, re.DOTALL)
    links = re.findall(r'<a href="([^"]*)"( download)?>([^<]*)</a>', menu[0] if menu else "")
    found = {words: (address, bool(saves)) for address, saves, words in links}
    assert len(found) == len(links)
    for words, (address, saves) in found.items():
        assert saves == words.startswith("Download") == ("://" not in address)
        assert not saves or ((HTML / name).parent / address).is_file()
    if "Open in Colab" in found:
        assert found["Download the notebook"][0].endswith(".ipynb")


PRESSED = """() => {
    const handles = "button, input, select, textarea, form, summary, progress, .lab-controls";
    const kept = "details.justification, details[open]";
    const shown = (each) => each.checkVisibility() && each.getBoundingClientRect().height && !each.closest(kept);
    const words = (each) => each.textContent.trim() || each.outerHTML.slice(0, 80);
    return [...document.querySelectorAll(handles)].filter(shown).map(words);
}"""


def test_nothing_that_is_pressed_or_unfolded_is_printed(chromium):
    for name in ("forward-process", "distillation", "first-model", "laboratory"):
        page, _ = visit(chromium, f"{HTML.as_uri()}/book/{name}.html")
        assert len(page.evaluate(PRESSED)) > 5
        page.emulate_media(media="print")
        assert page.evaluate(PRESSED) == [], name
        page.context.close()


SMALL = """() => [...document.querySelectorAll(".break-line")].map((each) => each.getBoundingClientRect())
    .filter(({ width, height }) => Math.min(width, height) < 24).length"""


def test_a_finger_hits_the_button_that_breaks_a_line(chromium):
    page, _ = visit(chromium, f"{HTML.as_uri()}/book/forward-process.html", size=PHONE)
    assert page.locator(".break-line").count() > 5 and page.evaluate(SMALL) == 0
    page.context.close()
