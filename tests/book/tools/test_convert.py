"""MyST to the plain Markdown that Jupyter and Colab show."""

from __future__ import annotations

import re

import pybtex.database
import pytest
import yaml
from book_fixture import HEADER, make_book
from nbformat import from_dict
from root import ROOT

from booktools.notebooks.compose import compose
from booktools.notebooks.convert import Converter
from booktools.source.index import Index
from booktools.source.markdown import EXTENSIONS
from booktools.source.pages import Book, BookError

RAW = "https://raw.githubusercontent.com/executable-diffusion/executable-diffusion/main"
SITE = "https://executable-diffusion.github.io/executable-diffusion/book"
OTHER = HEADER + "# Other page\n\n$$ p = q $$ (far)\n\n```{figure} picture.svg\n:name: fig-far\n\nA caption\n```\n"
OUTPUTS = [
    [
        from_dict({"data": {"text/plain": "0.25"}, "metadata": {"diffusion_lib": {"value": "error"}}}),
        from_dict({"data": {}, "metadata": {"diffusion_lib": {"tag": "F.3", "name": "merge"}}}),
    ]
]


@pytest.fixture
def convert(tmp_path):
    """Convert a text as if it were a whole page, beside another page."""

    def run(text: str) -> str:
        root = make_book(tmp_path / "book-root", {"other": OTHER, "page": HEADER + "# Title\n\n" + text})
        (root / "book" / "picture.svg").write_text("<svg/>")
        book = Book(root)
        page = book.pages["book/page"]
        index = Index(book, {"book/page": OUTPUTS})
        (cell,) = page.cells
        converter = Converter(index, page, {"error": "0.25"})
        return converter.convert(cell.source, cell.line).removeprefix("# Title").strip("\n")

    return run


@pytest.mark.parametrize(
    ("myst", "plain"),
    [
        ("plain *text* with $x_t$ and `code`", "plain *text* with $x_t$ and `code`"),
        ("$$ a = b $$ (one)", "$$\na = b \\tag{1}\n$$"),
        ("$$\na = b\n$$", "$$\na = b\n$$"),
        ("$$ a \\\\ b $$", "$$\n\\begin{split}\na \\\\ b\n\\end{split}\n$$"),
        ("```{math}\n:label: one\n\na = b\n```\n\nby {eq}`one`", "$$\na = b \\tag{1}\n$$\n\nby (1)"),
        ("{eq}`far`", f"[(1)]({SITE}/other.html#equation-far)"),
        (
            "{numref}`fig-far` and {numref}`Figure %s <fig-far>`",
            f"[Fig. 1]({SITE}/other.html#fig-far) and [Figure 1]({SITE}/other.html#fig-far)",
        ),
        (
            "{doc}`other`, {doc}`that <other>`, [there](other.md), [](other.md)",
            ", ".join(f"[{w}]({SITE}/other.html)" for w in ("Other page", "that", "there", "Other page")),
        ),
        ("(here)=\n## Section\n\n{ref}`here`, {ref}`this <here>`", "## Section\n\nSection, this"),
        ("{step}`F.3` is {step}`merge`", "(F.3) is (F.3)"),
        ("error {value}`error`", "error 0.25"),
        ("{cite:t}`ho2020`", "[Ho et al. (2020)](https://arxiv.org/abs/2006.11239)"),
        ("{cite:p}`kingma2014`", "([Kingma and Welling, 2014](https://arxiv.org/abs/1312.6114))"),
        ("`{eq}` `` {eq}`far` `` {math}`x^2`", "`{eq}` `` {eq}`far` `` $x^2$"),
        ("% a remark\ntext", "text"),
        (":::{note}\nA note.\n\n- item\n:::", "> **Note**\n>\n> A note.\n>\n> - item"),
        ("```{tip} One line\n```", "> **Tip**\n>\n> One line"),
        ("```{admonition} Own title\n:class: tip\nBody\n```", "> **Own title**\n>\n> Body"),
        (
            "```{admonition} More\n:class: dropdown\nBody\n```",
            "<details><summary><b>More</b></summary>\n\nBody\n\n</details>",
        ),
        (
            "````{dropdown} Proof\n```{math}\n:label: in\n\nx\n```\n````",
            "<details><summary><b>Proof</b></summary>\n\n$$\nx \\tag{1}\n$$\n\n</details>",
        ),
        (
            "```{exercise} Add\n:label: ex\n\n$1 + 1$?\n```\n\n```{solution} ex\nTwo.\n```",
            "> **Exercise 1 (Add)**\n>\n> $1 + 1$?\n\n"
            "<details><summary><b>Solution to Exercise 1</b></summary>\n\nTwo.\n\n</details>",
        ),
        ("```{prf:lemma}\n:label: lem\nTrue.\n```\n\n{prf:ref}`lem`", "> **Lemma 1**\n>\n> True.\n\nLemma 1"),
        (
            "```{figure} picture.svg\n:alt: dots\n\nThe {eq}`far`.\n```",
            f"![dots]({RAW}/book/picture.svg)\n\n**Fig. 2.** The [(1)]({SITE}/other.html#equation-far).",
        ),
        ("- first\n\n  ```{note}\n  inside\n  ```\n\n- last", "- first\n\n  > **Note**\n  >\n  > inside\n\n- last"),
        ("| a | b |\n|---|---|\n| {value}`error` | {math}`x` |", "| a | b |\n|---|---|\n| 0.25 | $x$ |"),
        ("```python\n{eq}`far`\n```", "```python\n{eq}`far`\n```"),
        (
            "```python\n{eq}`far`\n```\n\n{eq}`far`",
            f"```python\n{{eq}}`far`\n```\n\n[(1)]({SITE}/other.html#equation-far)",
        ),
        (
            "```{exercise}\n:nonumber:\n:label: a\nA\n```\n```{exercise}\n:label: b\nB\n```\n{numref}`b`",
            "> **Exercise**\n>\n> A\n> **Exercise 1**\n>\n> B\nExercise 1",
        ),
        ("A note.[^1]\n\n[^1]: The {value}`error`.", "A note.[^1]\n\n[^1]: The 0.25."),
    ],
)
def test_myst_becomes_plain_markdown(convert, myst, plain):
    assert convert(myst) == plain


