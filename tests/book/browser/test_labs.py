"""The laboratories on the built pages: alive from http and from the disk, by key and by address, on desk and phone."""

from __future__ import annotations

import gzip
import json

import pytest
from browser import DESK, DRAWN, HTML, PHONE, violations, visit
from laboratories import ASKED, LIGHT, WHERE

PAGE = "book/laboratory.html"
AT_END = "e => e.options ? e.selectedIndex === e.options.length - 1 : e.value === e.max"
RUN = "window.pwned=1"
INJECTED = [
    *(
        f"<script>{RUN}</script>",
        f"<img src=x onerror={RUN}>",
        f'"><svg onload={RUN}>',
        f"'-{RUN}-'",
        f"javascript:{RUN}",
    ),
    *(
        f"${{{RUN}}}",
        f"{{{{constructor.constructor('{RUN}')()}}}}",
        f"</text><script>{RUN}</script>",
        f"&lt;script&gt;{RUN}",
    ),
    *(
        f"]]><script>{RUN}</script>",
        f"\\u003cscript>{RUN}</script>",
        f"<svg/onload={RUN}>",
        f"<a href=javascript:{RUN}>x</a>",
    ),
    *("<iframe srcdoc='<script>parent.pwned=1</script>'>", f"<math><mi//xlink:href='data:x,<script>{RUN}</script>'>"),
    *(
        f"<style>@import'javascript:{RUN}'</style>",
        f"<details open ontoggle={RUN}>",
        f"<body onload={RUN}>",
        f"1;{RUN}",
    ),
    *(f"<input autofocus onfocus={RUN}>", f"<template><script>{RUN}</script></template>", "__proto__", "constructor"),
    *("toString", "1e999", "-0", "0x10", "NaN", "\x00\x1b[31m", "\u202e\u2066<b>", "%3Cscript%3E"),
]


@pytest.fixture(scope="module")
def desk(chromium, served):
    """The page of all laboratories, alive."""
    page, heard = visit(chromium, f"{served.address}/{PAGE}", "light", DESK)
    page.evaluate(ASKED)
    before, alive = page.evaluate("asked.printed()"), page.evaluate("asked.live()")
    page.evaluate("asked.drawn()")
    yield page, heard, before, alive
    page.context.close()


def test_all_laboratories_of_the_book_stand_on_one_page_and_come_to_life(desk):
    _, heard, before, alive = desk
    assert set(before) == set(WHERE) and set(LIGHT) <= set(alive)
    assert [each for each in heard if each[0] in ("error", "warning")] == []


@pytest.mark.parametrize("kind", LIGHT)
def test_what_is_printed_is_what_moves(desk, kind):
    page, _, before, _ = desk
    now = page.evaluate("(kind) => document.querySelector(`#lab-${kind} .lab-picture`).innerHTML", kind)
    wide = page.evaluate("(kind) => document.querySelector(`#lab-${kind} svg`).viewBox.baseVal.width", kind)
    assert wide != 680 or now == before[kind]
    assert "<svg" in before[kind] and len(before[kind]) > 1000


@pytest.mark.parametrize("kind", LIGHT)
def test_handles_follow_the_keys_and_the_address_follows_them(desk, kind):
    page = desk[0]
    for handle in page.locator(f"#lab-{kind} .lab-controls :is(input[type=range], select)").all():
        picture, said = page.locator(f"#lab-{kind} .lab-picture"), page.locator(f"#lab-{kind} .lab-said")
        before, value = (picture.inner_html(), said.inner_text()), handle.input_value()
        handle.focus()
        back, on = ("ArrowLeft", "ArrowRight") if handle.get_attribute("type") else ("ArrowUp", "ArrowDown")
        for _ in range(3):
            page.keyboard.press(back if handle.evaluate(AT_END) else on)
        page.evaluate("asked.drawn()")
        assert handle.input_value() != value
        assert (picture.inner_html(), said.inner_text()) != before, handle.get_attribute("name")
    page.wait_for_function("(kind) => location.hash.startsWith(`#lab-${kind}`)", arg=kind)


@pytest.mark.parametrize("kind", LIGHT)
def test_the_line_beneath_is_read_aloud_when_the_hand_rests(desk, kind):
    page, said = desk[0], f"#lab-{kind} .lab-said"
    page.locator(f"#lab-{kind} .lab-controls :is(input[type=range], select)").first.dispatch_event("input")
    assert page.locator(f"{said}[role=status][aria-busy=true]").count() == 1
    page.locator(f"{said}:not([aria-busy])").wait_for()


