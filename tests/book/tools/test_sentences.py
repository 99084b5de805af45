"""Formulas in sentences: what passes by its form, what must be in the register, and what a register may not say."""

from __future__ import annotations

import nbformat
import pytest
from book_fixture import HEADER, make_book, write_registry
from root import ROOT

from booktools.check.latex import is_compound, repeats
from booktools.check.sentences import KINDS, lines_of, problems, sentences
from booktools.source.pages import Book

LINE = [(r"\log c", "=", r"c - 1 - \int_0^1 u\, \mathrm{d}u", "integration"), ("", r"\le", "c - 1", "non-negative gap")]
LEVEL = [(r"\lambda", "=", r"\frac{\kappa\, D}{2\, C}", "definition (W.3)"), ("", "=", r"24\, \kappa", "algebra")]
CELL = """
```{code-cell} ipython3
if abs(left - right) > 1e-9:
    raise ArithmeticError("off")
```
"""


def mark(block, name="level"):
    keys = ("left", "relation", "right", "justification")
    return {"tag": "P.1", "name": name, "rows": [dict(zip(keys, row, strict=True)) for row in block]}


def faults(root, text, entries=None, blocks=None):
    """What is said of a page with this text and entries, in a book whose notebook shows these blocks."""
    root = make_book(root, {"chapter": f"{HEADER}# A chapter\n\n{text}\n"})
    write_registry(root, sentences=entries or {})
    shown = [
        nbformat.v4.new_output("display_data", {}, metadata={"diffusion_lib": mark(block, name)})
        for name, block in (blocks or {}).items()
    ]
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=shown)])
    nbformat.write(nb, root / "notebooks" / "chapter.ipynb")
    return problems(Book(root))


@pytest.mark.parametrize(
    "text",
    [
        "At $t = 1$ there is one step, and for $g = 0$ none.",
        "The bound prefers $c =$ {value}`best`, and $-\\log p =$ {value}`nll` is left.",
        "The state $x_t$, the square $x_0^2$, the index $T - 1$, the root $\\sqrt{\\beta_t}$, $q(x_t \\mid x_0)$.",
        "Code as in `a = b`, and ``$a = b$``.",
    ],
)
def test_harmless_by_their_form(tmp_path, text):
    assert faults(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("So $\\lambda = 24\\,\\kappa$.", "\\lambda = 24\\,\\kappa"),
        ("No guidance is $g = 1$.", "g = 1"),
        ("They are apart, where $\\|z - z'\\|^2 \\approx 2D$.", "\\|z - z'\\|^2 \\approx 2D"),
        ("The logarithm is small: $\\log c \\le c - 1$.", "\\log c \\le c - 1"),
        ("It has the variance $\\alpha v + 1 - \\alpha$.", "\\alpha v + 1 - \\alpha"),
        ("| a | b |\n|---|---|\n| x | $1 + 1 / \\mathrm{SNR} = w$ |", "1 + 1 / \\mathrm{SNR} = w"),
        ("```{note}\nInside: $v = a^2 b$.\n```", "v = a^2 b"),
        ("Two lines: $v =\na + b$.", "v = a + b"),
        ("A role: {math}`v = a + b`.", "v = a + b"),
    ],
)
def test_a_claim_is_found_and_the_message_says_what_to_do(tmp_path, text, formula):
    (fault,) = faults(tmp_path, text)
    assert (
        f"nothing checks ${formula}$" in fault
        and "{step}" in fault
        and "pagekit/chapters/registry.yaml under sentences of chapter" in fault
    )
    assert fault.startswith("book/chapter.md:") and not fault.startswith("book/chapter.md:1:")
    for kind in ("case", "definition", "quotation"):
        assert faults(tmp_path / kind, text, {"chapter": {kind: [formula]}}) == []


def test_a_claim_in_a_caption_is_found(tmp_path):
    cell = (
        "```{code-cell} ipython3\n---\nmystnb:\n  figure:\n    caption: |\n      Here $v = a b^2$ holds.\n---\n1\n```"
    )
    (fault,) = faults(tmp_path, cell)
    assert "nothing checks $v = a b^2$" in fault


