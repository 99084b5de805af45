"""The benchmarks: their file is complete, their page shows it, and every row runs."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
import sys
from itertools import repeat
from statistics import median

import pytest
import torch
from chapters import outputs

from benchmarks import __main__ as program
from benchmarks import clock, latent, recipes, record, ring, sampling
from benchmarks.options import OURS, Options
from diffusion_lib.oracle import GaussianMixture

FIELDS = {"title", "conditions", "recipes", "lines", "targets", "load"}
CHEAP = ("ring", "loop", "sampling", "training")
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
    row = published["rows"][name]
    assert row.keys() >= FIELDS
    assert {entry["name"] for entry in row["lines"]} >= {OURS} or name == "sampling"
    for entry in row["lines"]:
        assert entry["unit"] and len(entry["values"]) >= 5
        assert all(number > 0 for number in entry["values"])
    assert all(aim.keys() == {"text", "value", "bound", "less"} for aim in row["targets"])


@pytest.mark.parametrize("name", ["ring", "loop", "images"])
def test_the_page_shows_what_the_file_says(published, name):
    for entry in published["rows"][name]["lines"]:
        numbers = entry["values"]
        shown = f"{median(numbers):.4g}  ({min(numbers):.4g} to {max(numbers):.4g}) {entry['unit']}"
        assert re.search(rf"(?m)^{re.escape(entry['name'])} +{re.escape(shown)}$", page()), (
            "remove notebooks/benchmarks.ipynb, run make notebooks"
        )


def test_the_page_judges_every_target_as_the_file_does(published):
    for aim in (aim for row in published["rows"].values() for aim in row["targets"]):
        (verdict,) = re.findall(rf"(?m)^{re.escape(aim['text'])} .* [≤≥] \S+ +(reached|not reached)$", page())
        holds = aim["value"] is not None and (aim["value"] - aim["bound"]) * (1 if aim["less"] else -1) <= 0
        assert verdict == ("reached" if holds else "not reached")


def test_the_words_about_the_figures_hold(published):
    """Alternative texts are typed: ours lie left of all others on the ring, and below all others in the plane."""
    lines = published["rows"]["ring"]["lines"]
    ours = [entry["values"] for entry in lines if entry["name"] == OURS]
    assert max(max(ours)) < min(min(entry["values"]) for entry in lines if entry["name"] != OURS)
    lines = [entry for entry in published["rows"]["shapes"]["lines"] if entry["density"] in ("checkerboard", "moons")]
    for entry in lines:
        others = [
            other for other in lines if (other["density"], other["seconds"]) == (entry["density"], entry["seconds"])
        ]
        assert entry["name"] != OURS or median(entry["values"]) == min(median(other["values"]) for other in others)


@pytest.mark.parametrize("name", CHEAP)
def test_a_cheap_row_runs_without_the_peers(name):
    row = importlib.import_module(f"benchmarks.{name}").measure(QUICK)
    assert row.keys() == FIELDS - {"load"}
    assert all(number > 0 for entry in row["lines"] for number in entry["values"])


def test_the_latent_row_runs_on_any_folder_of_parts(tiny_folder):
    row = latent.measure(dataclasses.replace(QUICK, peers=True), tiny_folder)
    assert row.keys() == FIELDS - {"load"} and len(row["lines"]) == 3
    assert all(number > 1 for entry in row["lines"] for number in entry["values"])


def test_a_missing_peer_stops_before_any_work(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "smalldiffusion", None)
    file = tmp_path / "run.json"
    for name in ("ring", "loop", "shapes"):
        assert program.main([name, "--quick", "--out", str(file)]) == 2
        error = capsys.readouterr().err
        assert "smalldiffusion must be installed" in error and "make bench" in error and "--without-peers" in error
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


def test_time_outside_of_the_steps_is_not_counted():
    def work(seconds):
        end = clock.time.process_time() + seconds
        while clock.time.process_time() < end:
            pass

    marks = clock.until((work(0.01) for _ in repeat(None)), [0.05, 0.1])
    first = next(marks)
    work(0.3)
    second = next(marks)
    assert 0.05 <= first < 0.1 <= second < 0.2


def test_contestants_take_turns_and_start_in_turn():
    calls = []
    clock.turns({name: lambda name=name: calls.append(name) for name in "ABC"}, rounds=3, calls=2)
    assert "".join(calls) == "ABC" + "AABBCC" + "BBCCAA" + "CCAABB"


def test_the_judge_gives_the_best_denoiser_no_excess_and_another_its_own():
    judge = ring.Judge(2000)
    best = GaussianMixture.named("ring").denoiser(recipes.SCHEDULE)
    assert judge(best) == 0
    assert judge(lambda x_t, t: 0.9 * best(x_t, t)) == pytest.approx(
        100 * float((0.1 * judge.best).square().mean()) / judge.floor, rel=1e-4
    )


def test_the_overhead_of_a_sampler_is_seen():
    network, x_T = torch.nn.Identity(), torch.randn(2, 2)

    def denoiser(x_t, t):
        end = clock.time.process_time() + 0.01
        while clock.time.process_time() < end:
            pass
        return network(x_t)

    def lazy(denoiser, x_T, schedule, steps):
        for step in sampling.ddim(denoiser, x_T, schedule, steps=steps):
            end = clock.time.process_time() + 0.005
            while clock.time.process_time() < end:
                pass
            yield step

    assert 1 <= sampling.overhead(sampling.ddim, denoiser, x_T, 20) < 1.2
    assert 1.4 < sampling.overhead(lazy, denoiser, x_T, 20) < 1.8


def test_a_written_peer_is_its_recipe():
    data = torch.randn(100, 2)
    tiny = recipes.Tiny1000(data, 0, 1)
    assert sum(weight.numel() for weight in tiny.network.parameters()) == 384 * 128 + 128 + 3 * (128**2 + 128) + 258
    assert [(peer.schedule.T, peer.batch) for peer in (recipes.Tiny, tiny)] == [(50, 32), (1000, 32)]
    losses = [loss for loss, _ in zip(tiny.steps(), range(200), strict=False)]
    assert sum(losses[-20:]) < sum(losses[:20])
