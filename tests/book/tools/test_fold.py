"""The page folds code by rule: what a cell shows comes first, its code beneath, and folds have names."""

from __future__ import annotations

import re
from html import unescape

import pytest
from book_fixture import HEADER, make_book, tool
from docutils import nodes
from root import ROOT

from booktools.check.rules import open_faults
from booktools.site import labels, provenance, where
from booktools.source.pages import Book


def cell(source, *options):
    return "\n```{code-cell} ipython3\n" + "".join(f"{option}\n" for option in options) + f"\n{source}\n```\n"


BLOCK = r"""show({{"text/latex": r"$$x = y\tag{{{tag}}}$$", "text/plain": "x"}}, raw=True, metadata={{"diffusion_lib": {{"tag": "{tag}", "name": "{name}", "definition": {made}, "apart": False, "rows": [{{"left": "x", "relation": "=", "right": "y", "justification": "by hand"}}]}}}})"""  # noqa: E501
DERIVATION = ":tags: [derivation]"
PICTURE = """---
tags: [hide-input]
mystnb:
  figure:
    name: fig-line
    caption: A line.
  image:
    alt: A black diagonal line
---"""
SVG = """from IPython.display import SVG
SVG('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><path d="M0 0L4 4"/></svg>')"""
PAGE = "".join(
    (
        HEADER,
        "# Folds\n\nWords. {minutes}`here`\n",
        cell("n = 3  # how many\ntext = 'a'", ":tags: [parameters]"),
        cell("def setup(seed):\n    pass\n\n\nsetup(n)"),
        cell(SVG, PICTURE),
        "\n## First\n",
        cell("from IPython.display import display as show\n\nquiet = 1", DERIVATION),
        cell(BLOCK.format(tag="F.1", name="made", made=True), DERIVATION),
        "\n*Source: {cite:t}`ho2020`, equation 2. Gumaan (2024): “Forward”, verbatim.*\n",
        cell(BLOCK.format(tag="F.2", name="proved", made=False), DERIVATION),
        "\n*Source: {cite:t}`ho2020`, equation | 4. Gumaan (2024): “Forward”, corrected (a root).*\n",
        "\n*Both* are quiet.\n",
        cell("print('printed first')"),
        cell("late = 2"),
        "\nBetween.\n",
        cell("print('printed second')"),
        "\nAnd the loop, open:\n",
        cell("for i in range(3):\n    print('open', i)", ":tags: [open]"),
        "\n## Second\n\n```{exercise} Two noises · easy\n:label: ex-two\n\nWhat?\n```\n",
        cell("def grade(name, answer):\n    print('not answered yet')\n\n\ngrade(\"two-noises\", ...)"),
        "\n```{solution-start} ex-two\n```\n\nSo.\n",
        cell('grade("two-noises", 2)'),
        "\n```{solution-end}\n```\n\n## The count\n\nCounted.\n",
        cell("print('127 lines')", DERIVATION),
        "\n## What to remember\n\nNothing.\n",
        cell("print('end of the run')\ndef finish():\n    pass\nfinish()"),
    )
)
OTHER = "# Where each block comes from\n\n{cite:p}`ho2020`\n\n```{provenance}\n```\n\n```{bibliography}\n```\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = tmp_path_factory.mktemp("folds") / "book-root"
    pages = {"folds": PAGE, "provenance": OTHER}
    make_book(root, pages)
    assert (result := tool("notebooks", root)).returncode == 0, result.stderr
    assert (result := tool("build", root)).returncode == 0, result.stderr
    return root


def html(built, name="folds"):
    text = (built / "_build" / "html" / "book" / f"{name}.html").read_text(encoding="utf-8")
    return text[text.index("<article") : text.index("</article>")]


def summaries(page):
    return [unescape(re.sub("<[^>]+>", "", said)) for said in re.findall(r"<summary>(.*?)</summary>", page)]


def test_every_fold_says_what_it_holds_and_no_two_say_the_same(built):
    said = summaries(html(built))
    assert said == [
        "Parameters and set-up: n = 3, text = 'a'",
        "How figure 1 was drawn",
        "How F.1 was stated",
        "Source of F.1 verbatim",
        "How F.2 was checked",
        "Source of F.2 corrected",
        "How these numbers were computed: First",
        "How these numbers were computed: First, 2",
        "Type your answer: Two noises",
        "How the answer was graded: Two noises",
        "What was counted, and which mistakes are none",
        "How this was checked",
        "How the page ends",
        "Ask the machine: does a line of yours follow?",
    ]
    assert len(set(said)) == len(said)


def test_what_a_cell_shows_comes_first_and_its_caption_before_its_code(built):
    page = html(built)
    assert page.index("printed first") == page.index("printed first\n</pre>")
    picture, caption, named, drawn = (page.index(text) for text in ("<img", "A line.", "How figure 1", "M0 0L4 4"))
    assert picture < caption < named < drawn
    assert page.index("F.2") < page.index("How F.2")


