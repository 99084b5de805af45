"""Which steps Rocq has checked, as the pages read it."""

from __future__ import annotations

import pytest

from pagekit import certificates as module


@pytest.fixture
def known(monkeypatch):
    """A function that sets the record: the entries of one page."""

    def put(reasons):
        steps = {
            name: {"by": "algebra", "space": "" if why else "numbers", "reason": why} for name, why in reasons.items()
        }
        monkeypatch.setattr(module, "record", lambda: {"page": {"axioms": [], "steps": steps}})
        module.certificates.cache_clear()

    yield put
    module.certificates.cache_clear()


@pytest.mark.parametrize(("equality", "gap"), [("", ""), ("", "no"), ("no", ""), ("no", "no")])
def test_an_inequality_is_checked_if_its_gap_is_too(known, equality, gap):
    known({"a, line 1": equality, "a, line 1, gap": gap})
    assert list(module.certificates()) == ["a, line 1"]
    assert module.certificates()["a, line 1"].checked == (not equality and not gap)


def test_the_steps_of_a_page_are_counted(known):
    known({"a, line 1": "", "a, line 2": "no proof", "b, line 1": ""})
    assert module.counts() == {"page": (2, 3)}
