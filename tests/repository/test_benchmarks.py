"""The benchmarks: their file is complete, their page shows it, and every row runs."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import re
import sys
from itertools import repeat
from pathlib import Path
from statistics import median
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest
import torch
from chapters import ROOT, numbers, outputs

from benchmarks import __main__ as program
from benchmarks import clock, frechet, image_peers, latent, levers, recipes, record, ring, sampling
from benchmarks.options import OURS, Options
from booktools.source.pages import Book
from diffusion_lib.data import FASHION_FOLDERS, fashion_mnist
from diffusion_lib.evaluate.oracle import GaussianMixture

FIELDS = {"title", "conditions", "recipes", "lines", "targets", "load"}
FASHION = pytest.mark.skipif(not Path(FASHION_FOLDERS[0]).is_dir(), reason="Fashion-MNIST is not installed")
CHEAP = ("ring", "loop", "sampling", "training", "levers")
SMALL, LUCIDRAINS = "smalldiffusion", "denoising_diffusion_pytorch"
QUICK = Options(seconds=0.05, seeds=1, rounds=1, quick=True, peers=False)


@pytest.fixture(scope="module")
def published() -> dict:
    return json.loads(record.PUBLISHED.read_text(encoding="utf-8"))


def page() -> str:
    return "".join("".join(output.get("text", "")) for output in outputs("benchmarks"))


def test_the_file_is_a_whole_run_with_peers_and_small(published):
    assert list(published["rows"]) == list(program.ROWS)
    assert published["peers"] and not published["quick"] and published["threads"] == 1
    assert all(published["versions"].values())
    assert record.PUBLISHED.stat().st_size < 200_000


@pytest.mark.parametrize("name", program.ROWS)
def test_every_row_has_its_fields_and_five_values_each(published, name):
    """But for the Fréchet distance, of which one value takes ten minutes."""
    row = published["rows"][name]
    assert row.keys() >= FIELDS
    assert {entry["name"] for entry in row["lines"]} >= {OURS} or name in ("sampling", "levers")
    for entry in row["lines"]:
        assert entry["unit"] and len(entry["values"]) >= (1 if name == "frechet" else 5)
        assert all(number > 0 for number in entry["values"])
    assert all(aim.keys() == {"text", "value", "bound", "less"} for aim in row["targets"])


def test_the_loops_are_compared_turn_by_turn(published):
    """Their ranges overlap; what is compared are the two of each turn, and the page counts the turns."""
    ours, theirs = (entry["values"] for entry in published["rows"]["loop"]["lines"])
    pairs, shown = [a / b for a, b in zip(ours, theirs, strict=True)], numbers("benchmarks")
    assert min(ours) < max(theirs)
    assert shown["loop-turns"] == len(pairs) and shown["loop-faster"] == sum(pair > 1 for pair in pairs)
    assert shown["loop-reach"] == sum(pair >= 1.6 for pair in pairs) < len(pairs)


def test_the_row_of_one_run_says_so(published):
    row, shown = published["rows"]["frechet"], numbers("benchmarks")
    assert all(len(entry["values"]) == shown["clothes-runs"] == 1 for entry in row["lines"])
    at = {(entry["name"], entry["seconds"]): entry["values"][0] for entry in row["lines"]}
    peers, looks = sorted({name for name, _ in at} - {OURS}), sorted({look for _, look in at})
    for word, look in zip(("early", "late"), looks, strict=True):
        ahead = min(at[name, look] for name in peers) / at[OURS, look]
        assert shown[f"clothes-ahead-{word}"] == int(ahead)  # rounded down: "at least"
        worse = [name for name in peers if at[name, look] > row["conditions"]["distances"]["pixel Gaussian"]]
        assert shown[f"clothes-worse-{word}"] == len(worse)


@pytest.mark.parametrize("name", ["ring", "loop", "images", "frechet"])
def test_the_page_shows_what_the_file_says(published, name):
    for entry in published["rows"][name]["lines"]:
        numbers = entry["values"]
        shown = f"{median(numbers):.4g}  ({min(numbers):.4g} to {max(numbers):.4g}) {entry['unit']}"
        assert re.search(rf"(?m)^{re.escape(entry['name'])} +{re.escape(shown)}$", page()), (
            "remove notebooks/benchmarks.ipynb, run make notebooks"
        )


def test_the_page_judges_every_target_as_the_file_does(published):
    for aim in (aim for row in published["rows"].values() for aim in row["targets"]):
        (verdict,) = re.findall(rf"(?m)^{re.escape(aim['text'])}\n +\S+  [≤≥] \S+ +(reached|not reached)$", page())
        holds = aim["value"] is not None and (aim["value"] - aim["bound"]) * (1 if aim["less"] else -1) <= 0
        assert verdict == ("reached" if holds else "not reached")


@pytest.mark.parametrize("measured", [True, False])
def test_the_page_runs_with_and_without_the_latent_row(published, monkeypatch, tmp_path, capsys, tiny_folder, measured):
    rows = {name: row for name, row in published["rows"].items() if name != "latent"}
    if measured:
        row = latent.measure(dataclasses.replace(QUICK, peers=True), tiny_folder)
        rows["latent"] = row | {"load": [1.0, 1.0], "date": "2099-01-01"}
    (tmp_path / "benchmarks.json").write_text(json.dumps(published | {"rows": rows}))
    monkeypatch.setattr(importlib.resources, "files", lambda package: tmp_path)
    monkeypatch.setattr(plt, "show", plt.close)
    names, quoted = {}, {}
    monkeypatch.setattr("pagekit.value", quoted.__setitem__)
    monkeypatch.setattr("pagekit.setup", lambda: None)
    (chapter,) = (page for page in Book(ROOT).notebooks if page.name.endswith("/benchmarks"))
    for cell in chapter.code:
        exec(cell.source, names)
    shown = capsys.readouterr().out
    assert "chapter complete" in shown and rows["sampling"]["title"] in shown
    assert ("Time of images from prompts over the sum" in shown) == ("latent" in names["won"]) == measured
    ratios = quoted["latent-ratio"], quoted["latent-diffusers"]
    assert (
        all((ratio != "(not measured yet)") == measured for ratio in ratios) and ("2099" in quoted["date"]) == measured
    )


def test_the_words_about_the_figures_hold(published):
    """Alternative texts are typed: ours lie left of all others on the ring, and below them in the other two figures."""
    lines = published["rows"]["ring"]["lines"]
    ours = [entry["values"] for entry in lines if entry["name"] == OURS]
    assert max(max(ours)) < min(min(entry["values"]) for entry in lines if entry["name"] != OURS)
    lines = [entry for entry in published["rows"]["shapes"]["lines"] if entry["density"] in ("checkerboard", "moons")]
    clothes = published["rows"]["frechet"]
    for entry in lines + clothes["lines"]:
        place = (entry.get("density"), entry["seconds"])
        others = [other for other in lines + clothes["lines"] if (other.get("density"), other["seconds"]) == place]
        assert entry["name"] != OURS or median(entry["values"]) == min(median(other["values"]) for other in others)
    floor = clothes["conditions"]["distances"]["real images"]
    assert floor < min(min(entry["values"]) for entry in clothes["lines"])


@pytest.mark.parametrize("name", [*CHEAP, pytest.param("frechet", marks=FASHION)])
def test_a_cheap_row_runs_without_the_peers(name):
    row = importlib.import_module(f"benchmarks.{name}").measure(QUICK)
    assert row.keys() == FIELDS - {"load"}
    assert all(number > 0 for entry in row["lines"] for number in entry["values"])


def test_the_latent_row_runs_on_any_folder_of_parts(tiny_folder):
    row = latent.measure(dataclasses.replace(QUICK, peers=True), tiny_folder)
    assert row.keys() == FIELDS - {"load"} and len(row["lines"]) == 3
    assert all(number > 1 for entry in row["lines"] for number in entry["values"])


def test_a_missing_peer_stops_before_any_work(monkeypatch, tmp_path, capsys):
    file = tmp_path / "run.json"
    for name, package in {"ring": SMALL, "loop": SMALL, "shapes": SMALL, "frechet": LUCIDRAINS}.items():
        monkeypatch.setitem(sys.modules, package, None)
        assert program.main([name, "--quick", "--out", str(file)]) == 2
        error = capsys.readouterr().err
        assert f"{package} must be installed" in error and "make bench" in error and "--without-peers" in error
    assert not file.exists()


def test_an_unknown_row_is_refused(capsys):
    assert program.main(["rings"]) == 2
    assert "row must be one of ring" in capsys.readouterr().err


def test_a_finished_row_is_not_measured_again(monkeypatch, tmp_path, capsys):
    arguments = ["training", "--quick", "--without-peers", "--out", str(tmp_path / "run.json")]
    assert program.main(arguments) == 0
    assert "target: U-Net: training step" in capsys.readouterr().out
    first = (tmp_path / "run.json").read_text()
    monkeypatch.setattr("benchmarks.training.measure", lambda options: pytest.fail("measured again"))
    assert program.main(arguments) == 0
    assert "done before" in capsys.readouterr().out and (tmp_path / "run.json").read_text() == first


def test_a_file_of_other_settings_or_another_machine_is_not_continued(tmp_path):
    path, head = tmp_path / "run.json", record.header({"seconds": 8})
    record.save(path, record.load(path, head) | {"rows": {"ring": {}}})
    assert record.load(path, head)["rows"] == {"ring": {}}
    for other in ({"seconds": 9}, {"machine": "another"}):
        assert record.load(path, head | other)["rows"] == {}


def test_a_row_that_is_named_takes_its_place_in_the_published_run(monkeypatch, tmp_path, capsys):
    """Of this machine and these versions; into a run of others it is not put."""
    for name in ("DRAFT", "TRIAL", "PUBLISHED", "SHOWN"):
        monkeypatch.setattr(record, name, tmp_path / f"{name}.json")
    monkeypatch.setattr(record, "ROOT", tmp_path)
    monkeypatch.setattr("benchmarks.latent.measure", lambda options: {"title": "new", "lines": [], "targets": []})
    head = record.header(dataclasses.asdict(Options()))
    for old in ({}, {"latent": {"title": "old"}}):
        rows = {name: {"title": name} for name in program.ROWS if name != "latent"} | old
        record.save(record.PUBLISHED, head | {"date": "2000-01-01", "rows": rows})
        assert program.main(["latent"]) == 0
        run = json.loads(record.PUBLISHED.read_text())
        assert list(run["rows"]) == list(program.ROWS) and not record.DRAFT.exists()
        assert run["rows"]["latent"]["title"] == "new" and run["rows"]["latent"]["date"] > run["date"] == "2000-01-01"
        assert run["rows"]["ring"] == {"title": "ring"}
    before = json.dumps(run | {"machine": "another"})
    record.PUBLISHED.write_text(before)
    assert program.main(["latent"]) == 0 and record.PUBLISHED.read_text() == before
    assert "not published: ring, loop, sampling" in capsys.readouterr().out


def test_only_a_whole_run_with_the_peers_is_published(monkeypatch, tmp_path):
    for name in ("DRAFT", "TRIAL", "PUBLISHED", "SHOWN"):
        monkeypatch.setattr(record, name, tmp_path / f"{name}.json")
    monkeypatch.setattr(record, "ROOT", tmp_path)
    for name in program.ROWS:
        row = {"title": "", "lines": [], "targets": []}
        monkeypatch.setattr(f"benchmarks.{name}.measure", lambda options, row=row: row)
    record.SHOWN.touch()
    assert program.main(["--without-peers"]) == 0 and not record.PUBLISHED.exists()
    assert program.main(["ring"]) == 0 and not record.PUBLISHED.exists()
    assert record.SHOWN.exists()
    assert program.main([]) == 0 and record.PUBLISHED.exists()
    assert not record.DRAFT.exists() and not record.SHOWN.exists()


@pytest.fixture
def work(monkeypatch):
    """Work of so many seconds, by a clock that nothing else moves: a slow machine changes nothing.

    With seconds that are a power of two, its sums are exact.
    """
    now = 0.0

    def advance(seconds):
        nonlocal now
        now += seconds

    stopped = SimpleNamespace(process_time=lambda: now)
    for module in (clock, sampling):
        monkeypatch.setattr(module, "time", stopped)
    return advance


def test_time_outside_of_the_steps_is_not_counted(work):
    marks = clock.until((work(1 / 64) for _ in repeat(None)), [5 / 64, 10 / 64])
    first = next(marks)
    work(8)
    second = next(marks)
    assert (first, second) == (5 / 64, 10 / 64)


def test_contestants_take_turns_and_start_in_turn():
    calls = []
    clock.turns({name: lambda name=name: calls.append(name) for name in "ABC"}, rounds=3, calls=2)
    assert "".join(calls) == "ABC" + "AABBCC" + "BBCCAA" + "CCAABB"


def test_the_judge_gives_the_best_model_no_excess_and_another_its_own():
    judge = ring.Judge(2000)
    best = GaussianMixture.named("ring").noise_predictor(recipes.SCHEDULE)
    assert judge(best) == 0
    assert judge(lambda x_t, t: 0.9 * best(x_t, t)) == pytest.approx(
        100 * float((0.1 * judge.best).square().mean()) / judge.floor, rel=1e-4
    )


def test_the_overhead_of_a_sampler_is_seen(work):
    network, x_T = torch.nn.Identity(), torch.randn(2, 2)

    def model(x_t, t):
        work(1 / 64)
        return network(x_t)

    def lazy(model, x_T, schedule, steps):
        for step in sampling.ddim(model, x_T, schedule, steps=steps):
            work(1 / 128)
            yield step

    assert sampling.overhead(sampling.ddim, model, x_T, 20) == 1
    assert sampling.overhead(lazy, model, x_T, 20) == 1 + 21 / 20 / 2  # the start is yielded, too


def test_the_ways_to_update_agree_on_the_weights_and_their_average():
    """Otherwise their times would not be those of one thing."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2))
    found = []
    for run in levers._updates(network).values():
        for _ in range(3):
            run()
        kept = inspect.getclosurevars(inspect.unwrap(run)).nonlocals
        state = kept.get("state")
        layers, averages = (state.parameters, state.average) if state else (kept["layers"], kept["averages"])
        found.append([torch.cat([part.detach().flatten() for part in parts]) for parts in (layers, averages)])
    for other in found[1:]:
        for mine, theirs in zip(found[0], other, strict=True):
            assert torch.allclose(mine, theirs, atol=1e-7)


