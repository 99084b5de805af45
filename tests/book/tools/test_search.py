"""What the index of the search knows: sections, without LaTeX, what a cell printed left out."""

from __future__ import annotations

import pytest
import yaml
from docutils import nodes
from root import ROOT

from booktools.site.search import leads, plain, sections
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


def test_the_index_leads_to_sections_only():
    book = Book(ROOT)
    listed = yaml.safe_load((ROOT / "book" / "index.yaml").read_text(encoding="utf-8"))
    known = {f"book/{place.split('#')[0]}.html" + place[len(place.split("#")[0]) :] for place in listed}
    assert leads(book, known).keys() == known
    with pytest.raises(BookError, match="is no section of the book"):
        leads(book, known - {"book/vae.html"})
    queries = [query.lower() for each in listed.values() for query in each]
    assert max(map(queries.count, queries)) == 1


def test_synonyms_are_lists_of_words_and_no_word_stands_in_three():
    groups = yaml.safe_load((ROOT / "book" / "synonyms.yaml").read_text(encoding="utf-8"))
    assert all(len(group) > 1 and all(isinstance(word, str) for word in group) for group in groups)
    known = [word.lower() for group in groups for word in group]
    assert {"elbo", "vlb", "ddim", "sde", "ode", "cfg", "vae", "kl", "ldm", "sd"} <= set(known)
    assert max(map(known.count, known)) <= 2
