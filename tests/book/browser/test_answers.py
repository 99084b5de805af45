"""Exercises are answered and lines are broken in the built pages: nothing heavy before a click, nothing foreign."""

from __future__ import annotations

import re

import pytest
from browser import DESK, HTML, PAGES, PHONE, violations, visit

from booktools.lab.ready import PLACE
from pagekit.exercises import exercises

PAGE = "book/forward-process.html"
LIVE = "() => [...document.querySelectorAll('.lab[data-kind=grade]')].at(0).lab !== undefined"
SAID = '.lab[data-kind="{}"][data-verdict]:not([data-verdict=""])'
HEAVY = 50_000


def blocks(kind: str) -> list[tuple[str, str]]:
    texts = {name: (HTML / name).read_text(encoding="utf-8") for name in PAGES}
    return [(name, found) for name, text in texts.items() for found in re.findall(rf'id="lab-{kind}-?([\w-]*)"', text)]


@pytest.fixture(scope="module")
def built():
    if not (HTML / PLACE / "library.zip").is_file():
        pytest.skip("the library was not packed for this build: npm could not install Pyodide")


def test_each_exercise_is_asked_in_one_page():
    names = [name.removesuffix("-said").removesuffix("-text").removesuffix("-letters") for _, name in blocks("grade")]
    assert set(names) == set(exercises())


def test_nothing_heavy_is_loaded_before_a_click(chromium, served, built):
    page, heard = visit(chromium, f"{served.address}/{PAGE}")
    page.locator('.lab[data-kind="grade"]').first.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    assert page.evaluate(LIVE)
    asked = [url for kind, url in heard if kind == "request" and "/lab/" in url]
    assert {url.rsplit("/", 1)[1] for url in asked} <= {"shell.js", "grade.js", "line.js", "schedule.js"}
    assert all((HTML / url.removeprefix(f"{served.address}/")).stat().st_size < HEAVY for url in asked)
    page.context.close()


@pytest.mark.parametrize(("theme", "size"), [("light", DESK), ("dark", PHONE)])
def test_an_exercise_is_answered_and_a_line_is_broken(chromium, served, built, theme, size):
    page, heard = visit(chromium, f"{served.address}/{PAGE}", theme, size)
    answer(page)
    lab = page.locator('.lab[data-kind="grade"]').first
    assert lab.locator(".lab-said").inner_text() == "Right." and lab.locator("math").count() == 1
    kept = page.evaluate("JSON.parse(localStorage.getItem('answers'))")
    assert kept["noise-of-two-steps"]["right"] is True
    marks = page.locator(".answered")
    assert [mark.strip() for mark in marks.all_text_contents()] == ["1/3 (1 of 3 exercises answered)"]

    page.locator(".break-line").first.click()
    box = page.locator(".breaking input").first
    box.fill("alpha_bar[t - 1] * beta[t]")
    box.press("Enter")
    refused = page.locator('.breaking [data-verdict="refuted"] .said')
    refused.wait_for()
    assert " is false at " in refused.inner_text() and "left is" in refused.inner_text()
    assert "The page has: = alpha_bar[t - 1] * alpha[t]" in page.locator(".breaking > .said").inner_text()

    page.locator('.lab[data-kind="line"] summary').click()
    own = page.locator("#lab-line-text")
    own.fill("alpha[t] = <img src=x onerror=alert(1)>")
    own.press("Enter")
    page.locator(SAID.format("line")).wait_for()
    assert page.locator(".lab img").count() == 0
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert all(url.startswith((served.address, "blob:", "data:")) for kind, url in heard if kind == "request")
    assert not [text for kind, text in heard if kind in ("error", "warning")]

    page.reload()
    lab.scroll_into_view_if_needed()
    page.wait_for_timeout(800)
    assert lab.locator("input").input_value() == "1 - alpha_1 * alpha_2"
    assert page.locator(".answered").count() == 1
    page.context.close()


def answer(page, text="1 - alpha_1 * alpha_2"):
    lab = page.locator('.lab[data-kind="grade"]').first
    lab.scroll_into_view_if_needed()
    lab.locator("input").fill(text)
    page.wait_for_timeout(800)
    lab.locator("button[type=submit]").click()
    page.locator(SAID.format("grade")).first.wait_for(timeout=180_000)


def test_a_download_that_is_lost_is_told_and_tried_again(chromium, served, built):
    page, _ = visit(chromium, f"{served.address}/{PAGE}")
    page.context.route("**/algebra.zip", lambda route: route.abort())
    answer(page)
    said = page.locator('.lab[data-kind="grade"] .lab-said').first
    assert "could not be loaded" in said.inner_text() and "Try again" in said.inner_text()
    page.context.close()


def test_a_page_from_the_disk_says_what_it_needs(chromium, built):
    page, _ = visit(chromium, (HTML / PAGE).as_uri())
    answer(page)
    assert page.locator('.lab[data-kind="grade"] .lab-said').first.inner_text().startswith("From a file,")
    page.context.close()


@pytest.mark.parametrize("kept", ['"x"', "[1]", '{"noise-of-two-steps": 3}', "{", '{"a": {"right": true, "page": 1}}'])
def test_what_is_kept_may_be_anything(chromium, served, kept):
    page, heard = visit(chromium, f"{served.address}/{PAGE}")
    page.evaluate("(kept) => localStorage.setItem('answers', kept)", kept)
    page.reload()
    page.locator('.lab[data-kind="grade"]').first.scroll_into_view_if_needed()
    page.wait_for_function(LIVE)
    assert not [text for kind, text in heard if kind == "error"]
    page.context.close()