@pytest.mark.parametrize(
    ("myst", "line", "words"),
    [
        ("fine\n\n```{mermaid}\nx\n```", 15, "mermaid"),
        (":::{note}\nfine\n\n{unheard}`x`\n:::", 16, "unheard"),
        ("{eq}`nowhere`", 13, "nowhere"),
        ("fine\n\n\n{value}`nowhere`", 16, "nowhere"),
        ("{step}`F.9`", 13, "F.9"),
        ("{doc}`nowhere`", 13, "nowhere"),
        ("{cite:t}`nobody1999`", 13, "nobody1999"),
        ("[text](#anchor)", 13, "#anchor"),
        ("![dots](missing.svg)", 13, "missing.svg"),
        ("> ```{code-cell}\n> 1\n> ```", 13, "code-cell"),
    ],
)
def test_what_is_not_known_fails_with_file_and_line(convert, myst, line, words):
    with pytest.raises(BookError, match=re.escape(f"book/page.md:{line}: ")) as error:
        convert(myst)
    assert words in str(error.value)


def test_a_whole_notebook_keeps_tags_and_shows_no_myst(tmp_path):
    book = Book(make_book(tmp_path / "book-root"))
    page = book.pages["book/chapter"]
    outputs = [[] for _ in range(5)]
    outputs[2] = [
        from_dict(
            {
                "output_type": "display_data",
                "data": {"text/plain": "42"},
                "metadata": {"diffusion_lib": {"value": "answer"}},
            }
        ),
        from_dict(
            {
                "output_type": "display_data",
                "data": {},
                "metadata": {"diffusion_lib": {"tag": "F.1", "name": "closed-form"}},
            }
        ),
    ]
    text = compose(book, Index(book, {page.name: outputs}), page, outputs)
    prose = "\n".join(
        "".join(cell["source"]) for cell in yaml.safe_load(text)["cells"] if cell["cell_type"] == "markdown"
    )
    assert not re.search(r"(?<!`)\{[a-z:]+\}`|```\{|^:::|^\(\w+\)=", prose, flags=re.M)
    assert "**Fig. 1.** A line, as in (1)." in prose
    assert "was computed: 42, as" in prose
    tags = [cell["metadata"].get("tags") for cell in yaml.safe_load(text)["cells"] if cell["cell_type"] == "code"]
    assert tags == [["remove-cell"], ["parameters"], None, ["hide-input"], None]


GATED = """# Title

```{exercise} Add
:label: ex
What?
```

```{code-cell} ipython3
grade(...)
```

```{solution-start} ex
:class: dropdown
```
First.

```{code-cell} ipython3
---
mystnb:
  figure:
    caption: The sum.
---
prove()
```

Then.

```{code-cell} ipython3
grade(1)
```

```{solution-end}
```

After.
"""


