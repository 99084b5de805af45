"""A finger on a screen: it draws where a laboratory is drawn on, and elsewhere it moves the page."""

from __future__ import annotations

import pytest
from browser import PHONE
from firefox import firefox, program
from missing import missing

PAGE = "book/laboratory.html"
# The square that is drawn on is the first of the picture. `beside` is a place in the picture that is not drawn on.
READY = """async (kind) => {
    const block = document.querySelector(`#lab-${kind}`);
    block.scrollIntoView();
    for (let i = 0; i < 400 && !block.dataset.live; i++) await new Promise((done) => setTimeout(done, 25));
    block.querySelector(".lab-picture").scrollIntoView({ block: "center" });
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const box = (each) => block.querySelector(`.lab-picture ${each}`).getBoundingClientRect();
    const square = box("rect"), picture = box("svg");
    return { x: square.left + square.width / 2, y: square.top + square.height / 2, side: square.height,
             beside: [picture.left + picture.width / 2, square.bottom + 30] };
}"""
SEEN = """async (kind) => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const block = document.querySelector(`#lab-${kind}`), drawn = block.querySelector(".lab-picture path.c1.thin");
    return { scrolled: scrollY, state: block.lab.tools.state(), stroke: drawn?.getBoundingClientRect().height ?? 0 };
}"""


class Chromium:
    """A page on a phone, touched as the browser's own protocol touches it."""

    def __init__(self, browser, address: str) -> None:
        size = {"width": PHONE[0], "height": PHONE[1]}
        context = browser.new_context(viewport=size, has_touch=True, is_mobile=True, service_workers="block")
        self.page = context.new_page()
        self.page.goto(address)
        self.protocol = context.new_cdp_session(self.page)

    def ask(self, function: str, given: str) -> dict:
        return self.page.evaluate(function, given)

    def swipe(self, places: list[tuple[float, float]]) -> None:
        for k, (x, y) in enumerate(places):
            self._touch("touchMove" if k else "touchStart", [{"x": x, "y": y}])
        self._touch("touchEnd", [])

    def _touch(self, kind: str, points: list[dict]) -> None:
        self.protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


class Fox:
    """The same in Firefox, by WebDriver BiDi."""

    def __init__(self, browser, address: str) -> None:
        self.browser = browser
        browser.open(address, PHONE)

    def ask(self, function: str, given: str) -> dict:
        return self.browser.evaluate(f"({function})({given!r})")

    def swipe(self, places: list[tuple[float, float]]) -> None:
        self.browser.touch(places)


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def phone(request, chromium, served):
    if request.param == "chromium":
        made = Chromium(chromium, f"{served.address}/{PAGE}")
        yield made
        made.page.context.close()
        return
    if program() is None:
        missing("touch was NOT tested in Firefox: install Debian's package `firefox-esr`")
    with firefox() as browser:
        yield Fox(browser, f"{served.address}/{PAGE}")


def downwards(at: dict, share: float = 0.6, steps: int = 8) -> list[tuple[float, float]]:
    """A stroke straight down through the middle of the square: where the page would scroll, it would."""
    return [(at["x"], at["y"] + share * at["side"] * (k / steps - 0.5)) for k in range(steps + 1)]


def test_a_finger_draws_the_data(phone):
    at, before = phone.ask(READY, "train"), phone.ask(SEEN, "train")
    phone.swipe(downwards(at))
    after = phone.ask(SEEN, "train")
    assert after["state"]["shape"] == "drawn" and after["scrolled"] == before["scrolled"]
    assert after["stroke"] == pytest.approx(0.6 * at["side"], abs=8)  # all of it, not a first piece


def test_a_finger_chooses_the_start_of_the_chains(phone):
    at, before = phone.ask(READY, "score"), phone.ask(SEEN, "score")
    phone.swipe(downwards(at))
    after = phone.ask(SEEN, "score")
    assert after["scrolled"] == before["scrolled"]
    assert after["state"]["x"] == pytest.approx(0, abs=0.11)
    assert after["state"]["y"] == pytest.approx(-0.6 * 2.4, abs=0.11)  # where the finger was lifted


@pytest.mark.parametrize("kind", ["train", "score"])
def test_beside_the_square_a_finger_moves_the_page(phone, kind):
    """So the picture does not hold the reader; headless Firefox has no scrolling by touch, but nothing is drawn."""
    at, before = phone.ask(READY, kind), phone.ask(SEEN, kind)
    x, y = at["beside"]
    phone.swipe([(x, y - 15 * k) for k in range(10)])
    after = phone.ask(SEEN, kind)
    assert after["stroke"] == pytest.approx(before["stroke"], abs=0.1)
    if isinstance(phone, Chromium):
        assert after["scrolled"] > before["scrolled"] + 60
