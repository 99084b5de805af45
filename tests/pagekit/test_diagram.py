"""Diagrams: nothing overlaps, arrows go from border to border, bytes repeat, texts are legible on a phone."""

from __future__ import annotations

import io
from itertools import combinations, pairwise

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

from diffusion_lib.errors import ConfigError
from pagekit.diagram import Arrow, Box, Group, draw, layout
from pagekit.layout import LEAST_PX
from pagekit.page import STYLE, SVG_OPTIONS

CHAINS = (
    {
        "x_0": Box("$x_0$", (0, 0), "data"),
        "x_t": Box("$x_t$", (1, 0)),
        "dots": Box("…", (2, 0)),
        "x_T": Box("$x_T$", (3, 0), "noise"),
    },
    [
        Arrow("x_0", "x_t", "$q(x_t \\mid x_0)$", kind="fixed"),
        Arrow("x_t", "x_0", "$p(x_0 \\mid x_t)$", kind="learned", dashed=True),
        Arrow("x_t", "dots"),
        Arrow("dots", "x_T"),
        Arrow("x_0", "x_T", "all at once", route="over"),
        Arrow("x_0", "dots", "some", route="over"),
        Arrow("x_T", "x_t", "back", route="under"),
    ],
    [],
)
UNET = (
    {
        "in": Box("in\n4×64×64", (0, 0), "data"),
        "one": Box("320×64×64", (0, 1), "learned"),
        "two": Box("1280×8×8", (0.5, 2), "other"),
        "three": Box("320×64×64", (1, 1), "learned"),
        "out": Box("out", (1, 0), "data"),
    },
    [
        Arrow("in", "one"),
        Arrow("one", "two", route="drop"),
        Arrow("two", "three", route="elbow"),
        Arrow("one", "three", "skip", dashed=True),
        Arrow("three", "out", "to\nnoise"),
    ],
    [],
)
LATENT = (
    {
        "text": Box("“a dog”", (0, 1), "condition"),
        "clip": Box("CLIP\ntext encoder", (1, 1), "condition"),
        "z": Box("$z_T$", (0, 0), "noise"),
        "unet": Box("U-Net", (1, 0), "learned"),
        "vae": Box("VAE\ndecoder", (2, 0), "result"),
    },
    [
        Arrow("text", "clip"),
        Arrow("clip", "unet", "77×768"),
        Arrow("z", "unet"),
        Arrow("unet", "vae", "$z_0$"),
        Arrow("unet", "unet", "50 times", route="over"),
    ],
    [Group("latents", ("z", "unet"))],
)
TREE = (
    {"a": Box("a", (0, 0)), "b": Box("b", (1, 0)), "c": Box("a longer name", (1, 1)), "d": Box("d", (2, 2))},
    [
        Arrow("a", "b"),
        Arrow("a", "c", "and", route="step"),
        Arrow("b", "d", route="elbow"),
        Arrow("c", "d", route="step"),
    ],
    [],
)
LIST = (
    {name: Box(name, (0, i)) for i, name in enumerate("abcde")} | {"f": Box("f", (1, 2)), "g": Box("g", (1, 3))},
    [
        Arrow("a", "c", route="before"),
        Arrow("a", "d", route="before"),
        Arrow("b", "e", route="before"),
        Arrow("c", "e", route="before", kind="fixed"),
        Arrow("a", "f", route="step"),
        Arrow("b", "g", route="step"),
        Arrow("b", "f", route="step"),
    ],
    [],
)
ALL = {"chains": CHAINS, "unet": UNET, "latent": LATENT, "tree": TREE, "list": LIST}
EACH = [pytest.param(ALL[name], down, id=f"{name}-{down}") for name in ALL for down in (False, True)]


def meet(p, q, slack=0.01):
    return min(p[2], q[2]) - max(p[0], q[0]) > slack and min(p[3], q[3]) - max(p[1], q[1]) > slack


def on_border(point, box):
    x0, y0, x1, y1 = box
    inside = x0 - 1e-6 <= point[0] <= x1 + 1e-6 and y0 - 1e-6 <= point[1] <= y1 + 1e-6
    return inside and min(abs(point[0] - x0), abs(point[0] - x1), abs(point[1] - y0), abs(point[1] - y1)) < 1e-6


