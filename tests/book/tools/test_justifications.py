"""Beside each line of a derivation: its justification, to be opened in place."""

from __future__ import annotations

import re

import pytest

from booktools.site.formulas import Beside
from booktools.site.justifications_directive import EXPLAINED, PROVED, STATUSES, Links, beside_html
from derive.justifications import JUSTIFICATIONS
from pagekit.certificates import SPACES, Certificate

LINKS = Links(
    lambda name: (f"L-{name}", f"({name})") if name != "algebra" else ("", ""), lambda tag: f"#eq-{tag}", "proofs.html"
)
CHECKED = Certificate("forward-process", "Bayes", "finite", "1234")
OPEN = Certificate("diffusion-sde", "Itô", reason="Rocq found no proof by the script")


def shown(*parts):
    return beside_html(Beside(*parts), LINKS)


def text(html):
    return re.sub("<[^>]+>", "", html.replace("</p>", "\n"))


def test_a_justification_opens_in_place_and_says_the_rule_its_proof_and_what_is_cited():
    html = shown("Bayes (F.7), (F.9)", "rule, all T", "t at least 2", CHECKED)
    summary, opened = re.fullmatch(
        r'<details class="justification" name="justification"><summary>(.*)</summary>'
        r'<div class="rule">(.*)</div></details>',
        html,
    ).groups()
    assert text(summary) == "Bayes (F.7), (F.9), t at least 2 ✓" and 'aria-label="checked by Rocq"' in summary
    assert text(opened) == (
        "Bayes: one may swap a variable and a condition. Proved in (Bayes).\n"
        "Proved by this rule, for all T, and checked by Rocq, on finite spaces of any size.\nUses (F.7), (F.9).\n"
    )
    assert re.findall('href="([^"]*)"', opened) == ["L-Bayes", "proofs.html", "#eq-F.7", "#eq-F.9"]


def test_the_proof_checker_alone_does_not_make_a_step_proved():
    html = shown("Itô (CT.8)", "calculus", "", OPEN)
    assert "Derived by the rules of calculus by the book’s proof checker. Rocq has not checked this step." in text(html)
    assert "Proved" not in html and 'aria-label="not checked by Rocq"' in html


def test_a_step_that_no_search_could_examine_says_so():
    told = text(shown("tower (F.3)", "rule", "", None, "no counterexample search"))
    assert told.startswith("tower (F.3), no counterexample search")
    assert "No counterexample search could examine this line." in told
    assert "search" not in text(shown("tower (F.3)", "rule"))


def test_a_step_by_definition_says_that_it_was_checked_too():
    html = shown("definition (F.7)", "", "", Certificate("forward-process", "definition", "numbers", "1234"))
    assert "Proved by writing the definition out, and checked by Rocq, for all values of its symbols." in text(html)


@pytest.mark.parametrize("space", SPACES)
def test_a_checked_step_says_where_its_statement_holds(space):
    assert SPACES[space] in shown("algebra", "algebra", "", Certificate("score", "algebra", space, "1234"))


@pytest.mark.parametrize("name", JUSTIFICATIONS)
def test_every_justification_is_found_by_its_whole_name(name):
    html = shown(f"{name} (F.7)")
    assert f"<b>{name}:</b> one may {JUSTIFICATIONS[name].permits}." in html.replace("&amp;", "&")
    assert ("Proved in" in html) == (name in PROVED)


def test_words_that_are_no_justification_stay_and_their_numbers_are_links():
    assert shown("independent", "", "t at least 2") == "independent, <i>t</i> at least 2"
    assert shown("with (A.3) <i>") == 'with <a href="#eq-A.3">(A.3)</a> &lt;i&gt;'


def test_only_justifications_are_proved_somewhere_and_every_status_has_a_sentence():
    assert set(PROVED) <= set(JUSTIFICATIONS)
    assert EXPLAINED[0] == "book/notation"
    assert {justification.status for justification in JUSTIFICATIONS.values()} | {"rule"} == set(STATUSES)
