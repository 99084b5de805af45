"""One stylesheet: what a page uses stays, what none uses goes, and nothing else is lost on the way."""

from __future__ import annotations

import pytest
from root import ROOT

from booktools.site.purge_css import LETTERS, Vocabulary, addresses, embed, purge

PAGE = '<html data-theme="light"><body><p class="note" id="here">a <a href="#">b</a></p><table></table></body></html>'


@pytest.fixture
def vocabulary():
    made = Vocabulary()
    made.read_page(PAGE)
    made.read_script('dialog.classList.add("panel");')
    return made


@pytest.mark.parametrize(
    "rule",
    [
        "p{margin:0}",
        ".note{margin:0}",
        "#here{margin:0}",
        "[data-theme]{margin:0}",
        'html[data-theme="dark"] p{margin:0}',
        "*{margin:0}",
        ":root{margin:0}",
        "p:not(.nowhere){margin:0}",
        "p:is(.nowhere,.note) a:hover::before{margin:0}",
        ".panel{margin:0}",
        "@media (min-width:9px){p{margin:0}}",
        "@page{size:A4}",
        'p{background:url("data:image/svg+xml;utf8,<svg>{}</svg>")}',
    ],
)
def test_what_a_page_uses_stays(vocabulary, rule):
    assert purge(rule, vocabulary) == rule


@pytest.mark.parametrize(
    "rule",
    [
        ".nowhere{margin:0}",
        "#nowhere{margin:0}",
        "blockquote{margin:0}",
        "p .nowhere{margin:0}",
        "p:is(.nowhere,blockquote){margin:0}",
        "p:is(.note) .nowhere{margin:0}",
        "[data-nowhere]{margin:0}",
        "@media print{.nowhere{margin:0}}",
        "@keyframes turn{from{top:0}}",
        '@font-face{font-family:"Font Awesome 6 Free";src:url(fa-solid-900.woff2)}',
        '@import "basic.css";',
        "/* words */",
    ],
)
def test_what_no_page_uses_goes(vocabulary, rule):
    assert purge(rule, vocabulary) == ""


def test_of_several_selectors_those_stay_that_match(vocabulary):
    assert purge("p,.nowhere,.note{margin:0}", vocabulary) == "p,.note{margin:0}"


def test_a_variable_stays_while_a_rule_that_stays_uses_it(vocabulary):
    css = ":root{--a:1px;--b:var(--c);--c:2px;--d:3px}p{margin:var(--a)}.nowhere{margin:var(--d)}"
    assert purge(css, vocabulary) == ":root{--a:1px}p{margin:var(--a)}"
    assert "--c:2px" in purge(css + "a{top:var(--b)}", vocabulary)


def test_important_stays_important(vocabulary):
    assert purge("p { margin : 0 !important ; top:1px }", vocabulary) == "p{margin:0!important;top:1px}"


def test_addresses_are_seen_from_the_folder_of_the_sheet():
    assert addresses("url(x.png) url('data:,')", "styles") == "url(styles/x.png) url('data:,')"
    assert addresses("url(fonts/x.woff2)", "") == "url(fonts/x.woff2)"


def test_the_letters_that_stand_in_are_as_wide_as_those_of_the_book():
    """The percentages in frame.css, for the letter that this machine can have: DejaVu Serif comes with matplotlib."""
    import re
    from pathlib import Path

    import matplotlib
    from fontTools.ttLib import TTFont

    text = "the quick brown fox jumps over the lazy dog and a forward process adds noise to an image step by step " * 3

    def width(path):
        font = TTFont(path)
        letters, widths = font.getBestCmap(), font["hmtx"]
        return sum(widths[letters[ord(each)]][0] for each in text) / font["head"].unitsPerEm

    book = width(ROOT / "book" / "_static" / "fonts" / "source-serif-4-latin-wght-normal.woff2")
    dejavu = width(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSerif.ttf"))
    sheet = (ROOT / "book" / "_static" / "frame.css").read_text(encoding="utf-8")
    said = re.search(r'local\("DejaVu Serif"\);\s*size-adjust: ([\d.]+)%', sheet)
    assert float(said[1]) == pytest.approx(100 * book / dejavu, abs=2)


def test_the_letters_of_the_text_are_in_the_sheet():
    static = ROOT / "book" / "_static"
    css = (static / "site.css").read_text(encoding="utf-8")
    made = embed(css, static)
    assert [name for name in LETTERS if name in made] == [] and made.count("data:font/woff2;base64,") == len(LETTERS)