def imaged(diagram, **options):
    with matplotlib.rc_context(STYLE):
        out = io.BytesIO()
        draw(*diagram, **options).savefig(out, format="svg", **SVG_OPTIONS)
    return out.getvalue()


@pytest.mark.parametrize(("diagram", "down"), EACH)
def test_boxes_and_labels_keep_clear_of_each_other_and_stay_inside(diagram, down):
    found = layout(*diagram, down=down)
    labels = [label for label, arrow in zip(found.labels, diagram[1], strict=True) if arrow.label]
    assert not any(meet(p, q) for p, q in combinations([*found.boxes.values(), *labels], 2))
    for rectangle in (*found.boxes.values(), *labels, *found.frames):
        assert (rectangle[:2] >= 0).all() and (rectangle[2:] <= found.size).all()


@pytest.mark.parametrize(("diagram", "down"), EACH)
def test_arrows_go_from_border_to_border_and_through_no_box(diagram, down):
    found = layout(*diagram, down=down)
    for arrow, path in zip(diagram[1], found.paths, strict=True):
        assert on_border(path[0], found.boxes[arrow.start]) and on_border(path[-1], found.boxes[arrow.end])
        for a, b in pairwise(path):
            leg = np.concatenate([np.minimum(a, b) - 0.02, np.maximum(a, b) + 0.02])
            assert not any(meet(leg, box, 0.05) for box in found.boxes.values())


@pytest.mark.parametrize(("diagram", "down"), EACH)
def test_texts_are_legible_on_a_phone(diagram, down):
    assert layout(*diagram, down=down).phone_px >= LEAST_PX


def test_a_group_frames_its_members_and_what_leads_from_one_to_another():
    found = layout(*LATENT)
    (frame,) = found.frames
    (x0, y0, x1, y1), held = frame, [*LATENT[2][0].members]
    for name, box in found.boxes.items():
        within = x0 < box[0] and y0 < box[1] and box[2] < x1 and box[3] < y1
        assert within == (name in held)
        assert within or not meet(frame, box)
    assert y0 < found.labels[-1][1]


def test_there_and_back_are_two_lines():
    there, back = layout(*CHAINS).paths[:2]
    assert (
        there[0, 1] == there[1, 1] and back[0, 1] == back[1, 1] and abs(there[0, 1] - back[0, 1]) == pytest.approx(10)
    )


def test_bytes_repeat_and_carry_no_date():
    assert imaged(LATENT) == imaged(LATENT)
    assert b"date" not in imaged(LATENT).lower()


def test_turned_it_reads_from_top_to_bottom():
    across, down = layout(*CHAINS), layout(*CHAINS, down=True)
    assert across.boxes["x_0"][0] < across.boxes["x_T"][0] and down.boxes["x_0"][1] < down.boxes["x_T"][1]
    assert down.size[0] < across.size[0]


def test_even_boxes_above_each_other_are_of_one_width():
    found = layout(*TREE, even=True).boxes
    widths = {name: round(float(box[2] - box[0]), 6) for name, box in found.items()}
    assert widths["b"] == widths["c"] > widths["a"]


def test_arrows_share_a_lane_if_they_come_from_one_box_and_else_only_where_they_do_not_meet():
    paths = layout(*LIST, gap=8, even=True).paths
    lane = [float(path[1][0]) for path in paths]
    assert lane[0] == lane[1] and len({lane[1], lane[2], lane[3]}) == 3
    assert lane[5] == lane[6] != lane[4]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda b, a, g: (b, [*a, Arrow("a", "nowhere")], g), "nowhere"),
        (lambda b, a, g: (b, a, [Group("all", ("a", "none"))]), "none"),
        (lambda b, a, g: (b | {"a": Box("a", (0, 0), "blue")}, a, g), "blue"),
        (lambda b, a, g: (b, [Arrow("a", "b", route="round")], g), "round"),
        (lambda b, a, g: (b | {"e": Box("e", (0, 0))}, a, g), "overlap"),
        (lambda b, a, g: (b | {str(i): Box("wide text", (i, 1)) for i in range(3, 9)}, a, g), "phone"),
    ],
    ids=["unknown box", "unknown member", "unknown kind", "unknown route", "overlap", "too wide"],
)
def test_refusals(change, words):
    with pytest.raises(ConfigError, match=words):
        draw(*change(*TREE))
