"""What the library tells the laboratories: tables, weights and texts, made anew at each build and never by hand."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path

PAGES = Path(__file__).parents[2] / "book"


@cache
def _train() -> dict:
    """The waves of the library's MLP, drawn once with a fixed seed: frequencies along the two axes."""
    from diffusion_lib.networks import MLP

    return {"frequencies": MLP(width=1, depth=1, features=16, T=1, prediction="eps").frequencies.tolist()}


def of_cell(page: str, mark: str, **given: object) -> dict:
    """What the cell of a page that contains ``mark`` defines: its functions, and its numbers that depend on nothing."""
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    (cell,) = (each for each in re.findall(r"```\{code-cell\}.*?\n(.*?)```", text, re.DOTALL) if mark in each)
    kept = [node for node in ast.parse(cell).body if isinstance(node, ast.Import | ast.FunctionDef) or _plain(node)]
    names = dict(given)
    exec(compile(ast.Module(kept, []), f"{page}.md", "exec"), names)
    return names


def _plain(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Assign):
        return False
    return all(isinstance(part, ast.Tuple | ast.Constant | ast.Load) for part in ast.walk(node.value))


@cache
def _descent() -> dict:
    """The spoilt line of the page sgd-vs-bgd, the map of its loss, and the bottoms of the two basins."""
    import torch

    page = of_cell("sgd-vs-bgd", "def exact_loss", torch=torch, points=512, seed=0)
    data = page["line"](0.1)
    (deep, shallow), _, surface = page["basins"](data)
    heights = [[round(height, 4) for height in row] for row in surface.tolist()]
    return {"data": data.tolist(), "surface": heights, "deep": deep[1:], "shallow": shallow[1:]}


def counted(model: Callable) -> tuple[list, Callable]:
    """A list that grows with each call, and the same model."""
    calls: list = []

    def asked(x_t, t):
        calls.append(t)
        return model(x_t, t)

    return calls, asked


@cache
def _orders() -> dict:
    """The first world of the page samplers, its hundred states, and by grid what each sampler makes of them."""
    import torch

    from diffusion_lib import sample
    from diffusion_lib.evaluate import GaussianMixture
    from diffusion_lib.process import make_schedule
    from diffusion_lib.sample.times import equal_error_times, sampling_timesteps

    schedule = make_schedule("linear", 1000)
    page = of_cell("samplers", "def share_below", torch=torch, T=1000, schedule=schedule)
    places, width, weights = [-1.0, 0.3, 1.2], 0.4, [0.3, 0.3, 0.4]
    world = GaussianMixture([[place] for place in places], width, weights)
    x_T = torch.special.ndtri((torch.arange(100, dtype=torch.float64)[:, None] + 0.5) / 100)
    end, model, errors = page["flow"](x_T, world), world.noise_predictor(schedule), {}
    solvers = {f"lms{order}": (sample.lms, {"order": order}) for order in (2, 3, 4)}
    solvers |= {"euler": (sample.euler, {}), "dpmpp": (sample.dpmpp, {}), "unipc": (sample.unipc, {})}
    solvers |= {"heun": (sample.heun, {}), "dpm2": (sample.dpm2, {})}
    chain = list(sample.ddim(model, x_T[2::5], schedule))  # where the estimates move
    for grid in ("trailing", "exponential", "karras", "equal"):
        errors[grid] = {name: [] for name in solvers}
        for steps in (2, 3, 4, 6, 10, 15, 20, 30, 50, 80, 125, 200):
            equal = grid == "equal"
            times = equal_error_times(schedule, chain, steps) if equal else sampling_timesteps(schedule, steps, grid)
            for name, (solver, options) in solvers.items():
                calls, asked = counted(model)
                off = sample.last(solver(asked, x_T, schedule, spacing=times, **options)) - end
                errors[grid][name].append([len(calls), float(f"{float(off.square().mean().sqrt()):.6g}")])
    world_told = {"means": places, "std": width, "weights": weights}
    return {"world": world_told, "x_T": x_T.flatten().tolist(), "errors": errors}


BOOK = "a dog wearing hat , hedgehogs wear the red blue green black white circle square star heart ring cross on in cat"


def merges() -> list[str]:
    """The merges of the miniature's tokenizer, in their order."""
    from models.miniature import FOLDER as MINIATURE

    return (MINIATURE / "tokenizer" / "merges.txt").read_text(encoding="utf-8").splitlines()[1:]


@cache
def _bpe() -> dict:
    """The merges that a few words of the book need, with their ranks; these words; and how large the whole list is."""
    rank, used = {merge: number for number, merge in enumerate(merges())}, {}
    for word in BOOK.split():
        pieces = [*word[:-1], word[-1] + "</w>"]
        while found := [pair for pair in pairwise(pieces) if " ".join(pair) in rank]:
            best = min(found, key=lambda pair: rank[" ".join(pair)])
            used[" ".join(best)] = rank[" ".join(best)]
            at = 0
            while at + 1 < len(pieces):
                if (pieces[at], pieces[at + 1]) == best:
                    pieces[at : at + 2] = ["".join(best)]
                at += 1
    size = round(len(merges_script().encode()) / 1000)
    return {
        "merges": sorted(used.items(), key=lambda each: each[1]),
        "known": BOOK.split(),
        "kilobytes": size,
        "count": len(rank),
    }


def merges_script() -> str:
    """The whole list, as a script that a click loads."""
    return f"(window.bookLabs ??= {{}}).merges = {json.dumps(chr(10).join(merges()), ensure_ascii=False)};\n"


def _later(module: str, name: str = "data") -> Callable[[], dict]:
    """The data that a module of this folder makes, once; it brings PyTorch and networks: only where a page asks."""
    return cache(lambda: getattr(import_module(f".{module}", __package__), name)())


def _picture_files() -> dict[str, Path]:
    from . import picture

    return picture.files()


SCRIPTS = {"bpe": {"bpe-merges": merges_script}}  # by laboratory: what only a click loads, by name
DATA: dict[str, Callable[[], dict]] = {
    "adapter": _later("adapted"),
    "attention": _later("attention_data", "attention"),
    "bpe": _bpe,
    "decode": _later("attention_data", "decode"),
    "descent": _descent,
    "few": _later("few"),
    "orders": _orders,
    "patches": _later("patches"),
    "picture": _later("picture"),
    "train": _train,
}
PAINTING = ("attention", "decode", "picture")  # what they load: its place below _static/lab, and where it lies
FILES: dict[str, Callable[[], dict[str, Path]]] = dict.fromkeys(PAINTING, _picture_files)


def of(kind: str) -> dict:
    """The data of a laboratory, plain values for JSON; most need none."""
    return DATA[kind]() if kind in DATA else {}


def live(kind: str) -> dict:
    """The data that its script holds: all but the pictures that the page has in the block already."""
    return {name: value for name, value in of(kind).items() if name not in ("first", "turned")}


def files(kind: str) -> dict[str, Path]:
    """What a laboratory loads when the reader asks for it, by its place below ``_static/lab``; most need none."""
    return FILES[kind]() if kind in FILES else {}