def test_channels_last_changes_the_layout_and_not_the_result():
    network = levers.UNet(channels=1, width=8, T=10, prediction="eps")
    torch.nn.init.normal_(network.last[2].weight)
    other = levers._channels_last(network)
    assert other.down2.conv1.weight.stride(1) == 1 != network.down2.conv1.weight.stride(1)
    x_t, t = torch.randn(3, 1, 28, 28), torch.tensor([1, 5, 10])
    assert torch.allclose(network(x_t, t), other(x_t, t), atol=1e-5)


def test_a_pilot_tells_how_many_steps_fit(work):
    """The first step, which allocates, is not counted."""

    def slow():
        for seconds in (8, *[1 / 64] * 5):
            work(seconds)
            yield

    assert clock.affordable(slow(), 1.0) == round(clock.FRACTION * 64)
    assert clock.affordable(slow(), 0.01) == 20


@FASHION
def test_the_distance_from_the_test_set_is_that_of_the_features():
    """In a space of sums over rows of pixels, the pixel Gaussian is as near as real images; the rest is not."""
    judge = frechet.Judge(lambda images: images.sum(3).flatten(1)[:, ::4], 2000)
    assert judge(fashion_mnist("test")) == pytest.approx(0, abs=1e-6)
    images = fashion_mnist("train")[:10_000]
    distances = judge.references(images[:8000], images[8000:])
    assert distances["pixel Gaussian"] < 3 * distances["real images"] < 0.1 * distances["noise"]


