"""Images: as large as they say, as light as they can be, the same pixels, and files where they are large."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from booktools.site.images import LARGE, Images, size, webp


def png(width=40, height=30, seed=0, mode="RGB"):
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, len(mode)), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels, mode).save(file, "PNG")
    return file.getvalue()


def plain(width=400, height=300):
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(file, "PNG")
    return file.getvalue()


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))


@pytest.mark.parametrize("data", [plain(), png(mode="RGB"), png(mode="RGBA")])
def test_a_webp_has_the_same_pixels_and_is_smaller(data):
    made = webp(data)
    assert made is None or (len(made) < len(data) and np.array_equal(pixels(made), pixels(data)))
    assert webp(plain()) is not None


def test_a_webp_that_saves_nothing_is_not_used():
    file = io.BytesIO()
    Image.new("1", (1, 1)).save(file, "PNG")
    made = webp(file.getvalue())
    assert made is None or len(made) < 0.95 * len(file.getvalue())


@pytest.mark.parametrize(
    ("svg", "wanted"),
    [
        ('<svg width="72pt" height="36pt" viewBox="0 0 72 36">', (96, 48)),
        ('<svg width="10" height="20px">', (10, 20)),
        ('<svg viewBox="0 0 300 150">', (300, 150)),
        ('<svg width="100%" height="50%" viewBox="0 0 30 15">', (30, 15)),
        ("<svg>", None),
    ],
)
def test_a_drawing_says_how_large_it_is(svg, wanted):
    assert size(svg.encode(), ".svg") == wanted


def finished(tmp_path, body):
    (tmp_path / "a.png").write_bytes(plain())
    (tmp_path / "b.png").write_bytes(plain(80, 60))
    files = {name: tmp_path / name for name in ("a.png", "b.png")}
    return Images(tmp_path / "out").finish(body, files, "../_images/")


def test_pictures_have_sizes_and_all_but_the_first_come_later(tmp_path):
    body = '<img alt="A" class="picture" src="../_images/a.png" /> <img alt="B" src="../_images/b.png" />'
    first, second = re.findall(r"<img[^>]*>", finished(tmp_path, body))
    assert 'width="400" height="300"' in first and "lazy" not in first and 'class="picture"' in first
    assert 'width="80" height="60"' in second and 'loading="lazy"' in second and 'alt="B"' in second
    for tag, data in ((first, plain()), (second, plain(80, 60))):
        name = re.search(r'src="\.\./_images/([^"]+)"', tag)[1]
        assert np.array_equal(pixels((tmp_path / "out" / "_images" / name).read_bytes()), pixels(data))


def test_what_is_embedded_becomes_a_file_if_it_is_large(tmp_path):
    large, small = png(60, 60), png(2, 2)
    addresses = [f"data:image/png;base64,{base64.b64encode(data).decode()}" for data in (large, small)]
    assert len(addresses[0]) > LARGE > len(addresses[1])
    out = finished(tmp_path, "".join(f'<img alt="x" src="{address}">' for address in addresses))
    assert addresses[0] not in out and addresses[1] in out
    (name,) = re.findall(r'src="\.\./_images/([^"]+)"', out)
    assert np.array_equal(pixels((tmp_path / "out" / "_images" / name).read_bytes()), pixels(large))
    assert 'width="60" height="60"' in out and 'width="2" height="2"' in out


def test_what_is_not_ours_stays(tmp_path):
    body = '<img alt="x" src="../_static/logo.png">'
    assert finished(tmp_path, body) == body
