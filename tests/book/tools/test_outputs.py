"""Stored outputs: what the project's figures and sliders are made of is allowed, everything else is refused."""

from __future__ import annotations

import base64
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest

from booktools.check.outputs import faults
from pagekit import plot


def drawing(markup):
    """A picture whose bytes are this SVG."""
    return f"<img alt='a' src='data:image/svg+xml;base64,{base64.b64encode(markup.encode()).decode()}'>"


HTML, SVG = "text/html", "image/svg+xml"
CARRIERS = {
    "comment-that-ends-early": "<!--><script>alert(1)</script>-->",
    "comment-that-ends-oddly": "<!-- --!><script>alert(1)</script> -->",
    "comment-that-is-a-declaration": "<!x><script>alert(1)</script>",
    "section": "<![CDATA[<script>alert(1)</script>]]>",
    "entity": '<!DOCTYPE svg [<!ENTITY x "y">]>',
    "instruction": '<?xml-stylesheet href="https://host/x.css"?>',
    "script": "<script>alert(1)</script>",
    "capitals": "<SCRIPT>alert(1)</SCRIPT>",
    "slash-for-space": "<img/src='x'/onerror=alert(1) alt='a'>",
    "no-quotes": "<img alt=a src=x onerror=alert(1)>",
    "no-end": "<img alt='a' onerror='alert(1)' ",
    "bracket-in-an-attribute": "<span title='</style><script>alert(1)</script>'>",
    "style-that-svg-parses": "<style><script>alert(1)</script></style>",
    "handler": "<span onclick='alert(1)'>",
    "link": "<a href='javascript:alert(1)'>x</a>",
    "link-with-an-entity": "<a href='java&#115;cript:alert(1)'>x</a>",
    "xhtml-address": "<a href='data:application/xhtml+xml,%3Cscript%3E'>x</a>",
    "frame": "<iframe srcdoc='x'></iframe>",
    "button": "<input type='image' alt='a'>",
    "animation": "<animate attributeName='href' values='javascript:alert(1)'/>",
    "set": "<set attributeName='href' to='javascript:alert(1)'/>",
    "foreign": "<foreignObject><p>x</p></foreignObject>",
    "picture-elsewhere": "<img alt='a' src='https://host/x.png'>",
    "picture-that-is-svg": "<img alt='a' src='data:image/svg+xml;base64,AA'>",
    "drawing-with-a-script": drawing("<svg><script>alert(1)</script></svg>"),
    "drawing-that-loads": drawing("<image xlink:href='https://host/x.png'/>"),
    "srcset": "<img alt='a' srcset='https://host/x.png 2x'>",
    "poster": "<video poster='https://host/x.png'></video>",
    "import": "<style>@import 'https://host/x.css';</style>",
    "style-address": "<style>p { background: url(https://host/x.png) }</style>",
    "style-address-capitals": "<style>p { background: URL( 'https://host/x.png' ) }</style>",
    "style-escape": r"<style>p { background: u\72l(https://host/x.png) }</style>",
    "style-entity": "<style>p { background: u&#114;l(https://host/x.png) }</style>",
    "style-image-set": "<style>p { background: image-set('https://host/x.png' 1x) }</style>",
    "style-attribute": "<span style='background: url(//host/x.png)'>x</span>",
    "style-attribute-entity": "<span style='background: u&#114;l(//host/x.png)'>x</span>",
}


@pytest.mark.parametrize("kind", [HTML, SVG])
@pytest.mark.parametrize("text", CARRIERS.values(), ids=CARRIERS)
def test_a_carrier_of_programs_or_requests_is_refused(kind, text):
    assert faults(kind, text)
    assert faults(kind, f"<style>p {{}}</style>{text}")


@pytest.mark.parametrize(
    "text",
    [
        "<image xlink:href='https://host/x.png'/>",
        "<image href='https://host/x.png'/>",
        "<use xlink:href='https://host/x.svg#a'/>",
        "<use xlink:href='data:image/svg+xml,x#a'/>",
        "<use href='//host/x.svg#a'/>",
        "<path fill='url(https://host/x.svg#a)'/>",
        "<path clip-path='url(x.svg#a)'/>",
    ],
)
def test_a_figure_names_only_what_is_in_it(text):
    assert len(faults(SVG, text)) == 1


def test_a_picture_without_a_text():
    assert faults(HTML, "<img src='data:image/png;base64,AA'>") == ["an image without an alternative text"]


@pytest.mark.parametrize("command", ["href{javascript:x()}{y}", "require{html}", "cssId{a}{b}", "class{a}{b}"])
def test_a_formula_makes_no_link(command):
    assert faults("text/latex", rf"$x \{command}$")


def test_a_formula_may_be_any_other():
    assert faults("text/latex", r"$\bar\alpha_t < 1, \quad \text{<b>} \classify$") == []


@pytest.mark.parametrize("fonttype", ["path", "none"])
def test_what_matplotlib_draws_is_allowed(fonttype):
    with plt.rc_context({"svg.fonttype": fonttype}):
        figure, (left, right) = plt.subplots(1, 2)
        left.plot([1, 2], [3, 4], "o-", label="<a> & 'b'")
        left.fill_between([1, 2], [1, 2], [2, 3], hatch="/")
        left.annotate("$x_0 > 1$", (1, 2), (2, 3), rotation=30, arrowprops={"arrowstyle": "->"})
        left.legend()
        right.imshow(np.eye(3))
        right.scatter([1, 2], [1, 2], rasterized=True)
        text = io.StringIO()
        figure.savefig(text, format="svg")
        plt.close(figure)
    assert faults(SVG, text.getvalue()) == []


@pytest.mark.parametrize("kind", ["plot", "picture"])
def test_the_slider_is_allowed(kind):
    images = [plot.image_frame(np.zeros((1, 2, 2))), plot.image_frame(np.zeros((3, 2, 2)))]
    assert faults(HTML, plot.frames(images, ["t < 1", '"t" & 2'], alt="an 'x' > 0", kind=kind).text) == []


@pytest.mark.parametrize(
    "line", ["| a | b |", "| --- | --- |", r"| ✗ no root: $\sqrt{x_t}\,$ | refuted at `x[0] = 1` |"]
)
def test_a_plain_table_is_allowed(line):
    assert faults("text/markdown", f"| h |\n{line}") == []


@pytest.mark.parametrize(
    "line",
    [
        "text",
        "| <b>a</b> |",
        "| [a](b) |",
        "| ![a](b) |",
        "| [a][b] |",
        "| {raw}`a` |",
        "| https://host/x |",
        "| &lt;a |",
        "```{raw} html",
        r"| $\href{a}{b}$ |",
    ],
)
def test_a_table_with_more_than_words_code_and_formulas_is_refused(line):
    assert faults("text/markdown", f"| h |\n{line}") != []