@FASHION
def test_samples_are_cut_to_the_range_of_images_and_drawn_from_a_random_state_of_their_own():
    judge = frechet.Judge(lambda images: images.flatten(1)[:, ::98], 600)
    seen = []

    class Wild:
        def sample(self, n):
            seen.append(torch.randn(n, 1, 28, 28).mul(9).index_fill_(0, torch.tensor([0]), torch.nan))
            return seen[-1]

    state = torch.get_rng_state()
    distance = judge.of(Wild(), 0)
    assert torch.equal(torch.get_rng_state(), state) and [len(part) for part in seen] == [250, 250, 100]
    assert distance == judge(torch.cat(seen).nan_to_num(1).clamp(-1, 1)) == judge.of(Wild(), 0) != judge.of(Wild(), 1)


def test_a_contestant_is_looked_at_after_each_budget_and_after_its_last_step(work):
    class Contestant:
        def __init__(self, steps):
            self.left = iter([3] * steps)

        def step(self):
            work(1 / 64)
            return next(self.left, 0)

    class Judge:
        def of(self, contestant, seed):
            return seed

    assert frechet._look(Contestant(1000), [5 / 64, 10 / 64], 7, Judge()) == [(7, 15), (7, 30)]
    assert frechet._look(Contestant(2), [1.0], 0, Judge()) == [(0, 6)]


def test_sampling_from_a_peer_leaves_its_weights_as_they_were(monkeypatch):
    monkeypatch.setattr(image_peers, "NFE", 2)
    contestant = image_peers.Diffusers(torch.rand(40, 1, 28, 28))
    contestant.step()
    before = [weight.clone() for weight in contestant.network.parameters()]
    assert contestant.sample(2).shape == (2, 1, 28, 28)
    assert all(torch.equal(a, b) for a, b in zip(before, contestant.network.parameters(), strict=True))


def test_a_written_peer_is_its_recipe():
    data = torch.randn(100, 2)
    tiny = recipes.Tiny1000(data, 0, 1)
    assert sum(weight.numel() for weight in tiny.network.parameters()) == 384 * 128 + 128 + 3 * (128**2 + 128) + 258
    assert [(peer.schedule.T, peer.batch) for peer in (recipes.Tiny, tiny)] == [(50, 32), (1000, 32)]
    losses = [loss for loss, _ in zip(tiny.steps(), range(200), strict=False)]
    assert sum(losses[-20:]) < sum(losses[:20])
