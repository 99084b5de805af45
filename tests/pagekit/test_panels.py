"""Panels: each is described, the row breaks, words are legible, gaps between images are empty."""

from __future__ import annotations

import base64
import io
import re

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from PIL import Image

from booktools.check.outputs import faults
from diffusion_lib.errors import ConfigError
from pagekit.page import STYLE
from pagekit.panels import Panel, panels, sheet, sheets
from pagekit.plot import raster


def drawn(width=2.3, size=10.5):
    with matplotlib.rc_context({"font.size": size}):
        figure, axes = plt.subplots(figsize=(width, 2))
        axes.plot([0, 1], [1, 0])
        figure.canvas.draw()
    return figure


def images(n=5, channels=1):
    return np.linspace(-1, 1, n * channels * 6).reshape(n, channels, 2, 3)


def image_of(content):
    return np.asarray(Image.open(io.BytesIO(content.data)))


@pytest.fixture(autouse=True)
def style():
    with matplotlib.rc_context(STYLE):
        yield
    plt.close("all")


def test_each_panel_has_its_title_its_text_and_its_drawing():
    text = panels([Panel("left <1>", drawn(), "a line"), Panel("", raster(drawn()), 'a "cloud"')])._repr_html_()
    assert re.findall(r'alt="([^"]*)"', text) == ["a line", "a &quot;cloud&quot;"]
    assert re.findall(r"<span>(.*?)</span>", text) == ["left &lt;1&gt;"]
    kinds = re.findall(r'src="data:image/([\w+]+);base64,([^"]*)"', text)
    assert [kind for kind, _ in kinds] == ["svg+xml", "png"]
    assert b"<svg" in base64.b64decode(kinds[0][1]) and base64.b64decode(kinds[1][1]).startswith(b"\x89PNG")


def test_the_row_breaks_and_no_panel_is_wider_than_the_page():
    text = panels([Panel("", drawn(), "a line")] * 1)._repr_html_()
    assert "flex-wrap: wrap" in text.split(">")[0]
    (width,) = re.findall(r"width: (\d+)px; aspect-ratio: [\d.]+ / [\d.]+; max-width: 100%; height: auto;", text)
    assert 2.2 * 96 < int(width) < 2.5 * 96


def test_the_same_panels_are_the_same_bytes_and_may_stand_on_a_page():
    texts = {panels([Panel("a", drawn(), "a line"), Panel("b", sheet(images(), columns=2), "b")]).text for _ in "ab"}
    assert len(texts) == 1
    assert not faults("text/html", texts.pop())


def test_kind_is_a_class_by_which_the_page_chooses_colours():
    for kind in ("plot", "image"):
        assert f'class="panels panels-{kind}"' in panels([Panel("", sheet(images(), columns=2), "p")], kind=kind).text
    with pytest.raises(ConfigError, match="kind"):
        panels([Panel("", drawn(), "a")], kind="photograph")


@pytest.mark.parametrize("row", [[], [Panel("a", None, " ")]], ids=["none", "no text"])
def test_a_row_without_panels_or_texts_is_refused(row):
    with pytest.raises(ConfigError, match="alt text"):
        panels(row)


def test_words_that_a_phone_makes_too_small_are_refused():
    panels([Panel("", drawn(width=5), "a line")])
    for small in (drawn(width=8), drawn(size=6)):
        with pytest.raises(ConfigError, match="on a phone"):
            panels([Panel("", small, "a line")])


@pytest.mark.parametrize(("channels", "mode"), [(1, "LA"), (3, "RGBA")])
def test_a_sheet_keeps_its_images_and_is_empty_between_them(channels, mode):
    made = sheet(images(channels=channels), columns=2, gap=2)
    page = image_of(made)
    assert Image.open(io.BytesIO(made.data)).mode == mode and page.shape[:2] == (3 * 2 + 2 * 2, 2 * 3 + 2)
    assert (page[:2, :3, -1] == 255).all() and (page[2:4, :, -1] == 0).all() and (page[:, 3:5, -1] == 0).all()
    assert (page[8:, 5:, -1] == 0).all()  # the sixth place of five images
    assert page[0, 0, 0] == 0 and page[9, 2, -2] == 255  # the first and the last value: black and white


def test_a_sheet_is_as_wide_on_the_page_as_its_scale_says():
    text = panels([Panel("", sheet(images(), columns=5, scale=4), "p")], kind="image").text
    assert f"width: {(5 * 3 + 4) * 4}px" in text and "image-rendering: pixelated" in text


@pytest.mark.parametrize(
    ("images", "options", "words"),
    [
        (np.zeros((2, 2)), {}, "images"),
        (np.zeros((0, 1, 2, 2)), {}, "images"),
        (np.zeros((1, 1, 2, 2)), {"columns": 0}, "columns"),
        (np.zeros((1, 1, 2, 2)), {"scale": 0.5}, "scale"),
    ],
    ids=["flat", "none", "no columns", "a half"],
)
def test_refusals_of_a_sheet(images, options, words):
    with pytest.raises(ConfigError, match=words):
        sheet(images, **({"columns": 2} | options))


def test_sheets_are_panels_of_images_with_their_keys_as_titles():
    shown = sheets({"samples": images(), "digits": images()}, columns=3, scale=2)._repr_html_()
    one = sheet(images(), columns=3, scale=2)
    by_hand = [Panel(name, one, f"Small grey images, {name}") for name in ("samples", "digits")]
    assert shown == panels(by_hand, kind="image")._repr_html_()
