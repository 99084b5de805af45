"""Changes planted in what a cell shows are found; what another processor makes of the same numbers passes."""

from __future__ import annotations

import base64
import io

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from booktools.compare import geometry, markup
from pagekit.page import STYLE, SVG_OPTIONS

PLAIN = {"curve": 0.0, "lost": 0, "bar": 0.0, "label": "loss 0.125", "colour": "#4269d0", "heat": 0.0, "size": 3.0}
PLAIN |= {"salt": "one", "dots": 5, "swap": False}


def drawn(**changes) -> str:
    """A figure of a curve, two bars, dots and an image, with one of its parts changed."""
    part = PLAIN | changes
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # a test before this one may have changed the style
        matplotlib.rcParams.update(STYLE | {"svg.hashsalt": part["salt"]})
        figure = Figure(figsize=(part["size"], 2))
        left, right = figure.subplots(1, 2)
        x = np.linspace(0, 6, 40)
        y = np.sin(x) + part["curve"]
        keep = np.delete(np.arange(40), [10] * (part["lost"] > 0))
        left.plot(x[keep], y[keep], color=part["colour"], label=part["label"])
        left.scatter(x[: part["dots"]], y[: part["dots"]], c=np.linspace(0, 1 + part["heat"], part["dots"]), vmax=1)
        left.set(xlim=(0, 6), ylim=(-1.2, 1.2), xlabel="x" if not part["swap"] else "y", ylabel="y")
        left.legend(loc="lower left")
        right.bar(["a", "b"], [1, 2 + part["bar"]])
        right.set_ylim(0, 3)
        figure.savefig(buffer := io.StringIO(), format="svg", **SVG_OPTIONS)
    return buffer.getvalue()


def png(size=(8, 8), level=100) -> bytes:
    Image.new("L", size, level).save(buffer := io.BytesIO(), "PNG")
    return buffer.getvalue()


def html(svg: str, alt: str = "A curve that ends at 6.7", rows: int = 3, pixels: bytes = b"") -> str:
    images = {"svg+xml": svg.encode(), "png": pixels or png()}
    shown = [
        f'<img alt="{alt}" src="data:image/{kind};base64,{base64.b64encode(data).decode()}" style="width: 80px;">'
        for kind, data in images.items()
    ]
    return f"<div>{''.join(shown)}<span>{'</span><span>'.join(map(str, range(rows)))}</span></div>"


STORED = drawn()


@pytest.mark.parametrize(
    "change",
    [
        {"curve": 1e-7},
        {"curve": 5e-4},
        {"bar": -2e-3},
        {"salt": "two"},
        {"salt": "two", "curve": -1e-4, "bar": 1e-3},
        {"label": "loss 0.126"},
        {"colour": "#4269d1"},
        {"heat": 0.01},
    ],
    ids=str,
)
def test_a_figure_from_another_processor_passes(change):
    shown = drawn(**change)
    assert shown != STORED
    assert markup.difference(STORED, shown) is None
    assert markup.difference(html(STORED), html(shown)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"curve": 0.01},
        {"lost": 1},
        {"bar": 0.01},
        {"label": "loss 0.135"},
        {"label": "miss 0.125"},
        {"swap": True},
        {"colour": "#d9480f"},
        {"heat": 0.1},
        {"dots": 4},
        {"size": 3.2},
    ],
    ids=str,
)
def test_a_changed_figure_is_found(change):
    shown = drawn(**change)
    assert markup.difference(STORED, shown)
    assert markup.difference(shown, STORED)
    assert markup.difference(html(STORED), html(shown))


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(html(STORED, alt="A curve that ends at 6.9"), id="number-in-alternative-text"),
        pytest.param(html(STORED, alt="A line that ends at 6.7"), id="word-in-alternative-text"),
        pytest.param(html(STORED, rows=2), id="lost-row"),
        pytest.param(html(STORED, pixels=png((8, 9))), id="size-of-image"),
        pytest.param(html(STORED, pixels=png(level=110)), id="pixels"),
        pytest.param(html(STORED).replace("80px", "90px"), id="width"),
        pytest.param(html(STORED).replace("image/png", "image/jpeg"), id="kind-of-image"),
        pytest.param(html(STORED).replace("<span>2</span>", "<div>2</div>"), id="element"),
        pytest.param(html(STORED).replace("alt=", "title="), id="attribute"),
    ],
)
def test_a_changed_page_is_found(changed):
    assert markup.difference(html(STORED), changed)


def test_pixels_and_alternative_texts_may_differ_a_little():
    assert markup.difference(html(STORED), html(STORED, "A curve that ends at 6.8", pixels=png(level=101))) is None


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"curve": 0.3}, False),
        ({"lost": 1}, False),
        ({"label": "loss 0.999"}, False),
        ({"size": 3.1}, False),
        ({"label": "miss"}, True),
        ({"swap": True}, True),
        ({"size": 4.0}, True),
    ],
    ids=str,
)
def test_a_measured_figure_keeps_its_labels_and_its_size(change, found):
    shown = drawn(**change)
    assert bool(markup.of_image("svg+xml", STORED.encode(), shown.encode(), measured=True)) == found
    assert bool(markup.difference(html(STORED), html(shown), measured=True)) == found


