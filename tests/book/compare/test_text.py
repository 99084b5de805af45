"""Texts that say the same with other last digits, and texts that do not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booktools.compare.text import close, difference

DECIMALS = st.integers(1, 8).flatmap(lambda n: st.decimals(-1000, 1000, places=n).map(lambda x: (f"{x:f}", n)))
WORDS = st.text(st.characters(exclude_characters="≈0123456789.+-−eE"), max_size=12)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("2.62", "2.63"),
        ("from .868 to .922", "from .869 to .921"),
        ("loss 15.3 ± 0.10", "loss 15.4 ± 0.11"),
        ("-0.000", "0.000"),
        ("[ 0.00 -1.00]", "[-0.00 -1.00]"),
        ("0.25", "0.2501"),
        ("1", "1.001"),
        ("3.1e-16", "3.2e-16"),
        ("1e+04", "9999"),
        ("x ≈ 0.1", "x ≈ 0.9"),
        ("x ≈ 1.2 (1.0 to 1.4), n = 3", "x ≈ 1.3 (0.9 to 1.5), n = 3"),
        ("right ≈ 0.93, 95 % from 0.868 to 0.922", "right ≈ 0.95, 95 % from 0.911 to 0.954"),
        ("≈ 0123456789abcdef", "≈ fedcba9876543210"),
        ("−0.31 x", "−0.32 x"),
    ],
)
def test_they_say_the_same(stored, shown):
    assert difference(stored, shown) is None
    assert difference(shown, stored) is None


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("2.62", "2.64"),
        ("0.25", "0.262"),
        ("n = 40", "n = 41"),
        ("[1. 2.]", "[1. 3.]"),
        ("0.31", "-0.31"),
        ("x + 0.5", "x - 0.5"),
        ("x^2", "x^3"),
        ("0.5 of the images", "0.5 of the samples"),
        ("0.5 0.6", "0.5"),
        ("a 0.5\nb 0.6", "a 0.5\nb 0.6\nc 0.7"),
        ("x ≈ 0.1, n = 3", "x ≈ 0.1, n = 4"),
        ("x ≈ 0.1", "x ≈ nan"),
        ("right ≈ 0.9, 95 % from 0.8 to 1.0", "right ≈ 0.9, 90 % from 0.8 to 1.0"),
        ("0.1", "nan"),
        ("1.2.3", "1.2.4"),
        ("x_1", "x_2"),
        ("1e-05", "1e-03"),
        ("0x1f", "0x2f"),
        (r"\frac{1}{2}", r"\frac{1}{3}"),
    ],
)
def test_they_do_not_say_the_same(stored, shown):
    assert difference(stored, shown)
    assert difference(shown, stored)


@given(DECIMALS, st.integers(-1, 1))
def test_one_unit_of_the_last_digit_is_allowed(number, units):
    text, places = number
    assert close(text, f"{Decimal(text) + units * Decimal(1).scaleb(-places):f}")


@given(DECIMALS, st.integers(2, 10**6), st.sampled_from((-1, 1)))
def test_more_than_one_unit_is_not(number, units, sign):
    text, places = number
    assert not close(text, f"{Decimal(text) + sign * units * Decimal(1).scaleb(-places):f}")


@given(st.integers(), st.integers())
def test_whole_numbers_are_exact(one, other):
    assert close(str(one), str(other)) == (one == other)


@given(st.lists(st.tuples(WORDS, DECIMALS), min_size=1, max_size=4), WORDS, st.randoms())
def test_a_text_with_nearby_numbers_says_the_same_and_with_another_word_does_not(pieces, end, random):
    def written(change):
        numbers = [f"{Decimal(number) + change() * Decimal(1).scaleb(-places):f}" for _, (number, places) in pieces]
        return " ".join(f"{word} = {number}" for (word, _), number in zip(pieces, numbers, strict=True)) + " ; " + end

    stored = written(lambda: 0)
    assert difference(stored, written(lambda: random.choice((-1, 0, 1)))) is None
    assert difference(stored, stored + "word")


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_can_be_compared(one, other):
    assert difference(one, one) is None
    assert (difference(one, other) is None) == (difference(other, one) is None)
