"""The kernel alone: with the numbers switched off it accepts none of the falsehoods, named or generated."""

from __future__ import annotations

from itertools import islice

import pytest
from generated import generated
from halves import kernel_alone, last_goal, numbers_alone
from register import cases
from setting import Setting

from derive.errors import DerivationError, DeriveError, Refuted, Undefined
from derive.kernel.theorem import prove

REGISTER, GENERATED = cases(), generated()


def accepted(case, *halves) -> bool:
    """Does ``case`` go through, in one half of the check or in both?"""
    try:
        for half in halves:
            with half():
                case()
        if not halves:
            case()
    except DeriveError:
        return False
    return True


@pytest.mark.parametrize("name", REGISTER)
def test_the_kernel_alone_refuses_the_register(name):
    assert not accepted(REGISTER[name], kernel_alone)


def test_the_kernel_alone_refuses_what_is_generated():
    """More than 300 falsehoods, each a rule without one of its side conditions."""
    assert len(GENERATED) > 600
    assert [n for n, one in GENERATED.items() if accepted(lambda one=one: one.build(Setting()), kernel_alone)] == []


def test_what_is_generated_is_refused():
    assert [name for name, one in GENERATED.items() if accepted(lambda one=one: one.build(Setting()))] == []


def test_what_is_generated_is_false():
    """Numbers show it of most of them, and for the others there is a reason."""
    by_numbers, unknown = 0, []
    for name, one in GENERATED.items():
        try:
            with numbers_alone():
                one.build(Setting())
        except (Refuted, Undefined):
            by_numbers += 1
            continue
        except DeriveError:
            pass
        if not one.because:
            unknown.append(name)
    assert unknown == []
    assert by_numbers > 0.9 * len(GENERATED)


def test_the_goal_of_a_falsehood_is_not_proved():
    """The kernel is called directly, without the derivation around it."""
    for name, one in islice(GENERATED.items(), 0, None, 10):
        with last_goal() as seen, pytest.raises(DeriveError):
            one.build(Setting())
        if seen and not name.startswith(("gap", "induction", "cited")):
            with pytest.raises(DerivationError):
                prove(seen[-1])


def test_a_switched_off_kernel_would_be_seen():
    """The tests above can fail: without the kernel, and without numbers, a falsehood goes through."""
    one = GENERATED["Markov, undeclared by Markov"]
    assert accepted(lambda: one.build(Setting()), numbers_alone)
    assert not accepted(lambda: one.build(Setting()), kernel_alone)