def test_a_checked_claim_must_be_what_the_block_shows(tmp_path):
    text, blocks = "So $\\lambda = 24\\,\\kappa$.", {"level": LEVEL}

    def entry(formula, name):
        return {"chapter": {"checked": {formula: name}}}

    assert faults(tmp_path / "right", text, entry("\\lambda = 24\\,\\kappa", "level"), blocks) == []
    (fault,) = faults(tmp_path / "unknown", text, entry("\\lambda = 24\\,\\kappa", "other"), blocks)
    assert "'other', which no notebook shows" in fault
    wrong = "So $\\lambda = 12\\,\\kappa$."
    (fault,) = faults(tmp_path / "wrong", wrong, entry("\\lambda = 12\\,\\kappa", "level"), blocks)
    assert "is not what 'level' shows" in fault


def test_a_measured_claim_names_a_piece_of_a_cell_that_raises(tmp_path):
    text = "It is $a + b$ long." + CELL
    right = {"chapter": {"measured": {"a + b": "abs(left - right) > 1e-9"}}}
    assert faults(tmp_path / "right", text, right) == []
    (fault,) = faults(tmp_path / "wrong", text, {"chapter": {"measured": {"a + b": "abs(left - right) > 1e-7"}}})
    assert "no cell that raises" in fault
    (fault,) = faults(tmp_path / "quiet", text.replace("raise ArithmeticError", "print"), right)
    assert "no cell that raises" in fault


def test_a_formula_that_a_block_of_the_page_shows_is_spoken_about(tmp_path):
    assert faults(tmp_path, "The level $\\kappa D / (2 C)$ is large.", blocks={"level": LEVEL}) == []
    assert len(faults(tmp_path / "other", "The level $\\kappa D / (3 C)$ is large.", blocks={"level": LEVEL})) == 1


def test_a_register_that_is_stale_or_misspelt_is_reported(tmp_path):
    register = {"chapter": {"case": ["t = 7"], "claim": ["a = b"]}}
    found = "\n".join(faults(tmp_path, "At $t = 1$.", register))
    assert "$t = 7$ stands nowhere on the page" in found
    assert "'claim' is no kind" in found


@pytest.mark.parametrize(
    ("formula", "block", "shown"),
    [
        (r"\log c \le c - 1", LINE, True),
        (r"c - 1 \le \log c", LINE, False),
        (r"\log c = c - 1", LINE, False),
        (r"\log c \le c", LINE, False),
        (r"\lambda = 24 \kappa", LEVEL, True),
        (r"24\,\kappa = \lambda", LEVEL, True),
        (r"\lambda = \kappa D / (2 C)", LEVEL, True),
        (r"\lambda \le 24\,\kappa", LEVEL, False),
        (r"\lambda \approx 24\,\kappa", LEVEL, False),
        (r"\lambda = 24\,\kappa = D", LEVEL, False),
        (r"\frac{\kappa D}{2 C}", LEVEL, True),
        (r"\text{definition}", LEVEL, False),
    ],
)
def test_a_formula_repeats_a_block_only_with_its_sides_and_its_relation(formula, block, shown):
    assert repeats(formula, lines_of(mark(block))) is shown


def test_what_is_made_of_several_letters():
    for formula in (r"x_0 + \sigma \epsilon", r"\kappa (1 - u) / 2", r"\sqrt{\bar\alpha_t} x_0", r"e^{-z^2/2}"):
        assert is_compound(formula)
    for formula in ("t - 1", r"\bar\alpha_t", r"\sigma_t^2", r"q(x_t \mid x_0)", r"\sqrt{\beta_t}", "-1"):
        assert not is_compound(formula)


def test_the_book_looks_at_all_of_its_formulas_and_has_few_claims_left():
    """How many formulas there are, by the way in which they pass; a parser that finds none would pass everything."""
    book = Book(ROOT)
    found = [sentence for page in book.pages.values() for sentence in sentences(page)]
    assert len(found) > 250 and sum(s.is_case for s in found) > 60 and sum(s.is_number for s in found) > 5
    assert set().union(*(chapter.sentences for chapter in book.chapters.values())) <= set(KINDS)


def test_no_formula_of_the_book_is_unaccounted_for():
    assert problems(Book(ROOT)) == []
