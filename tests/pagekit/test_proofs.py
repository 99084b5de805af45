"""What a page shows of a theorem: its statement, its axioms, what it rests on, and the definitions that it uses."""

from __future__ import annotations

import pytest

from diffusion_lib.errors import ConfigError
from pagekit.proofs import AXIOMS, definition, foundations, short, table, theorem, theorems


def test_a_theorem_shows_its_statement_its_file_and_its_axioms():
    shown = repr(theorem("gibbs"))
    assert shown.startswith("Theorem gibbs A B r x : positive r -> ")
    assert shown.endswith(f"\n\nproofs/Information.v. Axioms: {', '.join(map(short, theorem('gibbs').axioms))}.")
    assert repr(theorem("induction")).endswith("Axioms: none.")


def test_the_whole_statement_has_what_the_section_assumes():
    assert "step_sums" not in theorem("vlb_decomposition").statement
    assert "sum (space t) (step t r) = 1" in theorem("vlb_decomposition").whole


def test_what_a_theorem_rests_on_is_followed_to_the_ground():
    assert theorem("jensen").uses and "log_below_line" not in theorem("jensen").uses
    assert {"gibbs", "log_below_line", "telescoping"} & foundations("jensen") == {"gibbs", "log_below_line"}
    assert not any(name in foundations(name) for name in theorems())


def test_a_definition_is_shown_as_written():
    assert (
        definition("none", "all") == "Definition none : set := fun _ => false.\nDefinition all : set := fun _ => true."
    )


@pytest.mark.parametrize("read", [theorem, definition])
def test_an_unknown_name_is_refused_with_the_nearest(read):
    with pytest.raises(ConfigError, match="did you mean 'gibbs'" if read is theorem else "name must be one of"):
        read("gibs")


def test_the_table_has_a_line_for_each_theorem_under_its_file():
    lines = table(theorems()).splitlines()
    assert [line.split()[0] for line in lines if line.startswith("  ")] == [*theorems()]
    assert [line for line in lines if line and line[0] != " "] == [
        f"proofs/{name}" for name in dict.fromkeys(found.file for found in theorems().values())
    ]
    assert f"gibbs{' ' * 28}{''.join(map(str, range(1, len(AXIOMS) + 1)))} " in table(["gibbs"])
