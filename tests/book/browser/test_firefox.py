"""The laboratories in Firefox, from http and from the disk: each comes to life, draws as in Chromium, and follows."""

from __future__ import annotations

import os

import pytest
from browser import DESK, HTML, PHONE
from firefox import firefox, program
from laboratories import ASKED, LIGHT


@pytest.fixture(scope="module")
def fox():
    if program() is None:
        message = "the laboratories were NOT tested in Firefox: install Debian's package `firefox-esr`"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
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
