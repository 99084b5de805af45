"""The glossary: its entries are read from the page, and the first use of a term on another page leads to its entry."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from book_fixture import make_book, tool
from docutils import nodes
from root import ROOT
from sphinx import addnodes

from booktools.site import glossary
from booktools.source.glossary import entries
from booktools.source.pages import Book

TEXT = """# Glossary

```{glossary}
signal-to-noise ratio
SNR
  The ratio $\\bar\\alpha_t / (1 - \\bar\\alpha_t)$.

  It has a second paragraph.

noise
  What is added.

noise schedule
  The sequence of the variances.
```
"""
BOOK = SimpleNamespace(pages={"book/glossary": SimpleNamespace(text=TEXT)})


def test_an_entry_has_the_names_above_its_definition():
    assert entries(BOOK) == [("signal-to-noise ratio", "SNR"), ("noise",), ("noise schedule",)]
    assert entries(SimpleNamespace(pages={})) == []


def linked(*children, page="book/score"):
    """The terms that are linked in a document with ``children``, each with the words that lead to it."""
    tree = nodes.document(None, None)
    tree.extend(children)
    glossary.link(SimpleNamespace(book=BOOK, env=SimpleNamespace(docname=page)), tree)
    return [(node["reftarget"], node.astext()) for node in tree.findall(addnodes.pending_xref)], tree.astext()


def paragraph(*parts):
    return nodes.paragraph("", "", *(nodes.Text(part) if isinstance(part, str) else part for part in parts))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The SNR falls.", [("SNR", "SNR")]),
        ("A snr is none.", []),
        ("Signal-to-noise ratios fall.", [("signal-to-noise ratio", "Signal-to-noise ratios")]),
        ("A noise schedule fixes the noise.", [("noise schedule", "noise schedule"), ("noise", "noise")]),
        ("The SNR is the signal-to-noise ratio, the SNR.", [("SNR", "SNR")]),
        ("A noisy denoise-noise is none.", []),
    ],
)
def test_the_first_use_of_a_term_leads_to_its_entry(text, wanted):
    assert linked(paragraph(text)) == (wanted, text)


def test_only_running_text_is_linked():
    outside = [
        nodes.title("", "noise"),
        paragraph(nodes.reference("", "noise", refuri="x")),
        paragraph(nodes.literal("", "noise")),
        nodes.figure("", nodes.caption("", "noise")),
        nodes.literal_block("noise", "noise"),
    ]
    assert linked(*outside, paragraph("More ", nodes.emphasis("", "noise"), "."))[0] == [("noise", "noise")]
    assert linked(*outside)[0] == []
    assert linked(paragraph("noise"), page="book/glossary")[0] == linked(paragraph("noise"), page="book/api/x")[0] == []


def test_a_built_page_links_its_terms(tmp_path):
    pages = {"first": "# First\n\nThe noise, and the noise again, with its SNR.\n", "glossary": TEXT}
    root = make_book(tmp_path / "book-root", pages)
    done = tool("build", root)
    assert done.returncode == 0, done.stderr
    html = (root / "_build" / "html" / "book" / "first.html").read_text(encoding="utf-8")
    assert re.findall(r'href="glossary.html#(term-[\w-]+)"', html) == ["term-noise", "term-SNR"]


def test_the_glossary_has_the_terms_of_the_style_guide():
    names = {name for group in entries(Book(ROOT)) for name in group}
    assert {"oracle", "floor", "ELBO", "score", "NFE", "LoRA", "timestep", "velocity", "guidance scale"} <= names
    assert len(entries(Book(ROOT))) >= 80 and len(names) > len(entries(Book(ROOT)))