@pytest.mark.parametrize("kind", LIGHT)
def test_no_picture_is_cut_off_at_the_ends_of_its_handles(desk, kind):
    assert desk[0].evaluate("(kind) => asked.extremes(kind)", kind) == []


@pytest.mark.parametrize("kind", LIGHT)
def test_an_address_and_a_text_are_data(desk, kind):
    assert len(INJECTED) >= 30
    assert desk[0].evaluate("([kind, texts]) => asked.attacked(kind, texts)", [kind, INJECTED]) == []


def test_axe_finds_nothing_on_the_desk(desk):
    page = desk[0]
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    page.evaluate(DRAWN)
    assert found + violations(page, "colours") == []
    page.emulate_media(color_scheme="light")


def test_on_a_phone_opened_from_the_disk(chromium):
    page, heard = visit(chromium, f"{HTML.as_uri()}/{PAGE}", "dark", PHONE)
    page.evaluate(ASKED)
    assert set(LIGHT) <= set(page.evaluate("asked.live()"))
    page.evaluate(DRAWN)
    found = {kind: page.evaluate("(kind) => asked.extremes(kind)", kind) for kind in LIGHT}
    assert {kind: faults for kind, faults in found.items() if faults} == {}
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    seen = PHONE[1] - page.locator(".bd-header-article").bounding_box()["height"]  # the head of the page stays in view
    tall = page.evaluate("asked.tall()")
    assert len(tall) == len(WHERE) and {kind: height for kind, height in tall.items() if height > seen} == {}
    assert [each for each in heard if each[0] in ("error", "warning")] == []
    assert violations(page) == []  # asks for the sheet, which the disk refuses: after what was heard
    page.context.close()


@pytest.mark.parametrize("kind", LIGHT[:1])
def test_a_linked_view_opens_as_it_was_left(chromium, served, kind):
    page, _ = visit(chromium, f"{served.address}/{WHERE[kind]}.html")
    page.locator(f"#lab-{kind}").scroll_into_view_if_needed()
    page.locator(f"#lab-{kind}[data-live]").wait_for()
    handle = page.locator(f"#lab-{kind} input[type=range]").first
    handle.focus()
    page.keyboard.press("End")
    page.wait_for_function("() => location.hash.includes('?')")
    told, address = page.locator(f"#lab-{kind} .lab-said").inner_text(), page.url
    page.context.close()
    page, _ = visit(chromium, address)
    page.locator(f"#lab-{kind}[data-live]").wait_for()
    assert page.locator(f"#lab-{kind} .lab-said").inner_text() == told
    page.context.close()


def test_without_a_script_the_pictures_stand_and_no_handle_is_offered(chromium):
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto(f"{HTML.as_uri()}/{PAGE}")
    for kind in LIGHT:
        assert page.locator(f"#lab-{kind} .lab-picture svg").is_visible()
        assert page.locator(f"#lab-{kind} .lab-controls").is_hidden()
    page.context.close()


@pytest.mark.parametrize("kind", LIGHT)
def test_a_laboratory_loads_little(kind):
    loaded = [HTML / "_static" / "lab" / "made" / f"{name}.js" for name in ("shell", kind)]
    assert sum(path.stat().st_size for path in loaded) <= 100_000
    sent = sum(len(gzip.compress(path.read_bytes(), 6)) for path in loaded)
    assert sent <= 50_000, json.dumps({kind: sent})


def test_a_click_before_the_script_is_there_is_not_lost(chromium, serve):
    page, _ = visit(chromium, f"{serve(HTML)}/{PAGE}")
    held, slow = [], True
    page.route("**/lab/made/*.js", lambda route: held.append(route) if slow else route.continue_())
    button = page.locator(".lab-play").last
    block = button.locator("xpath=ancestor::*[@data-kind]")
    assert block.get_attribute("data-live") is None
    button.click()
    page.wait_for_timeout(200)
    assert held and block.get_attribute("data-live") is None
    slow = False
    for route in held:
        route.continue_()
    page.locator(".lab-play[aria-pressed=true]").wait_for()
    assert button.get_attribute("aria-pressed") == "true"
    page.context.close()
