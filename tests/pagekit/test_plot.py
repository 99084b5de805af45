"""Figures: the slider is complete, escaped and stable; images keep their values."""

from __future__ import annotations

import html.parser
import io

import matplotlib
import numpy as np
import pytest
from PIL import Image

matplotlib.use("Agg")

from diffusion_lib.errors import ConfigError
from pagekit import plot


class Collect(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def of(self, name):
        return [attrs for tag, attrs in self.tags if tag == name]


def two_frames(labels=("t = 0", "t = 9"), alt="a photograph"):
    images = [plot.image_frame(np.full((3, 4, 4), value)) for value in (-1.0, 1.0)]
    return plot.frames(images, list(labels), alt=alt)


def test_slider_has_one_input_and_one_described_image_per_frame():
    page = Collect(two_frames()._repr_html_())
    assert [image["alt"] for image in page.of("img")] == ["a photograph: t = 0", "a photograph: t = 9"]
    inputs = page.of("input")
    assert [entry["aria-label"] for entry in inputs] == ["t = 0", "t = 9"]
    assert ["checked" in entry for entry in inputs] == [True, False]
    assert len({entry["name"] for entry in inputs}) == 1
    assert not page.of("script")


def test_slider_shows_the_frame_of_the_checked_input():
    text = two_frames()._repr_html_()
    identity = Collect(text).of("figure")[0]["id"]
    for i in range(2):
        assert f"#{identity}-{i}:checked ~ .frames-frame-{i} {{ display: block; }}" in text


def test_slider_escapes_what_it_is_given():
    text = two_frames(labels=("<script>x</script>", '" onload="x'), alt="<b>")._repr_html_()
    assert not Collect(text).of("script") and not Collect(text).of("b")
    assert all("onload" not in attrs for _, attrs in Collect(text).tags)


def test_slider_is_the_same_twice():
    assert two_frames()._repr_html_() == two_frames()._repr_html_()


def test_slider_refuses_missing_labels():
    with pytest.raises(ConfigError, match="labels"):
        plot.frames([b"\x89PNG"], [], alt="x")


def test_images_map_minus_one_to_black_and_one_to_white_and_clip():
    assert plot.to_uint8(np.array([[-3.0, -1.0, 0.0, 1.0, 3.0]])).tolist() == [[0, 0, 128, 255, 255]]
    assert plot.to_uint8(np.zeros((3, 2, 5))).shape == (2, 5, 3)
    with pytest.raises(ConfigError, match="shaped"):
        plot.to_uint8(np.zeros((2, 3, 4)))


def test_tile_puts_each_image_in_its_place():
    images = np.arange(3.0).reshape(3, 1, 1, 1) * np.ones((3, 1, 2, 2))
    sheet = plot.tile(images, columns=2)
    assert sheet.shape == (5, 5)
    assert sheet[0, 0] == 0 and sheet[0, 3] == 1 and sheet[3, 0] == 2
    assert sheet[0, 2] == 1 and sheet[3, 3] == 1  # gaps and the empty place are white


def test_raster_figures_are_byte_identical_and_carry_no_software_version():
    import matplotlib.pyplot as plt

    def draw():
        figure, axes = plt.subplots(1, 2)
        for panel, title, point in zip(axes, "ab", ([[0.0, 1.0]], [[1.0, 0.0]]), strict=True):
            plot.scatter(panel, point, limit=2, title=title)
        return plot.raster(figure)._repr_png_()

    first = draw()
    assert first == draw() and b"Matplotlib" not in first
    assert plt.get_fignums() == []


def test_grey_frames_are_png_and_scaled_without_blur():
    from PIL import Image

    data = plot.image_frame(np.array([[[-1.0, 1.0]]]), scale=3)
    image = Image.open(io.BytesIO(data))
    assert image.format == "PNG" and image.size == (6, 3)
    assert sorted(set(image.tobytes())) == [0, 255]


def test_a_curve_has_the_means_of_the_losses():
    figure = plot.curve(range(1, 1001), [1.0] * 500 + [3.0] * 500, pieces=10)
    x, y = figure.axes[0].lines[0].get_data()
    assert list(y) == [1.0] * 5 + [3.0] * 5 and x[0] == 50.5 and x[-1] == 950.5
    plot.plt.close(figure)
    figure = plot.curve([1, 2], [0.5, 0.25])
    assert list(figure.axes[0].lines[0].get_ydata()) == [0.5, 0.25]
    plot.plt.close(figure)


TEXTS = {  # a prompt, and what is drawn of it
    "mathematics that is none": (r"a $\frac dog$", r"a $\frac dog$"),
    "mathematics": ("a $x^2$ dog", "a $x^2$ dog"),
    "a lone dollar": ("a dog for 5 $", "a dog for 5 $"),
    "a dollar behind a backslash": (r"a \$ dog\\", r"a \$ dog\\"),
    "signs of mathematics": ("a_dog^2 {with} \\ % #hat & ~", "a_dog^2 {with} \\ % #hat & ~"),
    "nothing": ("", ""),
    "line breaks alone": ("\n\n", "\n"),
    "two lines": ("a dog\na cat", "a dog\na cat"),
    "many lines": ("dog\n" * 10_000, "dog\ndog\ndog…"),
    "very long": ("$" + "W" * 9998 + "$", "$" + "W" * 39 + "\n" + "W" * 40 + "\n" + "W" * 39 + "…"),
    "long, in words": ("dog " * 25, "\n".join(["dog " * 9 + "dog"] * 2 + ["dog " * 4 + "dog"])),
    "no letters": ("\x00\x07\u200d\x1bdog", "    dog"),
    "half a character": ("dog \ud83d", "dog"),
    "emoji": ("ein Hund 🐕", "ein Hund 🐕"),
}


@pytest.mark.filterwarnings("ignore:Glyph")  # no font has them all: boxes are drawn
@pytest.mark.parametrize("name", TEXTS)
def test_a_reader_s_text_is_drawn_as_it_stands_and_stays_small(name):
    text, drawn = TEXTS[name]
    figure, axes = plot.plt.subplots(figsize=(2.4, 2.4))
    plot.title(axes, text, fontsize=8)
    assert axes.get_title() == drawn and axes.title.get_fontsize() == 8 and not axes.title.get_parse_math()
    image = matplotlib.image.imread(io.BytesIO(plot.raster(figure).data))
    assert max(image.shape) < 800


def test_a_figure_in_few_colours_is_the_same_image_and_lighter():
    def drawn(colours):
        figure, axes = matplotlib.pyplot.subplots(figsize=(3, 3))
        axes.imshow(np.random.default_rng(0).random((16, 16, 3)))
        return plot.raster(figure, colours=colours).data

    full, few = (np.asarray(Image.open(io.BytesIO(drawn(n))).convert("RGBA"), float)[..., :3] for n in (None, 64))
    assert len(np.unique(few.reshape(-1, 3), axis=0)) <= 64 < len(np.unique(full.reshape(-1, 3), axis=0))
    assert np.abs(full - few).mean() < 12 and len(drawn(64)) < len(drawn(None)) / 2


def test_a_figure_of_images_gets_no_white_card_and_keeps_its_images():
    def made(color):
        figure, axes = matplotlib.pyplot.subplots(figsize=(2, 2), facecolor="white", layout="constrained")
        axes.imshow(np.full((4, 4, 3), 255, np.uint8), interpolation="nearest")
        axes.set_axis_off()
        axes.set_title("words", color=color)
        return np.asarray(Image.open(io.BytesIO(plot.raster(figure).data)).convert("RGBA"))

    page = made("black")
    assert page[-1, 0, 3] == 0 and page[len(page) // 2, page.shape[1] // 2].tolist() == [255] * 4
    words = page[page[..., 3] > 250]
    assert (words.min(1) >= 0x60).all() and (words[:, :3] < 0x90).all(1).any()  # grey, none black
    assert (made("red")[..., 0] > made("red")[..., 2]).any()