def test_code_that_shows_nothing_joins_its_neighbour(built):
    page = html(built)
    first = page[page.index("How F.1") : page.index("Source")]
    assert "quiet" in first and "F.1" in first
    assert "late" in page[page.index("How these numbers") : page.index("Between.")]
    assert "setup" in page[page.index("Parameters") : page.index("<img")]


def test_an_open_cell_stays_and_says_so(built):
    page = html(built)
    start = page.index("And the loop")
    piece = page[start : page.index('id="second"')]
    assert "open-code" in piece and "<details" not in piece and piece.index("range") < piece.index("open 0")


def test_a_question_shows_nothing_until_it_is_asked(built):
    page = html(built)
    assert page.index("Type your answer") < page.index("not answered yet")
    assert 'class="level easy">easy<' in page and "· easy" not in page


def test_the_count_folds_and_its_heading_stays(built):
    page = html(built)
    heading, start, counted, lines = (page.index(t) for t in ('id="the-count"', '"count"', "Counted.", "127 lines"))
    assert heading < start < counted < lines


def test_a_source_is_a_mark_beside_the_fold_of_its_block(built):
    page = html(built)
    assert re.search(r'<details class="source corrected">.*?<p><em>Source: .*?2020', page, re.DOTALL)
    assert len(re.findall(r'</details>\s*<details class="source', page)) == 2  # in one row with the fold


def test_the_page_of_sources_lists_them(built):
    page = html(built, "provenance")
    rows = re.findall(r"<tr.*?</tr>", page, re.DOTALL)
    assert len(rows) == 1 + 2
    words = [
        [re.sub("<[^>]+>", "", each).strip() for each in re.findall(r"<td.*?</td>", row, re.DOTALL)] for row in rows
    ]
    assert words[1][:2] == ["(F.1)", "made"] and words[1][3].endswith("verbatim")
    assert words[2][2].endswith("equation | 4") and "corrected (a root)" in words[2][3]
    assert 'href="folds.html#' in rows[1]


@pytest.mark.parametrize(
    ("sentence", "source", "gumaan"),
    [
        ("Ho, equation 4.", "Ho, equation 4", "–"),
        ("Ho, equation 4. Gumaan (2024): “ELBO”, corrected.", "Ho, equation 4", "“ELBO”, corrected"),
        ("Gumaan (2024): “ELBO”, the third, verbatim", "–", "“ELBO”, the third, verbatim"),
    ],
)
def test_what_gumaan_prints_has_a_column_of_its_own(sentence, source, gumaan):
    assert provenance.row({"tag": "F.1", "name": "made"}, sentence)[2:] == [source, gumaan]


def test_a_page_says_where_it_stands_and_has_the_switch(built):
    text = (built / "_build" / "html" / "book" / "folds.html").read_text(encoding="utf-8")
    assert text.count('class="code-switch needs-script" aria-pressed="false"') == 1
    assert 'class="where"' not in text  # this book has no parts
    assert "1 minute to read, 1 to run on two cores." in text


def test_the_line_names_part_and_chapter():
    book = Book(ROOT)
    first, second = book.parts["Sampling"][:2]
    assert where.line(book, second) == f"Sampling · chapter 2 of {len(book.parts['Sampling'])}"
    assert where.line(book, first).startswith("Sampling · chapter 1 ")
    assert where.line(book, "book/intro") == ""


@pytest.mark.parametrize(
    ("source", "tags", "words"),
    [
        ("x = 1\n" * 25, ["open"], []),
        ("x = 1\n" * 26, ["open"], ["26 lines"]),
        ("x = 1\n" * 26, [], []),
        ("#" * 88, ["open"], []),
        ("#" * 89, ["open", "derivation"], ["89 columns"]),
        ("#" * 89, ["derivation"], []),
        ("", ["open"], []),
    ],
)
def test_open_code_is_short_and_narrow(source, tags, words):
    found = list(open_faults(source, tags))
    assert len(found) == len(words) and all(word in fault for word, fault in zip(words, found, strict=True))


def test_make_check_names_an_open_cell_that_is_too_long(tmp_path):
    page = HEADER + "# Title\n" + cell("n = 3", ":tags: [parameters]") + cell("x = 1\n" * 26, ":tags: [open]")
    message = tool("check", make_book(tmp_path / "book-root", {"page": page})).stderr
    assert "an open cell of 26 lines, allowed are 25" in message


def test_a_title_is_read_aloud_without_the_signs_of_latex():
    title = nodes.title("", "", nodes.Text("Is "), nodes.math("", r"\bar\alpha_T"), nodes.Text(r" a \_?"))
    assert labels.spoken(title) == r"Is bar alpha T a \_?"