def test_a_measured_image_keeps_its_size_and_its_alternative_text():
    stored, wide = html(STORED), png((8, 12))
    assert markup.difference(stored, html(STORED, pixels=png(level=200)), measured=True) is None
    assert markup.difference(stored, html(STORED, pixels=wide), measured=True)
    assert markup.difference(stored, html(STORED, alt="A line that ends at 6.7"), measured=True)
    assert markup.difference(stored, stored.replace("80px", "81px"), measured=True) is None


def test_a_name_goes_with_one_other_throughout():
    use = '<svg><path id="m{}" d="M0 0"/><path id="m{}" d="M0 0"/><use xlink:href="#m{}"/></svg>'
    one, two, three, four = (f"{digit:x}" * 10 for digit in (1, 2, 3, 0xA))
    assert markup.difference(use.format(one, two, one), use.format(three, four, three)) is None
    assert markup.difference(use.format(one, two, one), use.format(three, four, four))
    assert markup.difference(use.format(one, two, one), use.format(three, three, three))
    assert markup.difference(use.format(one, two, one), use.format(one, two, two))


def test_minus_nothing_is_nothing():
    path = '<svg><path d="M {} 0 L 10 {}" transform="translate({} 1)"/></svg>'
    assert markup.difference(path.format(0, 42.378604, -0.0), path.format(-0.0, 42.378607, 0)) is None


POINT = st.tuples(*2 * [st.floats(-500, 500).map(lambda x: round(x, 6))])


def path(points) -> str:
    return " ".join(f"{'L' if i else 'M'} {x:.6f} {y:.6f}" for i, (x, y) in enumerate(points))


@given(st.lists(POINT, min_size=2, max_size=12), st.data())
def test_a_point_on_the_line_may_come_or_go(points, data):
    at = data.draw(st.integers(1, len(points) - 1))
    part = data.draw(st.floats(0, 1))
    (x, y), (u, v) = points[at - 1], points[at]
    more = [*points[:at], (x + part * (u - x), y + part * (v - y)), *points[at:]]
    assert geometry.difference(path(points), path(more)) is None
    assert geometry.difference(path(more), path(points)) is None


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=12), st.data())
def test_a_point_that_moved_is_found(heights, data):
    points = [(5.0 * x, y) for x, y in enumerate(heights)]
    at = data.draw(st.integers(0, len(points) - 1))
    far = data.draw(st.floats(10 * geometry.POINTS, 50)) * data.draw(st.sampled_from((-1, 1)))
    moved = [*points]
    moved[at] = (points[at][0], points[at][1] + far)
    assert geometry.difference(path(points), path(moved))
    near = [(x + geometry.POINTS / 2, y - geometry.POINTS / 2) for x, y in points]
    assert geometry.difference(path(points), path(near)) is None


@given(st.integers(3, 40), st.data())
def test_a_lost_point_of_a_curve_is_found(n, data):
    turn = [(50 * np.cos(i), 50 * np.sin(i)) for i in np.linspace(0, 3, n)]
    lost = data.draw(st.integers(1, n - 2))
    bent = 50 * (1 - np.cos(3 / (n - 1)))  # how far it lies from the line through its neighbours
    found = geometry.difference(path(turn), path(turn[:lost] + turn[lost + 1 :]))
    assert bool(found) == (bent > geometry.POINTS)


def test_a_closed_curve_may_begin_anywhere():
    square = [(0, 0), (40, 0), (40, 40), (0, 40)]
    turned = [*square[1:], square[0], square[1]]
    assert geometry.difference(path([*square, square[0]]), path(turned)) is None
    halves = path(turned[:3]) + " " + path(turned[2:])
    assert geometry.difference(path([*square, square[0]]), halves) is None
    assert geometry.difference(path([*square, square[0]]), path(square))


def test_a_line_is_not_a_gap():
    assert geometry.difference("M 0 0 L 9 0 M 9 9 L 0 9", "M 0 0 L 9 0 L 9 9 L 0 9")


@pytest.mark.parametrize("shown", ["M 0 0 C 1 1 2 2 3 3", "M 0 0 L 3 3 M 5 5 L 6 6", "M 0 0 L 3", ""])
def test_another_kind_of_path_is_found(shown):
    assert geometry.difference("M 0 0 L 3 3", shown)


def test_a_colour_map_may_round_but_not_change_its_colour():
    box = '<svg><path style="fill: {}; stroke-width: 0.8"/></svg>'
    assert markup.difference(box.format("#80a0ff"), box.format("#81a0fe")) is None
    assert markup.difference(box.format("#80a0ff"), box.format("#84a0ff"))
    assert markup.difference(box.format("#8af"), box.format("#8fa"))
