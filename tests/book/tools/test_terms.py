"""The terms of the book: refused words are found wherever a reader would meet them, and nowhere else."""

from __future__ import annotations

import pytest
from book_fixture import HEADER, make_book
from root import ROOT

from booktools.check import terms
from booktools.source.pages import Book

FOUND = """a picture | three draws of the noise | a wish | the slope at zero | a deviation of 0.1 | a bell | two blobs |
 the law of x | another world | a share of 3 % | a slip | the opinion | turned round | it walks | a ruler |
 a recogniser | the licence of a step | the verdict | the engine finds it | mended | the zoo | held against the data |
 dear | it hangs on t | drawn anew | nobody knows | the best there is | or else | the surprise of an outcome"""
RIGHT = """an image | it draws a sample | the standard deviation | the law of total variance | the power law |
 a random walk | in the real world | two models share a network | it shares its weights | the MIT licence |
 it recognises the digit | world models | scaling laws | we walk through the code | recognise a bug | a derivative |
 the mean deviation | under a permissive licence | the licence of the data"""


@pytest.mark.parametrize("text", [" ".join(text.split()) for text in FOUND.split("|")])
def test_a_refused_word_is_found(text):
    assert [word for term in terms.terms() for word in term.found(text)]


@pytest.mark.parametrize("text", [" ".join(text.split()) for text in RIGHT.split("|")])
def test_a_standard_phrase_is_allowed(text):
    assert [word for term in terms.terms() for word in term.found(text)] == []


CELL = """```{code-cell} ipython3
---
mystnb:
  figure:
    caption: |
      CAPTION
  image:
    alt: ALT
---
print("LABEL here")
```
"""


@pytest.mark.parametrize("place", ["PROSE", "CAPTION", "ALT", "LABEL", "HEADING", "OBJECTIVE", "TITLE"])
def test_it_is_found_on_every_part_of_a_page(place, tmp_path):
    text = f"{HEADER}# HEADING\n\nPROSE\n\n- OBJECTIVE\n\n```{{exercise}} TITLE\nWhat?\n```\n\n{CELL}"
    for other in ("PROSE", "CAPTION", "ALT", "LABEL", "HEADING", "OBJECTIVE", "TITLE"):
        text = text.replace(other, "Two pictures" if other == place else "Two images")
    (fault,) = terms.problems(Book(make_book(tmp_path / "book-root", {"page": text})))
    assert fault.startswith("book/page.md: 'pictures' in 'Two pictures") and fault.endswith("figure (in the book)")


def test_code_formulas_and_addresses_are_left_alone(tmp_path):
    text = f"{HEADER}# One\n\n`picture`, $picture$ and [here](picture.md) {{cite:t}}`picture`.\n\n{CELL}"
    text += "```{code-cell} ipython3\npicture = 1\n```\n"
    assert terms.problems(Book(make_book(tmp_path / "book-root", {"page": text}))) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("diffusion_lib/x.py", '"""Draw a picture."""\n'),
        ("derive/x.py", 'raise ValueError("no picture: give one")\n'),
        ("pagekit/x.py", '__all__ = ["make_picture"]\n'),
        ("pagekit/y.py", '__all__ = ["PictureFrame"]\n'),
        ("book/_static/lab/kinds/x.js", "const title = `a picture of ${name}`;\n"),
        ("README.md", "A picture.\n"),
    ],
)
def test_it_is_found_outside_of_the_pages(path, text, tmp_path):
    root = make_book(tmp_path / "book-root", {"page": "# One\n\nText.\n"})
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")
    (fault,) = terms.problems(Book(root))
    assert fault.startswith(f"{path}: '") and "icture" in fault


def test_the_book_keeps_to_its_terms():
    assert terms.problems(Book(ROOT)) == []
