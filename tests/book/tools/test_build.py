"""The HTML: from stored outputs, with the notebook's numbers, complete offline, and never green with a fault."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext

import nbformat
import pytest
from book_fixture import PAGES, copy_of, edit, executed_book, make_book, tool
from bs4 import BeautifulSoup
from root import ROOT

from booktools.notebooks.compose import digest
from booktools.site import build, card
from booktools.site.build import jupyter_book
from booktools.site.html import problems
from booktools.source import listing
from booktools.source.index import outputs_of
from booktools.source.pages import Book


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = executed_book(tmp_path_factory.mktemp("built") / "book root")
    result = tool("build", root)
    assert result.returncode == 0, result.stderr
    return root


@pytest.fixture
def book(built, tmp_path):
    return copy_of(built, tmp_path / "book-root")


def html(root, name="chapter"):
    return (root / "_build" / "html" / "book" / f"{name}.html").read_text(encoding="utf-8")


def replace_in_page(root, old, new, page="chapter"):
    path = root / "book" / f"{page}.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("there", [False, True])
def test_graphs_are_exported_beside_sphinx_where_there_are_none(monkeypatch, tmp_path, there):
    started = []
    monkeypatch.setattr(build, "KEPT", tmp_path)
    monkeypatch.setattr(build.subprocess, "Popen", lambda command: nullcontext(started.append(command)))
    if there:
        (tmp_path / "miniature-0").mkdir()
    with build.graphs_ahead():
        assert [command[1:] for command in started] == ([] if there else [["-m", "booktools.lab.graphs"]])


def test_the_page_has_the_numbers_of_the_notebook(built):
    page, nb = html(built), nbformat.read(built / "notebooks" / "chapter.ipynb", as_version=4)
    prose = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    on_page = re.findall(r'<a class="number" href="#equation-[a-z]*">\((\d+)\)', page)
    assert on_page == re.findall(r"\\tag\{(\d+)\}", prose) == ["1", "2", "3"]
    for words in ("Exercise 1", "Fig. 1", "was computed: 42"):
        assert words in page
        assert words in prose
    assert "Theorem 1" in html(built, "second")
    assert "In all, 3 mutants were killed" in html(built, "second")
    assert 'href="chapter.html#eq-F.1"' in html(built, "second")


def test_no_line_ends_between_a_number_and_its_percent(built):
    page = html(built)
    assert "That is 42\u00a0%, and not 41\u00a0%;" in page
    assert page.count("\u00a0%") == 2  # and not in code


STRANGERS = [".venv313", "env313", "my env/313", "book/env", "book/.env", "build/lib/diffusion_lib"]


def test_what_else_lies_in_the_folder_is_not_read(book):
    """Environments have Markdown and notebooks of their own, and so has the folder in which pip builds a wheel."""
    for name in STRANGERS:
        (book / name).mkdir(parents=True)
        (book / name / "pyvenv.cfg").touch()
        (book / name / "README.md").write_text("### No title\n\n```{unheard-of}\n```\n", encoding="utf-8")
        (book / name / "template.ipynb").write_text("{{ a: template }}", encoding="utf-8")
    result = tool("build", book)
    assert (result.returncode, result.stderr) == (0, "")
    pages = {path.stem for path in (book / "_build" / "html").rglob("*.html") if "_static" not in path.parts}
    assert pages == {"index", *PAGES}


def test_a_number_of_the_text_stands_in_the_text_alone(built):
    """The notebook shows it below its cell, too: there it is a key to what the cell computed."""
    page = html(built)
    assert "was computed: 42" in page and "42\n</pre>" not in page
    assert "counted\n</pre>" in page


def test_a_derivation_that_a_cell_prints_is_set_row_by_row(built):
    block = re.search(r'<div class="derivation" id="eq-F.1">(.*?)</a></div></div>', html(built))[1]
    rows = block.split('<div class="row">')[1:]
    assert [re.sub("<[^>]+>", "", row.split('<div class="beside">')[0]) for row in rows] == ["x=y", "=z"]
    assert "<summary>algebra</summary>" in rows[1]
    assert '<a class="number" href="#eq-F.1">(F.1)' in block


def test_no_page_shows_latex(built):
    for path in (built / "_build" / "html").glob("book/*.html"):
        text = re.sub(r"(?s)<(script|style|pre|code)\b.*?</\1>|<[^>]+>", "", path.read_text(encoding="utf-8"))
        assert not re.search(r"\\[(a-zA-Z]|\$", text), path


def test_a_solution_is_folded(built):
    assert re.search(r'<details class="solution[^"]*"[^>]*>\s*<summary class="admonition-title">', html(built))


def test_a_page_that_left_the_book_leaves_the_site(book):
    toc = (book / "_toc.yml").read_text(encoding="utf-8")
    (book / "_toc.yml").write_text(toc.replace("- file: book/second\n", ""), encoding="utf-8")
    (book / "notebooks" / "second.ipynb").unlink()
    replace_in_page(book, "{doc}`second`", "nothing")
    assert tool("notebooks", book).returncode == 0
    assert tool("build", book).returncode == 0
    assert not (book / "_build" / "html" / "book" / "second.html").exists()


def test_the_fonts_and_programs_of_the_site_are_licensed_and_the_largest_font_is_small():
    static = ROOT / "book" / "_static"
    vendored = ROOT / "booktools" / "site" / "vendor"
    licences = [vendored / "LICENSE", static / "fonts" / "LICENSE", static / "fonts" / "latin-modern-math.LICENSE"]
    assert all(path.is_file() for path in licences)
    assert (static / "fonts" / "latin-modern-math.woff2").stat().st_size < 70_000


def test_the_page_shows_the_stored_outputs_and_follows_them(book):
    def change(nb):
        nb.cells[-1].outputs[0].text = "only in the notebook\n"
        nb.metadata.outputs_sha256 = digest(outputs_of(nb))

    assert tool("build", book).returncode == 0  # in its new place once, so that the next build is incremental
    assert "45\n</pre>" in html(book, "second")
    edit(book / "notebooks" / "second.ipynb", change)
    assert tool("build", book).returncode == 0
    assert "only in the notebook" in html(book, "second")
    assert "45\n</pre>" not in html(book, "second")


def test_the_buttons_lead_to_the_notebook(built):
    """To the published one on Colab; the other downloads the same, which without a commit is that of the repository."""
    page = html(built)
    assert "/github/executable-diffusion/executable-diffusion/blob/published/notebooks/chapter.ipynb" in page
    assert "blob/main" not in page
    assert "colab.research" not in html(built, "prose")
    offered = built / "_build" / "html" / "_sources" / "book" / "chapter.ipynb"
    assert "_sources/book/chapter.ipynb" in page
    assert offered.read_bytes() == (built / "notebooks" / "chapter.ipynb").read_bytes()


def test_every_page_forbids_other_hosts_and_loads_nothing_from_them(built):
    folder = built / "_build" / "html"
    assert problems(folder) == []
    for path in folder.glob("book/*.html"):
        text = path.read_text(encoding="utf-8")
        assert "Content-Security-Policy\" content=\"default-src 'none'" in text
        assert not re.search("unpkg|jsdelivr|cdnjs|thebe@|require.js", text)


def test_the_install_cell_is_on_colab_only(built):
    assert "pip install" not in html(built)
    assert "pip install" in (built / "notebooks" / "chapter.ipynb").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "old", "new", "words"),
    [
        ("chapter", "n = 3  # how many", "n = 4", "run `make notebooks`"),
        ("chapter", "A black diagonal line", '""', "cell 4: set mystnb: image: alt:"),
        ("prose", "{step}`F.1`", "{step}`F.9`", "unknown label 'F.9'"),
        ("prose", "{step}`F.1`", "{value}`answer`", "no cell of this page outputs a value named"),
        ("prose", "Only text", "Only {ref}`nowhere`", "nowhere"),
        ("prose", "Only text", "Only $\\foo$", "the formula '\\\\foo' cannot be set"),
    ],
)
def test_a_fault_fails_the_build_and_the_next_one_too(book, page, old, new, words):
    replace_in_page(book, old, new, page)
    if words.startswith("cell 4"):
        assert tool("notebooks", book).returncode == 0
    for _ in range(2):  # Sphinx does not repeat a warning about a page that it has read
        result = tool("build", book)
        assert result.returncode == 1
        assert words in result.stderr
        assert not (book / "_build" / "html" / "index.html").exists()


def test_a_failing_cell_fails_jupyter_book(tmp_path):
    page = re.sub(r"(?s)It builds on.*?and see \[\]\(prose.md\).", "", PAGES["second"]).replace(
        "sum(range(n))", "1 / 0"
    )
    assert jupyter_book(make_book(tmp_path / "book-root", {"second": page})) != 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('<script src="https://unpkg.com/x.js"></script>', "loads https://unpkg.com/x.js from another host"),
        ('<link rel="stylesheet" href="//fonts.example/x.css">', "from another host"),
        ('<img src="x.png">', "no alternative text"),
        ('<img src="x.png" alt=" ">', "no alternative text"),
        ("<svg></svg>", "no aria-label"),
        ('<div class="output traceback">', "traceback"),
        pytest.param('<a href="other.html">a</a>', "dead link other.html", id="page"),
        pytest.param('<a href="#nowhere">a</a>', "dead link #nowhere", id="anchor"),
    ],
)
def test_faults_of_a_page_are_found(tmp_path, body, words):
    (tmp_path / "page.html").write_text(f'<p id="here">{body}<a href="page.html#here">a</a>', encoding="utf-8")
    (problem,) = problems(tmp_path)
    assert problem.startswith("page.html: ")
    assert words in problem


def test_a_folder_without_pages_is_a_fault(tmp_path):
    assert "no pages" in problems(tmp_path)[0]


def test_search_knows_the_words_of_the_book(built):
    text = (built / "_build" / "html" / "_static" / "search-index.js").read_text(encoding="utf-8")
    found = json.loads(text.removeprefix("window.bookIndex = ").removesuffix(";\n"))["sections"]
    assert {each["address"] for each in found} >= {f"book/{name}.html" for name in PAGES}
    assert any("Every number here was computed: 42" in each["text"] for each in found)
    assert not (built / "_build" / "html" / "search.html").exists()  # there is no second search


def test_a_page_says_what_a_link_to_it_shows(built):
    found = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', html(built))
    told, site = dict(found), Book(built).site
    assert len(told) == len(found) - 1  # each is said once, but the viewport
    assert told["description"] == told["og:description"] != ""
    assert told["og:title"] == "A chapter" and told["og:type"] == "article" and told["og:site_name"]
    assert told["og:url"] == f"{site}/book/chapter.html" and told["og:image"] == f"{site}/_static/card.png"
    assert (int(told["og:image:width"]), int(told["og:image:height"])) == card.SIZE
    assert told["og:image:alt"] and told["twitter:card"] == "summary_large_image"
    assert f'<link rel="canonical" href="{told["og:url"]}">' in html(built)


def test_a_page_waits_for_one_sheet_and_runs_one_script(built):
    page, static = html(built), built / "_build" / "html" / "_static"
    assert re.findall(r'<link rel="stylesheet" href="([^"?]+)', page) == ["../_static/book.css"]
    assert re.findall(r'<script[^>]* src="([^"?]+)', page) == ["../_static/site.js"]
    assert not list(static.rglob("*fontawesome*")) and not list(static.rglob("*bootstrap*"))
    assert (static / "book.css").stat().st_size < 300_000
    for name in ("sitemap.xml", "robots.txt", "_static/card.png"):
        assert (built / "_build" / "html" / name).is_file()


def test_a_list_of_chapters_is_shown_as_if_it_were_written_out(tmp_path):
    lines = "- *NAME*, $x$: LINE\n- and the rest"
    table = "| chapter | formula |\n|---|---|\n| `NAME` | $y$ |\n| **all** | 3 |"
    block, written = "```{{chapters}} {}\n{}\n```\n\n", listing.written
    pages = {
        "block": f"# A list\n\n{block.format('stable-diffusion', lines)}{block.format('derives', table)}",
        "text": f"# A list\n\n{written('stable-diffusion', lines)}\n\n{written('derives', table)}\n",
    }
    root = make_book(tmp_path / "book-root", pages)
    result = tool("build", root)
    assert result.returncode == 0, result.stderr
    shown = [[*map(str, BeautifulSoup(html(root, name), "html.parser").article.select("ul, table"))] for name in pages]
    assert shown[0] == shown[1] and len(shown[0]) == 2 and "<em>autoencoder</em>" in shown[0][0]
