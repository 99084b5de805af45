"""Beside each line of a derivation: links to what licenses it."""

from __future__ import annotations

from booktools.site.licences import EXPLAINED, PROVED, link
from diffusion_lib.symbolic.licences import LICENCES


def linked(text):
    return link(rf"{{\small\text{{{text}}}\text{{, t at least 2}}}}", lambda name: f"L-{name}", lambda tag: f"#{tag}")


def test_a_licence_and_what_it_cites_become_links():
    assert linked("result (F.7), (F.9)") == (
        r"{\small \href{L-result}{\text{result}}\text{ }\href{#F.7}{\text{(F.7)}}"
        r"\text{, }\href{#F.9}{\text{(F.9)}}\text{, t at least 2}}"
    )


def test_the_longest_name_of_a_licence_is_the_one():
    assert r"\href{L-Gaussian integral}{\text{Gaussian integral}}" in linked("Gaussian integral")
    assert r"\href{L-chain rule}{\text{chain rule}}" in linked("chain rule")


def test_other_words_stay_as_they_are():
    assert linked("independent") == r"{\small \text{independent}\text{, t at least 2}}"


def test_only_licences_are_proved_somewhere():
    assert set(PROVED) <= set(LICENCES)
    assert EXPLAINED[0] == "book/notation"