def test_a_solution_with_code_is_folded_cell_by_cell(tmp_path):
    book = Book(make_book(tmp_path / "book-root", {"page": HEADER + GATED}))
    page = book.pages["book/page"]
    cells = yaml.safe_load(compose(book, Index(book, {}), page, [[] for _ in range(4)]))["cells"]
    assert ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"] == [
        "# Title\n\n> **Exercise 1 (Add)**\n>\n> What?",
        "<details><summary><b>Solution to Exercise 1</b></summary>\n\nFirst.\n\n</details>",
        "<details><summary><b>Solution to Exercise 1</b></summary>\n\n**Fig. 1.** The sum.\n\n</details>",
        "<details><summary><b>Solution to Exercise 1</b></summary>\n\nThen.\n\n</details>",
        "After.",
    ]
    code = [cell for cell in cells if cell["cell_type"] == "code"][1:]
    assert [cell["metadata"].get("cellView") for cell in code] == [None, "form", "form"]
    assert ["".join(cell["source"]) for cell in code] == [
        "grade(...)",
        "# @title Solution to Exercise 1\nprove()",
        "# @title Solution to Exercise 1\ngrade(1)",
    ]


def test_a_solution_of_code_alone_says_where_it_is(tmp_path):
    text = GATED.replace("First.\n\n", "")
    book = Book(make_book(tmp_path / "book-root", {"page": HEADER + text}))
    page = book.pages["book/page"]
    assert "**Solution to Exercise 1**: in the next cell" in compose(
        book, Index(book, {}), page, [[] for _ in range(4)]
    )


def test_a_value_of_another_page_can_be_shown(tmp_path):
    count = {"data": {}, "metadata": {"diffusion_lib": {"count": {"killed": 7, "total": 7}}}}
    texts = {"page": HEADER + "{value}`other:count-killed` of {value}`other:count-total`", "other": OTHER}
    book = Book(make_book(tmp_path / "book-root", texts))
    page = book.pages["book/page"]
    converter = Converter(Index(book, {"book/other": [[from_dict(count)]]}), page, {})
    assert converter.convert(page.cells[0].source, 0) == "7 of 7"


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        ("-0.30 ± 0.01", "−0.30 ± 0.01"),
        ("-.5", "−.5"),
        ("(-3, -4)", "(−3, −4)"),
        ("1e-05", "1e-05"),
        ("2026-11-29", "2026-11-29"),
        ("-p T 3-5", "-p T 3-5"),
    ],
)
def test_a_number_below_zero_has_the_minus_sign(tmp_path, printed, written):
    book = Book(make_book(tmp_path / "book-root", {"page": HEADER + "{value}`least`"}))
    page = book.pages["book/page"]
    converter = Converter(Index(book, {}), page, {"least": printed})
    assert converter.convert(page.cells[0].source, 0) == written


def test_counts_are_added_up_over_the_pages(tmp_path):
    def counted(killed):
        return [[from_dict({"data": {}, "metadata": {"diffusion_lib": {"count": {"killed": killed}}}})]]

    book = Book(make_book(tmp_path / "book-root", {"page": HEADER + "{value}`all:count-killed`", "other": OTHER}))
    index = Index(book, {"book/page": counted(7), "book/other": counted(5)})
    page = book.pages["book/page"]
    assert Converter(index, page, {}).convert(page.cells[0].source, 0) == "12"


def test_a_step_name_on_two_pages_is_refused(tmp_path):
    book = Book(make_book(tmp_path / "book-root", {"page": HEADER + "# Page", "other": OTHER}))
    with pytest.raises(BookError, match="stands in"):
        Index(book, {"book/page": OUTPUTS, "book/other": OUTPUTS})


def test_the_converter_reads_the_syntax_that_the_site_reads():
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert set(config["parse"]["myst_enable_extensions"]) == EXTENSIONS


def test_two_references_are_never_cited_alike(convert):
    """Two papers of one first author and one year need a letter behind the year."""
    keys = list(pybtex.database.parse_file(str(ROOT / "book" / "references.bib")).entries)
    cited = convert(" ; ".join(f"{{cite:t}}`{key}`" for key in keys)).split(" ; ")
    names = [text.partition("](")[0] for text in cited]
    assert len(names) == len(keys) > 50
    assert sorted(names) == sorted(set(names))
