"""What the index of the search knows: sections, without LaTeX, what a cell printed left out."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from docutils import nodes
from root import ROOT

from booktools.site.search import leads, plain, sections, synonyms, weight
from booktools.source.pages import Book, BookError


@pytest.mark.parametrize(
    ("latex", "wanted"),
    [
        (r"x_t", "x_t"),
        (r"\bar\alpha_t", "α\u0304_t"),
        (r"\hat{x}_0", "x\u0302_0"),
        (r"\epsilon \sim N(0, 1)", "ε ~ N(0, 1)"),
        (r"\frac{a}{b}", ""),
        (r"\begin{aligned} a &= b \end{aligned}", ""),
    ],
)
def test_a_formula_is_letters_or_nothing(latex, wanted):
    assert plain(latex) == wanted


def section(name, title, *children):
    return nodes.section("", nodes.title("", "", nodes.Text(title)), *children, ids=[name])


def paragraph(*parts):
    return nodes.paragraph("", "", *(nodes.Text(each) if isinstance(each, str) else each for each in parts))


def cell(code, printed):
    source = nodes.container("", nodes.literal_block(code, code), nb_element="cell_code_source")
    output = nodes.container("", nodes.literal_block(printed, printed), nb_element="cell_code_output")
    return nodes.container("", source, output, nb_element="cell_code")


def test_sections_have_their_own_text_and_code():
    inner = section("inner", "Inside", paragraph("deep ", nodes.math("", r"\frac{a}{b}"), " water"))
    exercise = nodes.section("", paragraph("What is asked?"), ids=["exercise-content"])
    page = section("page", "The page", paragraph("first words"), cell("answer = 42", "printed"), exercise, inner)
    tree = nodes.document(None, None)
    tree += page
    top, below = sections(tree)
    assert (top["anchor"], top["heading"], top["text"]) == ("", "The page", "first words What is asked?")
    assert top["code"] == "answer = 42"
    assert (below["anchor"], below["heading"], below["text"]) == ("inner", "Inside", "deep water")


def test_code_is_kept_where_a_page_brings_a_new_word():
    """So does the answer to a search for a name: the section where the page has it first."""
    page = section(
        "page", "The page", cell("a = 1\n\nb = a", ""), section("inner", "Inside", cell("b = 1\n  c = b", ""))
    )
    tree = nodes.document(None, None)
    tree += page
    assert [each["code"] for each in sections(tree)] == ["a = 1\nb = a", "c = b"]


class Everything:
    def __contains__(self, address):
        return True


def test_queries_lead_to_sections_only():
    book = Book(ROOT)
    listed = leads(book, Everything())
    section = "book/distillation.html#consistency-models-map-a-trajectory-to-its-end"
    assert "consistency model" in listed[section] and "vae loss" in listed["book/vae.html"]
    with pytest.raises(BookError, match=r"distillation: search_sections: consistency.* is no section of the page"):
        leads(book, listed.keys() - {section})
    queries = [query.lower() for each in listed.values() for query in each]
    assert max(map(queries.count, queries)) == 1


def test_synonyms_are_the_names_of_a_term_of_the_glossary_and_no_name_stands_twice():
    groups = synonyms(Book(ROOT))
    assert all(len(group) > 1 for group in groups)
    known = [word.lower() for group in groups for word in group]
    assert {"elbo", "vlb", "ddim", "sde", "ode", "cfg", "vae", "kl", "ldm", "sd"} <= set(known)
    assert max(map(known.count, known)) == 1


def test_a_term_with_one_name_has_no_synonyms():
    text = "# Glossary\n\n```{glossary}\nDDIM\n  A sampler.\n\nKL divergence\nKL\n  A distance.\n```\n"
    book = SimpleNamespace(pages={"book/glossary": SimpleNamespace(text=text)})
    assert synonyms(book) == [["KL divergence", "KL"]]


def test_a_page_that_lists_things_from_everywhere_weighs_what_the_registry_says():
    book = Book(ROOT)
    assert weight(book, "book/errata") == 0.4 < weight(book, "book/score") == 1.0
    assert weight(book, "book/api/process") < weight(book, "book/provenance") < weight(book, "book/errata")
