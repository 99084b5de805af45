"""The error catalogue: all entries of the list are on the page, and all of their mutants are killed."""

from __future__ import annotations

import re

import pytest
from chapters import chapters, code_cells, derivation_cells, outputs, run_derivation
from false_steps import false_steps
from root import ROOT
from the_book import BOOK

from booktools.source.index import Index, stored_outputs
from booktools.source.listing import written
from pagekit.certificates import certificates

IDS = [f"{kind}{n}" for kind, count in (("S", 12), ("C", 11), ("P", 27)) for n in range(1, count + 1)]
ROW = re.compile(r"^([SCP]\d+) +(\d+) of (\d+) +(\S.*?)  +(\S.*)$", re.M)


def text() -> str:
    """What the page prints, with folded lines put together."""
    printed = "\n".join("".join(output.get("text", "")) for output in outputs("errata"))
    return re.sub(r"\n {33}(?=\S)", " ", printed)


def page() -> str:
    """The page with its list of chapters written out."""
    text = (ROOT / "book" / "errata.md").read_text()
    return re.sub(r"(?ms)^```\{chapters\} (\w+)\n(.*?)^```$", lambda found: written(found[1], found[2]), text)


def cards() -> str:
    """The cards that the entries show, as Markdown."""
    return "\n".join("".join(output.get("data", {}).get("text/markdown", "")) for output in outputs("errata"))


def heads() -> list[str]:
    """The heads of the cards: the entry and its status upstream."""
    return re.findall(r"(?m)^\| ([SCP]\d+ · [^|]+) \|", cards())


def recorder() -> tuple:
    """``entry``, its ``entries``, and the cards that it shows, made by the page's own cell."""
    (source,) = (cell.source for cell in code_cells("errata") if "def entry(" in cell.source)
    namespace: dict = {}
    exec(source, namespace)
    shown: list[str] = []
    namespace["display"] = lambda card: shown.append(card.data)
    return namespace["entry"], namespace["entries"], shown


def test_the_stored_table_has_exactly_these_rows_and_every_mutant_is_killed():
    found = ROW.findall(text())
    assert [name for name, *_ in found] == IDS
    for name, killed, total, _, slips in found:
        assert killed == total and int(total) == len(slips.split("; ")) >= 1, name


def test_the_table_counts_what_the_cards_show():
    (rows, killed, total) = re.search(r"(\d+) entries, (\d+) of (\d+) mutants killed", text()).groups()
    wrong = re.findall(r"(?m)^\| ✗ .+ \| \S.* \|$", cards())
    assert int(rows) == len(IDS) and killed == total and len(wrong) == int(total)
    assert re.findall(r"(?m)^\| ([SCP]\d+) · ", cards()) == [head.split(" · ")[0] for head in heads()]
    assert len(re.findall(r"(?m)^\| ✓ .+ \| \S.* \|$", cards())) == len(heads())
    assert sum(int(total) for _, _, total, *_ in ROW.findall(text())) == int(total)


def test_each_row_has_its_heading_and_its_check_below_it():
    sections = re.split(r"(?m)^### ", page())[1:]
    names = [section.partition(".")[0] for section in sections]
    assert sorted(names) == sorted(IDS)
    for name, section in zip(names, sections, strict=True):
        assert re.search(rf'entry\(\s*"{name}"', section), name


def test_each_peer_has_a_reference_or_says_that_it_was_not_looked_up_again():
    for section in re.split(r"(?m)^### ", page())[1:]:
        if section.startswith("P"):
            prose = " ".join(re.sub(r"(?s)```.*?```", "", section).split())
            assert "](https://" in prose or "not re-checked" in prose or "`AutoencoderKL`" in prose, section[:40]


def test_a_card_says_upstream_what_the_table_says():
    told = {name: where for name, _, _, where, _ in ROW.findall(text())}
    assert {tuple(head.split(" · ")) for head in heads()} == set(told.items())


