"""The laboratories in Firefox, from http and from the disk: each comes to life, draws as in Chromium, and follows."""

from __future__ import annotations

import time

import pytest
from browser import DESK, HTML, PHONE
from firefox import firefox, program
from laboratories import ASKED, LIGHT
from missing import missing

from booktools.lab.ready import PLACE

HEAVY = "book/forward-process.html"  # has exercises and lines
PRESS = """(async () => { const block = document.querySelector(BLOCK);
    block.scrollIntoView();
    for (let i = 0; i < 400 && !block.lab; i++) await new Promise((done) => setTimeout(done, 25));
    return block.lab !== undefined; })()"""
LOST = "a program was not packed for this build: npm could not install it"
SECONDS = 180  # until a heavy one answers


@pytest.fixture(scope="module")
def fox():
    if program() is None:
        missing("the laboratories were NOT tested in Firefox: install Debian's package `firefox-esr`")
    with firefox() as browser:
        yield browser


@pytest.mark.parametrize(("scheme", "size"), [("http", DESK), ("file", PHONE)])
def test_firefox(fox, served, scheme, size):
    origin = served.address if scheme == "http" else HTML.as_uri()
    fox.open(f"{origin}/book/laboratory.html", size)
    fox.evaluate(f"(() => {{ {ASKED} }})()")
    assert set(LIGHT) <= set(fox.evaluate("asked.live()"))
    assert [kind for kind in LIGHT if not fox.evaluate(f"asked.moved('{kind}')")] == []
    faults = {kind: fox.evaluate(f"asked.extremes('{kind}')") for kind in LIGHT}
    assert {kind: found for kind, found in faults.items() if found} == {}
    assert fox.errors == []


class Heavy:
    """A laboratory that loads a program at a click: handles are set, its button is pressed, its words are awaited."""

    def __init__(self, fox, kind: str) -> None:
        self.fox, self.block = fox, f"""'.lab[data-kind="{kind}"]'"""
        assert fox.evaluate(PRESS.replace("BLOCK", self.block))

    def set(self, handle: str, value: str) -> None:
        told = f"Object.assign(each, {{ value: {value!r} }}).dispatchEvent(new Event('input', {{ bubbles: true }}))"
        self.fox.evaluate(
            f"(() => {{ const each = document.querySelector({self.block}).querySelector('{handle}'); {told}; }})()"
        )

    def press(self, button: str) -> None:
        self.fox.evaluate(f"void document.querySelector({self.block}).querySelector('{button}').click()")

    def says(self, words: str) -> str:
        """Wait until the line beneath holds ``words``; the answer is all that it says."""
        end, told = time.monotonic() + SECONDS, ""
        while time.monotonic() < end:
            told = self.fox.evaluate(f"document.querySelector({self.block}).querySelector('.lab-said').textContent")
            if words in told:
                return told
            time.sleep(0.1)
        raise AssertionError(f"waited for {words}, and read: {told}")


def test_exercises_and_lines_in_firefox(fox, served):
    if not (HTML / PLACE / "library.zip").is_file():
        pytest.skip(LOST)
    fox.open(f"{served.address}/{HEAVY}", DESK)
    grade = Heavy(fox, "grade")
    grade.set("input", "1 - alpha_1 * alpha_2")
    grade.press("[type=submit]")
    grade.says("Right.")
    line = Heavy(fox, "line")
    line.set("input", "alpha_bar[t] = alpha[t] * alpha_bar[t]")
    line.set("select", "definition")
    line.press("[type=submit]")
    told = line.says("Refuted.")
    assert " is false at " in told and "may only replace a quantity by what it stands for" in told
    assert fox.errors == []


def test_the_miniature_in_firefox(fox, served):
    if not (HTML / "_static" / "lab" / "made" / "picture").is_dir():
        pytest.skip(LOST)
    fox.open(f"{served.address}/book/laboratory.html", DESK)
    decode = Heavy(fox, "decode")
    decode.press("[name=load]")
    decode.set("[name=gain]", "1")
    decode.says("Channel 6 times 1.0: the decoded image differs from the generated one by 0.0")
    painting = Heavy(fox, "picture")
    painting.set("[name=steps]", "2")
    painting.press("[data-does=make]")
    painting.says("2 steps of ddpm: generated here")
    attention = Heavy(fox, "attention")
    attention.press("[name=paint]")
    attention.says(" of 50, t = ")
    assert fox.errors == []


@pytest.mark.parametrize(("kind", "button"), [("grade", "[type=submit]"), ("line", "[type=submit]")])
def test_from_the_disk_firefox_says_what_it_needs(fox, kind, button):
    if not (HTML / PLACE / "library.zip").is_file():
        pytest.skip(LOST)
    fox.open(f"{HTML.as_uri()}/{HEAVY}", PHONE)
    heavy = Heavy(fox, kind)
    heavy.set("input", "1")
    heavy.press(button)
    heavy.says("From a file, browsers load no programs")


@pytest.mark.parametrize(
    ("kind", "button"), [("picture", "[data-does=make]"), ("decode", "[name=load]"), ("attention", "[name=paint]")]
)
def test_from_the_disk_firefox_paints_nothing_and_says_so(fox, kind, button):
    if not (HTML / "_static" / "lab" / "made" / "picture").is_dir():
        pytest.skip(LOST)
    fox.open(f"{HTML.as_uri()}/book/laboratory.html", PHONE)
    heavy = Heavy(fox, kind)
    heavy.press(button)
    heavy.says("A browser does not let a page from the disk start the networks")
