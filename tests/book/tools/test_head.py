"""What a page tells machines: a description in whole words without LaTeX, one address, a card, a map of the site."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
from docutils import nodes
from PIL import Image
from root import ROOT

from booktools.site import card
from booktools.site.head import LONGEST, description, fill, shorten, site_map
from booktools.source.pages import Book

BOOK = Book(ROOT)


def test_a_description_ends_with_a_sentence_where_it_can():
    whole = "One sentence that says quite enough of the page. " + "Another " * 30
    assert shorten(whole) == "One sentence that says quite enough of the page."
    cut = shorten("word " * 60)
    assert len(cut) <= LONGEST + 2 and cut.endswith("word …")
    assert shorten("short") == "short"


def test_a_description_is_the_first_paragraph_that_says_something():
    said = "A network that removes noise is trained on pictures with known noise."
    paragraphs = ["After this page you will be able to", said, "More of it, which nobody needs."]
    tree = nodes.document(None, None)
    tree += nodes.section("", *(nodes.paragraph("", "", nodes.Text(text)) for text in paragraphs))
    assert description(tree) == said


def test_a_description_shows_no_latex():
    tree = nodes.document(None, None)
    words = nodes.Text("The step adds noise of a variance that grows with time, "), nodes.math("", r"\beta_t")
    tree += nodes.section("", nodes.paragraph("", "", *words))
    assert "\\" not in description(tree)


def test_a_description_cannot_leave_its_tag():
    tree = nodes.document(None, None)
    words = 'It says "this" of a < b, and of more that a description of forty letters needs.'
    tree += nodes.section("", nodes.paragraph("", "", nodes.Text(words)))
    context = {"title": "A", "metatags": "", "meta": None}
    fill(SimpleNamespace(book=BOOK), "book/vae", "page.html", context, tree)
    escaped = words.replace('"', "&quot;").replace("<", "&lt;")
    assert context["metatags"] == f'<meta name="description" content="{escaped}">\n'
    assert context["meta"]["og:description"] == escaped
    assert context["head"].canonical == f"{BOOK.site}/book/vae.html"


def test_the_map_has_every_page_once():
    found = re.findall(r"<loc>(.*?)</loc>", site_map(BOOK))
    assert found == [f"{BOOK.site}/{name}.html" for name in BOOK.pages]


def test_the_card_is_as_large_as_it_is_said_to_be_and_equal_on_each_run(tmp_path):
    for name in ("a.png", "b.png"):
        card.draw("A book", tmp_path / name)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == card.SIZE
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("noise", [0.0, 0.4, 0.995])
def test_the_card_adds_the_noise_of_the_forward_process(noise):
    generator = np.random.default_rng(1)
    points = card.rings(20000, generator)
    made = card.noised(points, noise, generator)
    assert made.var() == pytest.approx((1 - noise) * points.var() + noise, rel=0.03)