def test_the_recorder_keeps_an_entry_whose_mutants_are_rejected():
    entry, entries, cards = recorder()
    entry("S1", {"one": 1, "two": 2}, right=0, check=abs)
    entry("S1", {"three": 3}, right=0, check=abs)
    assert entries == {"S1": ["one", "two", "three"]}
    assert "| ✗ two | 2 |\n| ✓ | 0 |" in cards[0] and len(cards) == 2


@pytest.mark.parametrize("mutant", [0, 1e-12, float("nan")])
def test_a_mutant_that_survives_stops_the_page(mutant):
    entry, entries, _ = recorder()
    with pytest.raises(ArithmeticError, match="P9: the mutant 'mistake' survives"):
        entry("P9", {"mistake": mutant}, right=0, check=abs)
    assert "P9" not in entries


@pytest.mark.parametrize("right", [1, float("nan")])
def test_a_check_that_rejects_the_correct_version_stops_the_page(right):
    entry, *_ = recorder()
    with pytest.raises(ArithmeticError, match="P9: the check rejects the correct version"):
        entry("P9", {"mistake": 1}, right=right, check=abs)


FALSE = """
S1: Z.blocks['zoo-elbo'].left = log(p(x[0])) - KL(guess, p(x[1])); Jensen
S3: alpha_bar[t] = alpha[t]; definition; zoo-shares
S6: Z.blocks['zoo-turn'].left = Z.blocks['zoo-turn'].right; Bayes
P2: q(x[t] | x[t - 1]) = Normal(x[t], sqrt(alpha_bar[t]) * x[t - 1], beta[t]); result; zoo-step
P3: Derivative(log(Normal(y, m, s ** 2)), y) = (y - m) / s ** 2; differentiation
P5: Z.blocks['zoo-guidance'].left = g * e_c + (g - 1) * e_u; algebra
P8: beta[t] * Var(Z.noise('epsilon')[t]) = beta[t] ** 2; definition; zoo-noise
P11: (1 - alpha_bar[t]) * Var(merged) = sqrt(1 - alpha_bar[t]); definition; zoo-merged
P15: Z.blocks['zoo-velocity-loss'].left = SNR[t] * (x[0] - hat) ** 2; definition; zoo-snr
"""
test_a_false_step_is_refuted = false_steps("errata", FALSE, start=2)


def test_the_page_proves_without_its_rows():
    """The derivation is independent: its cells use nothing that an entry defines."""
    assert len(derivation_cells("errata")) >= 15
    assert run_derivation("errata")[0]["Z"].letter == "Z"


VERDICTS = ["rule", "algebra", "calculus", "definition", "numbers"]
COLUMNS = ["relations", "steps", *VERDICTS, "killed", "total", "equivalent"]


def census() -> dict[str, list[str]]:
    """The rows of the table of all chapters: what their cells say, by chapter; the last is ``all``."""
    _, _, section = page().partition("## Mutation tests of the derivations")
    rows = re.findall(r"(?m)^\| (?:\{doc\}`([\w-]+)`|(this page)|\*\*(all)\*\*) \| (.+) \|$", section)
    return {"".join(names): cells.split(" | ") for *names, cells in rows}


def test_each_chapter_with_a_derivation_has_a_row_with_its_own_counts():
    rows = census()
    assert list(rows) == [name for name in chapters() if name != "errata"] + ["this page", "all"]
    for name, cells in rows.items():
        prefix = "" if name == "this page" else f"{name}:"
        assert cells == [f"{{value}}`{prefix}count-{column}`" for column in COLUMNS], name


def test_the_last_row_is_the_sum_of_the_others():
    index = Index(BOOK, stored_outputs(BOOK))
    names = [name.replace("this page", "errata") for name in list(census())[:-1]]
    for column in COLUMNS:
        rows = [int(index.values[f"book/{name}"][f"count-{column}"]) for name in names]
        assert str(sum(rows)) == index.totals[f"count-{column}"], column


def test_rocq_was_given_all_steps():
    total = int(Index(BOOK, stored_outputs(BOOK)).totals["count-steps"])
    assert len(certificates()) == total
